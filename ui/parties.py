"""Know how forms show and take the parties of an activity: names to keep, one to add.

A party is named on a form by its token: `entity:id`, or the address alone. Who is there
stands as boxes that are ticked; a lookup beside them adds people by name or address,
several with `;` between them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.fields.party import Party
from xrm.ui.columns import Row
from xrm.ui.filters import Choice

NAMES: Final = "@names"
"""Behind a field's name: token → name, of the records that the reader may see."""
HIDDEN: Final = "Somebody you may not see"


def token_of(party: Party) -> str:
    """Return what stands for a party on a form."""
    if party.ref is not None:
        return f"{party.ref.entity}:{party.ref.id}"
    return party.address or ""


def shown(row: Row, field: Field) -> str:
    """Return who takes part, by their names."""
    return "; ".join(name for name, _ in links(row, field, lambda _: ""))


def links(
    row: Row, field: Field, href: Callable[[Ref], str]
) -> tuple[tuple[str, str], ...]:
    """Return who takes part: their names, and the addresses of those with a record."""
    called: Mapping[str, str] = row.get(f"{field.name}{NAMES}") or {}
    found = []
    for party in row.get(field.name) or ():
        token = token_of(party)
        target = href(party.ref) if party.ref and token in called else ""
        found.append((called.get(token) or party.address or HIDDEN, target))
    return tuple(found)


def boxes(row: Row | None, field: Field, tokens: Sequence[str]) -> tuple[Choice, ...]:
    """Return the boxes of a form: who is there, and who was just typed."""
    called: Mapping[str, str] = (row or {}).get(f"{field.name}{NAMES}") or {}
    there = {
        token_of(party): party.address or HIDDEN
        for party in (row or {}).get(field.name) or ()
    }
    every = {**{token: token for token in tokens}, **there, **called}
    kept = dict.fromkeys([*there, *tokens])
    return tuple(Choice(token, every[token]) for token in kept)


def typed(
    posted: Mapping[str, Sequence[str]], name: str
) -> tuple[list[str], list[str]]:
    """Return the tokens that were left ticked or chosen, and names to be found."""
    tokens = [one for one in posted.get(name, ()) if one]
    names = []
    if tokens and posted.get(name, ("",))[-1]:
        given: Sequence[str] = ()  # the last one was chosen from the lookup by its name
    else:
        given = (posted.get(f"{name}.text") or ("",))[-1].split(";")
    for text in (part.strip() for part in given):
        if "@" in text:
            tokens.append(text)
        elif text:
            names.append(text)
    return tokens, names


def with_found(value: Any, found: Sequence[Ref]) -> tuple[Party, ...]:
    """Return parties with those that were found by their names."""
    return tuple(dict.fromkeys([*(value or ()), *(Party(ref) for ref in found)]))
