"""Know the field type `owner`: the user or team a record belongs to."""

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import Widget
from xrm.metadata.fields.lookup import LookupType


class OwnerType(LookupType):
    """The user or team that owns a record; the second column says which of them."""

    name = "owner"
    summary = "The user or team a record belongs to."
    example = {"type": "owner", "label": "Owner", "to": ["systemuser", "team"]}
    declarable = False

    def has_type_column(self, field: Field) -> bool:
        return True

    def widget(self, field: Field) -> Widget:
        return Widget("owner", super().widget(field).attributes)
