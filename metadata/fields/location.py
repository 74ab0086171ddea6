"""Know the field type `location`: a point on the map."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Double

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import Column, FieldType, Formats, Widget
from xrm.metadata.fields.numbers import exact
from xrm.metadata.fields.operators import PRESENCE
from xrm.metadata.fields.texts import shown
from xrm.rule_engine.types import RuleType

LOCATION = RuleType("location")
_PAIR = re.compile(r"\s*([^,;\s]+)\s*[,;\s]\s*([^,;\s]+)\s*")


class Point(NamedTuple):
    """A point: degrees of latitude and longitude."""

    latitude: float
    longitude: float


class LocationType(FieldType):
    """A point on the map, in the columns `<name>` (latitude), `<name>_longitude`."""

    name = "location"
    summary = "A point on the map: latitude and longitude."
    example = {"type": "location", "label": "Site"}
    operators = PRESENCE
    options = {}
    messages = {
        "not_a_point": "{label} must be a latitude and a longitude such as "
        "48.137, 11.575, not {value}.",
        "off_the_map": "{label} is {value}; latitudes go from -90 to 90, longitudes "
        "from -180 to 180.",
    }
    can_default = False
    can_key = False
    can_sort = False

    def rule_type(self, field: Field) -> RuleType:
        return LOCATION

    def columns(self, field: Field) -> tuple[Column, ...]:
        return (
            Column(field.name, Double()),
            Column(f"{field.name}_longitude", Double()),
        )

    def parse(self, field: Field, value: Any) -> Any:
        if value is None or value == "":
            return None
        pair: Any = value
        if isinstance(value, Mapping):
            pair = (value.get("latitude"), value.get("longitude"))
            if pair == (None, None) and "latitude" in value:
                return None
        elif isinstance(value, str):
            found = _PAIR.fullmatch(value)
            pair = found.groups() if found else ()
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise self.say("not_a_point", field, value=shown(value))
        latitude, longitude = exact(pair[0]), exact(pair[1])
        if latitude is None or longitude is None:
            raise self.say("not_a_point", field, value=shown(value))
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise self.say("off_the_map", field, value=f"{latitude}, {longitude}")
        return Point(float(latitude) + 0.0, float(longitude) + 0.0)

    def to_json(self, field: Field, value: Any) -> Any:
        return None if value is None else _json(*value)

    def column_json(self, field: Field) -> Any:
        return _json

    def to_rule(self, field: Field, value: Any) -> Any:
        return None if value is None else value.latitude

    def to_columns(self, field: Field, value: Any) -> tuple[Any, ...]:
        return (None, None) if value is None else tuple(value)

    def from_columns(self, field: Field, values: tuple[Any, ...]) -> Any:
        return None if None in values else Point(*values)

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        return "" if value is None else f"{value[0]:.5f}, {value[1]:.5f}"

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {
            "type": ["object", "null"],
            "properties": {
                "latitude": {"type": "number", "minimum": -90, "maximum": 90},
                "longitude": {"type": "number", "minimum": -180, "maximum": 180},
            },
            "required": ["latitude", "longitude"],
            "additionalProperties": False,
        }

    def widget(self, field: Field) -> Widget:
        return Widget("location")


def _json(latitude: float, longitude: float) -> dict[str, float]:
    return {"latitude": latitude, "longitude": longitude}
