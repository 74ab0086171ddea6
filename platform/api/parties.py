"""Know how the parties of an activity are written on the wire: rows inside its body.

    {"subject": "Offer", "email_activity_parties": [
        {"partyid_contact@odata.bind": "/contacts(…)", "participationtypemask": 2},
        {"addressused": "anna@example.org", "participationtypemask": 3}]}

Rows of a participation that the body names replace those that were there.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from xrm.metadata.catalog import Child
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.fields.party import Party, mask_of
from xrm.platform.api.addresses import Segment
from xrm.platform.api.navigation import find_collection, find_single, reference
from xrm.platform.database.snapshots import Snapshot
from xrm.platform.errors import Refused
from xrm.rule_engine import core_names

BIND: Final = "@odata.bind"
ADDRESS, MASK, PARTY = "addressused", "participationtypemask", "partyid"
KEPT: Final = frozenset({8, 9})
"""Regarding and owner: lookups of the activity itself, which clients send back."""


def is_parties(snapshot: Snapshot, entity: Entity, name: str, value: Any) -> bool:
    """Say whether a value of a body holds the parties of an activity."""
    if not entity.parties or not isinstance(value, list):
        return False
    found = find_collection(snapshot.catalog, entity, name)
    return isinstance(found, Child) and found.entity == core_names.ACTIVITY_PARTY


def read_parties(
    snapshot: Snapshot,
    entity: Entity,
    name: str,
    rows: list[Any],
    resolve: Callable[[Segment], Ref],
    root: str,
) -> dict[str, tuple[Party, ...]]:
    """Return the parties of a body by the activity's fields.

    Raises:
        Refused: a row is no party, or takes part as nobody can here.
    """
    fields = {mask_of(field): field for field in entity.parties.values()}
    made: dict[str, list[Party]] = {}
    for row in rows:
        if not isinstance(row, Mapping):
            raise _refused(name, f"{name} must list objects, one for each party.")
        mask = row.get(MASK)
        if mask in KEPT:
            continue
        field = fields.get(mask) if isinstance(mask, int) else None
        if field is None:
            raise _refused(name, _unknown_mask(entity, mask, fields))
        party = _party(snapshot, name, row, resolve, root)
        made.setdefault(field.name, []).append(party)
    return {field: tuple(parties) for field, parties in made.items()}


def _unknown_mask(entity: Entity, mask: Any, fields: Mapping[int, Field]) -> str:
    known = ", ".join(f"{n} ({f.label})" for n, f in sorted(fields.items()))
    return f"{MASK} {mask!r} is nothing in a {entity.label.lower()}; it has {known}."


def _party(
    snapshot: Snapshot,
    name: str,
    row: Mapping[str, Any],
    resolve: Callable[[Segment], Ref],
    root: str,
) -> Party:
    parties = snapshot.catalog.entity(core_names.ACTIVITY_PARTY)
    found: Ref | None = None
    for key, value in row.items():
        single = find_single(parties, key.removesuffix(BIND))
        if not key.endswith(BIND) or single is None or single.field.name != PARTY:
            continue
        found = resolve(reference(value, root))
        if found.entity not in single.targets:
            raise _refused(
                name,
                f"{key} cannot point to {found.entity}; it takes "
                f"{' or '.join(single.targets)}.",
            )
    address = row.get(ADDRESS)
    if found is None and not address:
        raise _refused(
            name, f'A party of {name} needs "{PARTY}_<entity>{BIND}" or "{ADDRESS}".'
        )
    return Party(found, str(address) if address else None)


def _refused(name: str, message: str) -> Refused:
    return Refused(message, code="bad_party", target=name)
