"""Know the field type `file`: a stored file; the column keeps its id."""

from typing import Any

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import Formats, Widget
from xrm.metadata.fields.operators import PRESENCE
from xrm.metadata.fields.uniqueid import UniqueIdType


class FileType(UniqueIdType):
    """A file of any kind; its content is kept elsewhere."""

    name = "file"
    summary = "A file; its content is kept outside the record."
    example = {"type": "file", "label": "Contract", "max_size": 32_768}
    operators = PRESENCE
    options = {
        "max_size": {
            "description": "The greatest size in kilobytes (32768 when left out).",
            "type": "integer",
            "minimum": 1,
            "maximum": 10_485_760,
        }
    }
    can_default = False
    can_key = False
    can_sort = False

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        return "" if value is None else "File"

    def widget(self, field: Field) -> Widget:
        return Widget("file")
