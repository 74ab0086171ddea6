"""Know the records that a package brings: the files of `seed/` and `samples/`.

A YAML or JSON file has `kind: records`, an entity and its records; a CSV file is named
after its entity (`10_account.csv`) and has a header. Every record has an `id` of the
author's choice. From it follows the record's key, the same in every database, so that a
second load adds nothing and a lookup may name a record of any file:
`customerid: account:acme`, or `acme` alone where a lookup has one target. Who takes
part in an activity is a list: `to: contact:ada; info@acme.example`. Dates of
demonstrations would grow old: `duedate@days: -12.5` means twelve and a half days before
the day of loading; `@workdays` is as far away, counted in working days.

A YAML file of `kind: links` joins records over an N:N relationship. One of
`kind: scale` says which entities' records `xrm demo --scale N` repeats, and which of
their texts then bear the number of the copy.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity, Field
from xrm.metadata.loading import load
from xrm.rule_engine.problems import Problem, Where, did_you_mean
from xrm.solutions.source import Source

NAMESPACE = UUID("6f1d3a52-0b5e-5c0e-9d0a-78726d736f6c")
ID = "id"
DAYS = "@days"
"""Ends the name of a date field whose value is a number of days from the loading."""
WORKDAYS = "@workdays"
"""The same, counted in working days: five for seven, so none is on a weekend."""
_MINUTES, _WEEK = 24 * 60, 5
_MOST_DAYS = 500_000
_ORDER = re.compile(r"^\d+_")


@dataclass(frozen=True, slots=True)
class RecordSet:
    """The records of one file; each row has its `id` and its fields' values."""

    file: str
    entity: str
    rows: tuple[Mapping[str, Any], ...]
    lines: tuple[int, ...]
    """The line on which each row begins."""


@dataclass(frozen=True, slots=True)
class LinkSet:
    """Pairs of records to be joined: `entity:id` and `entity:id`."""

    file: str
    relationship: str
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Records:
    """What a folder of record files holds, in the order of the file names."""

    sets: tuple[RecordSet, ...] = ()
    links: tuple[LinkSet, ...] = ()
    problems: tuple[Problem, ...] = field(default=())
    scale: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Entity → fields that bear the copy's number, for the entities that are copied."""

    @property
    def count(self) -> int:
        """Return how many records there are."""
        return sum(len(found.rows) for found in self.sets)


NO_RECORDS = Records()


def record_key(entity: str, label: str) -> UUID:
    """Return the key of the record that an author calls `label`."""
    try:
        return UUID(label)
    except ValueError:
        return uuid5(NAMESPACE, f"{entity}/{label}")


def read_records(source: Source, folder: str) -> Records:
    """Read the record files of a folder, with every problem of their form."""
    sets: list[RecordSet] = []
    links: list[LinkSet] = []
    problems: list[Problem] = []
    scale: dict[str, tuple[str, ...]] = {}
    for path, content in source.under(folder):
        if path.endswith((".yaml", ".yml", ".json")):
            _read_document(path, content, sets, links, scale, problems)
        elif path.endswith(".csv"):
            _read_csv(path, content, sets, problems)
    problems += _double_ids(sets)
    return Records(tuple(sets), tuple(links), tuple(problems), scale)


def _read_document(
    path: str,
    content: bytes,
    sets: list[RecordSet],
    links: list[LinkSet],
    scale: dict[str, tuple[str, ...]],
    problems: list[Problem],
) -> None:
    node = load(content, path)
    data = node.data
    if node.problems or not isinstance(data, dict):
        problems += node.problems or [_problem(path, 1, "S020", "The file is empty.")]
        return
    if data.get("kind") == "links":
        pairs = data.get("pairs") or []
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            problems.append(
                _problem(path, 1, "S022", "Every pair must be a list of two records.")
            )
            return
        made = tuple((str(first), str(second)) for first, second in pairs)
        links.append(LinkSet(path, str(data.get("relationship")), made))
        return
    if data.get("kind") == "scale":
        scale.update(_scale(path, data.get("copies"), problems))
        return
    rows = data.get("records")
    if data.get("kind") != "records" or not isinstance(rows, list):
        problems.append(
            Problem(
                "S020",
                "The file does not hold records.",
                Where(path, 1, 1),
                'Begin with "kind: records", then entity and records.',
            )
        )
        return
    lines = []
    for index, row in enumerate(rows):
        line = node.where(("records", index)).line
        lines.append(line)
        if not isinstance(row, dict) or not _has_id(row):
            problems.append(_problem(path, line, "S021", "The record has no id."))
    if not problems or all(isinstance(row, dict) for row in rows):
        sets.append(RecordSet(path, str(data.get("entity")), tuple(rows), tuple(lines)))


def _scale(
    path: str, copies: Any, problems: list[Problem]
) -> dict[str, tuple[str, ...]]:
    """Return which entities are copied, and which texts bear the number."""
    if not isinstance(copies, dict) or not all(
        isinstance(numbered, list) for numbered in copies.values()
    ):
        problems.append(
            Problem(
                "S020",
                "The file does not say what is copied.",
                Where(path, 1, 1),
                'Write "copies:" with a list of fields for each entity, empty or not.',
            )
        )
        return {}
    return {
        str(entity): tuple(map(str, numbered)) for entity, numbered in copies.items()
    }


def _read_csv(
    path: str, content: bytes, sets: list[RecordSet], problems: list[Problem]
) -> None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        problems.append(_problem(path, 1, "S020", "The file is not UTF-8."))
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows: list[Mapping[str, Any]] = []
    lines: list[int] = []
    try:
        for row in reader:
            lines.append(reader.line_num)
            if None in row or None in row.values():
                problems.append(
                    _problem(
                        path,
                        reader.line_num,
                        "S023",
                        "The row has another number of cells than the header.",
                    )
                )
                continue
            rows.append({name: cell for name, cell in row.items() if cell != ""})
            if not _has_id(row):
                problems.append(
                    _problem(path, reader.line_num, "S021", "The record has no id.")
                )
    except csv.Error as fault:
        problems.append(_problem(path, reader.line_num, "S020", f"{fault}."))
        return
    stem = path.rpartition("/")[2].removesuffix(".csv")
    sets.append(RecordSet(path, _ORDER.sub("", stem), tuple(rows), tuple(lines)))


def _has_id(row: Mapping[str, Any]) -> bool:
    return row.get(ID) not in (None, "")


def _problem(path: str, line: int, code: str, message: str) -> Problem:
    return Problem(code, message, Where(path, line, 1))


def _double_ids(sets: Sequence[RecordSet]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for found in sets:
        for row, line in zip(found.rows, found.lines, strict=False):
            if not _has_id(row):
                continue
            key = (found.entity, str(row[ID]))
            place = f"{found.file}:{line}"
            first = seen.setdefault(key, place)
            if first != place:
                yield _problem(
                    found.file,
                    line,
                    "S024",
                    f'There is a {key[0]} "{key[1]}" in {first} already.',
                )


def record_problems(records: Records, catalog: Catalog) -> list[Problem]:
    """Return where records do not fit the catalog: entity, fields, links."""
    problems = list(records.problems)
    for found in records.sets:
        entity = catalog.entities.get(found.entity)
        if entity is None:
            problems.append(
                Problem(
                    "S025",
                    f'There is no entity "{found.entity}".',
                    Where(found.file, 1, 1),
                    did_you_mean(found.entity, catalog.entities),
                )
            )
            continue
        problems += _day_problems(found)
        reported: set[str] = set()
        for row, line in zip(found.rows, found.lines, strict=False):
            for given in row:
                if given in entity.parties:
                    continue
                name = name_of(given)
                if name != ID and name not in entity.fields and name not in reported:
                    reported.add(name)
                    problems.append(
                        Problem(
                            "S026",
                            f'{entity.label} has no field "{name}".',
                            Where(found.file, line, 1),
                            did_you_mean(name, entity.fields),
                        )
                    )
    problems += _scale_problems(records, catalog)
    for link in records.links:
        if link.relationship not in catalog.relationships:
            problems.append(
                Problem(
                    "S027",
                    f'There is no N:N relationship "{link.relationship}".',
                    Where(link.file, 1, 1),
                    did_you_mean(link.relationship, catalog.relationships),
                )
            )
    return problems


def _day_problems(found: RecordSet) -> Iterator[Problem]:
    """Yield the days from the loading that are no number, or beyond the calendar."""
    for row, line in zip(found.rows, found.lines, strict=False):
        for given, days in row.items():
            if not given.endswith((DAYS, WORKDAYS)):
                continue
            try:
                is_near = abs(float(days)) <= _MOST_DAYS
            except (TypeError, ValueError):
                is_near = False
            if not is_near:
                yield Problem(
                    "S028",
                    f'The record is refused: {given} is "{days}". Write a number of '
                    f"days, like -12.5, of at most {_MOST_DAYS:,}.",
                    Where(found.file, line, 1),
                )


def _scale_problems(records: Records, catalog: Catalog) -> Iterator[Problem]:
    """Yield what is to be copied and is not there."""
    for name, numbered in records.scale.items():
        entity = catalog.entities.get(name)
        if entity is None:
            yield Problem(
                "S025",
                f'There is no entity "{name}" to copy.',
                hint=did_you_mean(name, catalog.entities),
            )
            continue
        for field_name in numbered:
            if field_name not in entity.fields:
                yield Problem(
                    "S026",
                    f'{entity.label} has no field "{field_name}" to number.',
                    hint=did_you_mean(field_name, entity.fields),
                )


def reference(field_: Field, value: str) -> tuple[str, UUID]:
    """Return what a lookup's text names: entity and key."""
    entity, colon, label = value.partition(":")
    if not colon:
        entity, label = field_.targets[0].entity, value
    return entity, record_key(entity, label)


def name_of(given: str) -> str:
    """Return the name of a field without what says how its value is meant."""
    return given.removesuffix(DAYS).removesuffix(WORKDAYS)


def day_value(field_: Field, given: str, days: Any, now: datetime) -> str:
    """Return the date or date-time so many days from the day of loading."""
    day = datetime(now.year, now.month, now.day, tzinfo=UTC)
    whole, minutes = divmod(round(float(days) * _MINUTES), _MINUTES)
    if given.endswith(WORKDAYS):
        whole = _working_days(min(day.weekday(), _WEEK - 1), whole) - day.weekday()
    moment = day + timedelta(days=whole, minutes=minutes)
    return moment.date().isoformat() if field_.type == "date" else moment.isoformat()


def _working_days(weekday: int, days: int) -> int:
    """Return the working day so many days on, as days from the Monday of the week."""
    weeks, rest = divmod(weekday + round(days * _WEEK / 7), _WEEK)
    return weeks * 7 + rest


def split_parties(text: str) -> list[str]:
    """Return the parties that a text lists: `entity:label` or an address each."""
    return [part.strip() for part in text.split(";") if part.strip()]


def _parties(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    named = (part.partition(":") for part in split_parties(value))
    return "; ".join(
        f"{entity}:{record_key(entity, label)}" if colon else entity
        for entity, colon, label in named
    )


def values_of(
    entity: Entity, row: Mapping[str, Any], now: datetime
) -> tuple[UUID, dict[str, Any], dict[str, tuple[str, UUID]]]:
    """Return a row's key, its plain values, and its lookups as entity and key."""
    key = record_key(entity.name, str(row[ID]))
    plain: dict[str, Any] = {}
    lookups: dict[str, tuple[str, UUID]] = {}
    for name, value in row.items():
        if name == ID:
            continue
        if name in entity.parties:
            plain[name] = _parties(value)
            continue
        field_ = entity.fields[name_of(name)]
        if name.endswith((DAYS, WORKDAYS)):
            plain[field_.name] = day_value(field_, name, value, now)
        elif field_.is_lookup and isinstance(value, str) and value:
            lookups[name] = reference(field_, value)
        else:
            plain[name] = value
    return key, plain, lookups
