"""Know what a role is: an access level per entity and verb, and task privileges."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from xrm.metadata.definitions import frozen, texts, words_of

VERBS: Final = (
    "create",
    "read",
    "write",
    "delete",
    "append",
    "append_to",
    "assign",
    "share",
)
VERB_MEANINGS: Final[Mapping[str, str]] = {
    "create": "Make a record.",
    "read": "See a record, in lists, on forms, in the API, in charts.",
    "write": "Change a record.",
    "delete": "Delete a record.",
    "append": "Attach the record to another: set a lookup on it.",
    "append_to": "Attach other records to it: be what a lookup points to.",
    "assign": "Give a record another owner.",
    "share": "Let another person or team use a record.",
}
EVERY_ENTITY: Final = "*"


class Depth(IntEnum):
    """How far a privilege reaches; a greater depth includes the smaller ones."""

    NONE = 0
    OWN = 1
    UNIT = 2
    UNIT_AND_BELOW = 4
    ORGANIZATION = 8


DEPTH_MEANINGS: Final[Mapping[str, str]] = {
    "none": "No record.",
    "own": "Records that the person or one of the person's teams owns.",
    "unit": "Records owned by anybody of the person's business unit.",
    "unit_and_below": "Records of the person's business unit and of those below it.",
    "organization": "Every record.",
}
DEPTHS: Final[Mapping[str, Depth]] = {depth.name.lower(): depth for depth in Depth}


@dataclass(frozen=True, slots=True)
class Role:
    """A role; `privileges` is entity (or `*`) → verb → depth."""

    name: str
    label: str
    privileges: Mapping[str, Mapping[str, Depth]]
    tasks: tuple[str, ...] = ()
    description: str = ""


def from_document(data: Mapping[str, Any]) -> Role:
    """Read a document of kind `role`.

    Privileges are `entity: {verb: depth}`; `entity: depth` gives every verb that depth.
    """
    privileges: dict[str, Mapping[str, Depth]] = {}
    for entity, body in (data.get("privileges") or {}).items():
        if isinstance(body, str):
            privileges[entity] = frozen(dict.fromkeys(VERBS, DEPTHS[body]))
        else:
            rest = body.get("all")
            depths = dict.fromkeys(VERBS, DEPTHS[rest]) if rest else {}
            depths.update(
                {verb: DEPTHS[depth] for verb, depth in body.items() if verb != "all"}
            )
            privileges[entity] = frozen(depths)
    return Role(
        name=data["name"],
        label=data.get("label") or words_of(data["name"]),
        privileges=frozen(privileges),
        tasks=texts(data.get("tasks")),
        description=data.get("description", ""),
    )
