"""Know what an entity takes from the others, before any of them is read.

All activities share the fields of the one entity of kind `activity_base`, which also
lists them all. A lookup may point to every entity that has a switch on (`to_all`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zlib import crc32

from xrm.metadata.choices import Option
from xrm.metadata.definitions import texts, words_of
from xrm.metadata.entities import Entity
from xrm.rule_engine.core_names import ACTIVITY_PARTY

ACTIVITY: Final = "activity"
ACTIVITY_BASE: Final = "activity_base"
SWITCHES: Final = ("notes", "activities", "connections", "queues")
TO_ALL: Final = "to_all"
PARTY_LOOKUP: Final = "partyid"
"""The lookup of a party's row to who it is."""

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Family:
    """What entities take from each other; two equal ones make equal entities."""

    marked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Switch, or `activity`: the entities that have it, in their order."""
    common: Mapping[str, Data] = field(default_factory=dict)
    """The fields that every activity has, as the activity base declares them."""
    parties: tuple[str, ...] = ()
    """The entities whose records can take part in activities."""
    activities: tuple[Option, ...] = ()
    """The activities as options: number, label, and their name as external value."""


def family_of(entities: Iterable[Data]) -> Family:
    """Return what documents of kind `entity` give each other."""
    marked: dict[str, list[str]] = {name: [] for name in (*SWITCHES, ACTIVITY)}
    common: Data = {}
    parties: tuple[str, ...] = ()
    activities = []
    for data in entities:
        kind = data.get("entity_kind")
        if data["name"] == ACTIVITY_PARTY:
            parties = texts((data.get("fields") or {}).get(PARTY_LOOKUP, {}).get("to"))
        if kind == ACTIVITY_BASE:
            common = data.get("fields") or {}
        elif kind == ACTIVITY:
            marked[ACTIVITY].append(data["name"])
            activities.append(_option(data))
        for switch in SWITCHES:
            if data.get(switch):
                marked[switch].append(data["name"])
    return Family(
        {name: tuple(found) for name, found in marked.items()},
        common,
        parties,
        tuple(activities),
    )


def takes_part(data: Data) -> bool:
    """Say whether an entity takes anything from the others."""
    if data.get("entity_kind") in (ACTIVITY, ACTIVITY_BASE):
        return True
    fields = data.get("fields") or {}
    return any(body.get(TO_ALL) for body in fields.values())


def type_code(data: Data) -> int:
    """Return an entity's number: the declared one, else one made of its name."""
    declared = data.get("object_type_code")
    if isinstance(declared, int):
        return declared
    return 10_000 + crc32(data["name"].encode()) % 80_000


def type_code_of(entity: Entity) -> int:
    """Return the number of an entity that was read."""
    return type_code({"name": entity.name, "object_type_code": entity.object_type_code})


def _option(data: Data) -> Option:
    return Option(
        value=type_code(data),
        label=data.get("label") or words_of(data["name"]),
        color=data.get("color"),
        external_value=data["name"],
    )
