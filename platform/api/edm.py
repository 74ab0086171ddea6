"""Know what field types are called in OData (Edm) and in Dataverse's definitions."""

from collections.abc import Mapping
from dataclasses import dataclass

from xrm.metadata.entities import Field
from xrm.metadata.fields.choice import is_written_as_name

NAMESPACE = "Microsoft.Dynamics.CRM"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one type: Edm, `AttributeType`, `AttributeTypeName`, definition."""

    edm: str
    attribute: str
    type_name: str
    definition: str


def _names(
    edm: str, attribute: str, type_name: str = "", definition: str = ""
) -> Names:
    return Names(
        edm,
        attribute,
        type_name or f"{attribute}Type",
        f"{definition or attribute}AttributeMetadata",
    )


_TEXT = _names("Edm.String", "String")
NAMES: Mapping[str, Names] = {
    "text": _TEXT,
    "rich_text": _names("Edm.String", "Memo"),
    "integer": _names("Edm.Int32", "Integer"),
    "big_integer": _names("Edm.Int64", "BigInt"),
    "decimal": _names("Edm.Decimal", "Decimal"),
    "float": _names("Edm.Double", "Double"),
    "currency": _names("Edm.Decimal", "Money"),
    "boolean": _names("Edm.Boolean", "Boolean"),
    "date": _names("Edm.Date", "DateTime"),
    "datetime": _names("Edm.DateTimeOffset", "DateTime"),
    "choice": _names("Edm.Int32", "Picklist"),
    "multichoice": _names(
        "Edm.String", "Virtual", "MultiSelectPicklistType", "MultiSelectPicklist"
    ),
    "state": _names("Edm.Int32", "State"),
    "status": _names("Edm.Int32", "Status"),
    "lookup": _names("Edm.Guid", "Lookup"),
    "owner": _names("Edm.Guid", "Owner", "OwnerType", "Lookup"),
    "uniqueid": _names(
        "Edm.Guid", "Uniqueidentifier", "UniqueidentifierType", "UniqueIdentifier"
    ),
    "autonumber": _TEXT,
    "file": _names("Edm.Guid", "Virtual", "FileType", "File"),
    "image": _names("Edm.Guid", "Virtual", "ImageType", "Image"),
    "location": _names("mscrm.location", "String"),
    "entity_name": _names("Edm.String", "EntityName"),
    "tags": _names("Collection(Edm.String)", "String"),
}


def names_of(field: Field) -> Names:
    """Return the names of a field's type; a type unknown here is a text."""
    if field.type == "integer" and field.options.get("size") == "big":
        return NAMES["big_integer"]
    if field.type == "choice" and is_written_as_name(field):
        return NAMES["entity_name"]
    if field.type == "text" and field.options.get("format") == "text_area":
        return NAMES["rich_text"]
    return NAMES.get(field.type, _TEXT)
