"""Know the field type `party`: who takes part in an activity, and as what."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import (
    Column,
    FieldType,
    Formats,
    Ref,
    Widget,
)
from xrm.metadata.fields.lookup import read_id
from xrm.metadata.fields.operators import PRESENCE
from xrm.metadata.fields.texts import TEXT_MESSAGES, bad_character, shown
from xrm.rule_engine.types import TEXT, RuleType

PARTICIPATIONS: Final[Mapping[str, int]] = {
    "sender": 1,
    "to_recipient": 2,
    "cc_recipient": 3,
    "bcc_recipient": 4,
    "required_attendee": 5,
    "optional_attendee": 6,
    "organizer": 7,
    "resource": 10,
    "customer": 11,
    "partner": 13,
}
"""As what somebody takes part → `participationtypemask` of the party's row."""
MOST_PARTIES: Final = 1_000
LONGEST_ADDRESS: Final = 200


class Party(NamedTuple):
    """One who takes part: a record, an address, or a record under an address."""

    ref: Ref | None = None
    address: str | None = None


class PartyType(FieldType):
    """Records and addresses that take part in an activity in one way.

    It has no column: each party is a row of its own, which belongs to the activity.
    Taken are a list or a text with `;` between parties; a party is a `Party`, a `Ref`,
    a mapping `{entity, id, address}`, the text `entity:id`, or an address.
    """

    name = "party"
    summary = "Who takes part in an activity: people, companies, queues, addresses."
    example = {"type": "party", "label": "To", "participation": "to_recipient"}
    operators = PRESENCE
    options = {
        "participation": {
            "description": "As what they take part.",
            "enum": list(PARTICIPATIONS),
        }
    }
    messages = {
        **TEXT_MESSAGES,
        "not_a_party": "{label} must list records (entity:id) or addresses, "
        "not {value}.",
        "too_many": "{label} has {count} parties; at most 1,000 are allowed.",
    }
    can_default = False
    can_key = False
    can_sort = False

    def rule_type(self, field: Field) -> RuleType:
        return TEXT

    def columns(self, field: Field) -> tuple[Column, ...]:
        return ()

    def to_columns(self, field: Field, value: Any) -> tuple[Any, ...]:
        return ()

    def from_columns(self, field: Field, values: tuple[Any, ...]) -> Any:
        return None

    def parse(self, field: Field, value: Any) -> Any:
        if value is None or value == "":
            return None
        given: Iterable[Any]
        if isinstance(value, str):
            given = [part for part in value.split(";") if part.strip()]
        elif isinstance(value, (Ref, Party, Mapping)):
            given = [value]
        elif isinstance(value, (list, tuple)):
            given = value
        else:
            raise self.say("not_a_party", field, value=shown(value))
        made = tuple(dict.fromkeys(self._party(field, item) for item in given))
        if len(made) > MOST_PARTIES:
            raise self.say("too_many", field, count=len(made))
        return made or None

    def _party(self, field: Field, item: Any) -> Party:
        if isinstance(item, Party):
            return item
        if isinstance(item, Ref):
            return Party(item)
        if isinstance(item, str):
            entity, mark, rest = item.strip().partition(":")
            id_ = read_id(rest) if mark else None
            if id_ is not None:
                return Party(Ref(entity, id_))
            return Party(None, self._address(field, item))
        if isinstance(item, Mapping):
            named, id_ = item.get("entity"), read_id(item.get("id"))
            address = item.get("address")
            if isinstance(named, str) and id_ is not None:
                kept = self._address(field, address) if address else None
                return Party(Ref(named, id_), kept)
            if address and item.get("id") is None:
                return Party(None, self._address(field, address))
        raise self.say("not_a_party", field, value=shown(item))

    def _address(self, field: Field, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.say("not_a_party", field, value=shown(value))
        text = value.strip()
        code = bad_character(text)
        if code:
            raise self.say("bad_character", field, number=code)
        if len(text) > LONGEST_ADDRESS:
            raise self.say(
                "too_long", field, length=len(text), max_length=LONGEST_ADDRESS
            )
        return text

    def to_json(self, field: Field, value: Any) -> Any:
        if value is None:
            return None
        return [
            {
                "entity": party.ref.entity if party.ref else None,
                "id": party.ref.id if party.ref else None,
                "address": party.address,
            }
            for party in value
        ]

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        return "; ".join(party.address or str(party.ref.id) for party in value or ())

    def json_schema(self, field: Field) -> dict[str, Any]:
        text = {"type": ["string", "null"]}
        return {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "properties": {"entity": text, "id": text, "address": text},
            },
        }

    def widget(self, field: Field) -> Widget:
        return Widget("party")


def mask_of(field: Field) -> int:
    """Return the number of a field's participation."""
    return PARTICIPATIONS.get(field.options.get("participation", ""), 0)
