"""Know the history page: who changed what when, before and after, in words.

Pure: of the history's entries, the definitions, and the names of people and records.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import Ref, ValueProblem
from xrm.metadata.fields.lookup import read_id
from xrm.platform.records.history import HistoryEntry
from xrm.ui.people import Avatar, avatar
from xrm.ui.reading import Reader, ago, exact_moment, lower_first
from xrm.ui.rich_text import plain_text

VERBS: Mapping[str, tuple[str, str]] = {
    "create": ("created", "plus"),
    "update": ("changed", "pencil"),
    "assign": ("assigned", "user-share"),
    "set_state": ("changed the status of", "progress-check"),
    "delete": ("deleted", "trash"),
    "associate": ("linked {} to", "link"),
    "disassociate": ("unlinked {} from", "link"),
}
UNTOLD = frozenset(
    {"versionnumber", "modifiedon", "modifiedby", "createdon", "createdby"}
)
SHOWN = 400


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of the record."""

    person: Avatar
    words: str
    icon: str
    when: str
    exact: str
    cause: str
    changes: tuple[Change, ...]
    is_new: bool = False
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """What the history page shows, the newest change first."""

    title: str
    plural: str
    list: str
    record: str
    entries: tuple[Entry, ...]


def refs_of(entity: Entity, entries: Sequence[HistoryEntry]) -> list[Ref]:
    """Return the records that the entries' values point to."""
    found = []
    for entry in entries:
        linked = _linked(entry)
        if linked is not None:
            found.append(linked)
        for values in (entry.before or {}, entry.after or {}):
            for name, value in values.items():
                field = entity.fields.get(name)
                if field is not None and field.is_lookup:
                    ref = _parsed(field, value)
                    if isinstance(ref, Ref):
                        found.append(ref)
    return found


def _linked(entry: HistoryEntry) -> Ref | None:
    """Return the record that a pair of an N:N relationship was made with."""
    if entry.verb not in ("associate", "disassociate"):
        return None
    (other,) = (entry.after or entry.before).values()
    id_ = read_id(other["id"])
    return Ref(other["entity"], id_) if id_ else None


def build(
    entity: Entity,
    entries: Sequence[HistoryEntry],
    reader: Reader,
    *,
    title: str,
    base: str,
    record: str,
    people: Mapping[UUID, str],
    names: Mapping[tuple[str, UUID], str],
) -> HistoryPage:
    """Return the history page."""
    return HistoryPage(
        title=title,
        plural=entity.plural_label,
        list=base,
        record=record,
        entries=tuple(
            entry_of(entity, entry, reader, people, names)
            for entry in reversed(entries)
        ),
    )


def entry_of(
    entity: Entity,
    entry: HistoryEntry,
    reader: Reader,
    people: Mapping[UUID, str],
    names: Mapping[tuple[str, UUID], str],
) -> Entry:
    """Return one change as it is told."""

    def text(field: Field, value: Any) -> str:
        return value_text(field, value, reader, names)

    before, after = entry.before or {}, entry.after or {}
    changes = []
    for name in dict.fromkeys([*before, *after]):
        field = entity.fields.get(name)
        if field is None or name in UNTOLD or name == entity.key:
            continue
        was, now = text(field, before.get(name)), text(field, after.get(name))
        if was != now:
            changes.append(Change(field.label, was, now))
    name = people.get(entry.who, "Somebody") if entry.who else "The system"
    person = avatar(name, str(entry.who))
    if entry.who is not None and entry.who == reader.user_id:
        person = Avatar("You", person.initials, person.hue)
    words, icon = VERBS.get(entry.verb, (entry.verb.replace("_", " "), "pencil"))
    linked = _linked(entry)
    known = names.get((linked.entity, linked.id)) if linked else None
    words = words.format(known or "a record you may not see")
    return Entry(
        person=person,
        words=f"{words} this {lower_first(entity.label)}",
        icon=icon,
        when=ago(entry.when, reader),
        exact=exact_moment(entry.when, reader),
        cause=cause_words(entry.cause),
        changes=tuple(changes),
        is_new=entry.verb == "create",
        hidden=len(entry.hidden),
    )


def cause_words(cause: str) -> str:
    """Return why, in words: a request of the screens or the API is named as such."""
    method, _, path = cause.partition(" ")
    rest = ""
    if " · " in path:
        path, _, rest = path.partition(" · ")
    if method in ("GET", "POST", "PUT", "PATCH", "DELETE") and path.startswith("/"):
        where = "through the API" if path.startswith("/api/") else "on the screen"
        return f"{where}; {rest}" if rest else where
    return cause


def value_text(
    field: Field,
    value: Any,
    reader: Reader,
    names: Mapping[tuple[str, UUID], str],
) -> str:
    """Return a value of history as a person reads it, even one that fits no more."""
    if value is None:
        return ""
    parsed = _parsed(field, value)
    if parsed is None:
        return str(value)[:SHOWN]
    if isinstance(parsed, Ref):
        return names.get((parsed.entity, parsed.id), "a record you may not see")
    if field.type == "rich_text":
        return plain_text(str(parsed))[:SHOWN]
    return field_type(field.type).display(field, parsed, reader.formats)[:SHOWN]


def _parsed(field: Field, value: Any) -> Any:
    try:
        return field_type(field.type).parse(field, value)
    except ValueProblem:
        return None
