"""Know the field type `image`: a stored picture; the column keeps its id."""

from typing import Any

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import Formats, Widget
from xrm.metadata.fields.file import FileType


class ImageType(FileType):
    """A picture with a thumbnail; its content is kept elsewhere."""

    name = "image"
    summary = "A picture; its content is kept outside the record."
    example = {"type": "image", "label": "Photo"}
    options = {
        "max_size": {
            "description": "The greatest size in kilobytes (10240 when left out).",
            "type": "integer",
            "minimum": 1,
            "maximum": 30_720,
        }
    }

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        return "" if value is None else "Image"

    def widget(self, field: Field) -> Widget:
        return Widget("image", {"accept": "image/png,image/jpeg,image/gif,image/webp"})
