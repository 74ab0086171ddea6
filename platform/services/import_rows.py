"""Know how one row of a file becomes the values of one record, as a mapping says.

Pure but for the resolvers it is given: no record is written here.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import ValueProblem
from xrm.platform.services.import_files import Source
from xrm.platform.services.import_lookups import Key, Resolver, identity_of
from xrm.platform.services.import_mapping import FieldMap, ImportMap
from xrm.platform.services.import_trees import Row, is_plain, value_at
from xrm.platform.services.import_values import (
    MOMENTS,
    NUMBERS,
    boolean,
    date_pattern,
    decimal_sign,
    moment,
    number,
)

SAMPLE: Final = 2000

Convert = Callable[[Row], Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of each column are read: what was said, else what was detected."""

    decimal: str
    dates: Mapping[str, str | None]
    """Column → `strptime` pattern; `None` for dates that are dates already."""

    def describe(self) -> list[str]:
        """Return what was found, in sentences."""
        said = [f'Decimal sign "{self.decimal}".'] if self.decimal != "." else []
        return said + [
            f"Dates in {column} are written as {pattern}."
            for column, pattern in self.dates.items()
            if pattern not in (None, "%Y-%m-%d")
        ]


def reading_of(source: Source, mapping: ImportMap, entity: Entity | None) -> Reading:
    """Detect how numbers and dates are written, from the first rows."""
    rows = [row for _, row in itertools.islice(source.rows(), SAMPLE)]
    kinds = {
        column: entity.fields[item.field].type
        for item in mapping.fields
        for column in item.columns
        if entity is not None and item.field in entity.fields and not item.lookup
    }

    nothing = {c: mapping.empty | f.empty for f in mapping.fields for c in f.columns}

    def cells(column: str) -> list[Any]:
        found = (value_at(row, column) for row in rows)
        texts = (c.strip() if isinstance(c, str) else c for c in found)
        return [c for c in texts if c is not None and str(c) not in nothing[column]]

    numeric = [
        c for column, kind in kinds.items() if kind in NUMBERS for c in cells(column)
    ]
    sign = mapping.decimal or decimal_sign(c for c in numeric if isinstance(c, str))
    said = {c: f.format for f in mapping.fields for c in f.columns if f.format}
    dates = {
        column: said.get(column) or mapping.dates or date_pattern(cells(column))
        for column, kind in kinds.items()
        if kind in MOMENTS
    }
    return Reading(sign, dates)


@dataclass(slots=True)
class RowReader:
    """Turns rows into values; made once per import."""

    mapping: ImportMap
    entity: Entity
    reading: Reading
    resolvers: Mapping[str, Resolver]
    _plain: list[tuple[str, Convert]] = field(default_factory=list)
    _lookups: list[tuple[FieldMap, Resolver]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for item in self.mapping.fields:
            if item.lookup:
                self._lookups.append((item, self.resolvers[item.field]))
            else:
                self._plain.append(
                    (item.field, self._convert(item, self.entity.field(item.field)))
                )

    def keys(self, row: Row) -> Iterable[tuple[Resolver, Key]]:
        """Give what has to be looked up for a row."""
        for item, resolver in self._lookups:
            texts = self.texts(item, row)
            if texts:
                yield resolver, resolver.key_of(texts)

    def values(self, row: Row) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Return the values of a row and its faults as (field, message)."""
        made: dict[str, Any] = {}
        faults: list[tuple[str, str]] = []
        for name, convert in self._plain:
            try:
                value = convert(row)
            except ValueProblem as problem:
                faults.append((name, problem.message))
            else:
                if value is not None:
                    made[name] = value
        for item, resolver in self._lookups:
            try:
                texts = self.texts(item, row)
                if texts:
                    made[item.field] = resolver.record(texts)
                elif item.required:
                    faults.append((item.field, f"{', '.join(item.columns)} is empty."))
            except ValueProblem as problem:
                faults.append((item.field, problem.message))
        return made, faults

    def texts(self, item: FieldMap, row: Row) -> tuple[Any, ...]:
        """Return the cells of a field, aliases applied; nothing when all are empty."""
        if not item.columns:
            return (item.value,) if item.value is not None else ()
        cells = tuple(_meant(item, self.cell(c, row)) for c in item.columns)
        if item.map and len(cells) == 1 and cells[0] is not None:
            mapped = item.map.get(str(cells[0]).casefold(), cells[0])
            cells = (mapped,)
        if all(cell is None for cell in cells):
            return (item.default,) if item.default is not None else ()
        return cells

    def cell(self, column: str, row: Row) -> Any:
        """Return a cell; `None` for the texts that mean nothing.

        Raises:
            ValueProblem: it is a list or an object.
        """
        value = value_at(row, column)
        if value is None:
            return None
        if isinstance(value, str):
            text = value.strip()
            if text in self.mapping.empty:
                return None
            aliases = self.mapping.aliases.get(column)
            if aliases:
                return aliases.get(text.casefold(), text)
            return text
        if not is_plain(value):
            raise ValueProblem(f"{column} holds several values; name one with a dot.")
        return value

    def identity(self, row: Row) -> str | None:
        """Return what tells the row from all others, folded; `None` if it has none."""
        if not self.mapping.identity:
            return None
        cells = [self.cell(column, row) for column in self.mapping.identity]
        if all(cell is None for cell in cells):
            return None
        return identity_of(cells)

    def _convert(self, item: FieldMap, field_: Field) -> Convert:
        if not item.columns:
            constant = item.value
            return lambda row: constant
        read = self._typed(item, field_)
        if item.part:
            read = partial(_part, item.part)
        columns, default, mapped = item.columns, item.default, item.map
        first = columns[0]
        if len(columns) == 1:

            def one(row: Row) -> Any:
                cell = _meant(item, self.cell(first, row))
                if cell is None:
                    return default
                if mapped:
                    return self._mapped(item, cell)
                return read(cell)

            return one

        def several(row: Row) -> Any:
            cells = [_meant(item, self.cell(column, row)) for column in columns]
            text = item.join.join(str(cell) for cell in cells if cell is not None)
            return read(text) if text else default

        return several

    @staticmethod
    def _mapped(item: FieldMap, cell: Any) -> Any:
        try:
            return item.map[str(cell).casefold()]
        except KeyError:
            listed = ", ".join(list(item.map)[:12])
            raise ValueProblem(
                f'"{cell}" is not in the map of {item.field} ({listed}).',
                code="not_mapped",
            ) from None

    def _typed(self, item: FieldMap, field_: Field) -> Callable[[Any], Any]:
        kind = field_.type
        if kind in NUMBERS:
            sign = self.reading.decimal
            return lambda cell: number(cell, sign)
        if kind in MOMENTS:
            pattern = item.format or self.reading.dates.get(item.columns[0])
            with_time = kind == "datetime"
            return lambda cell: moment(cell, pattern, with_time=with_time)
        if kind == "boolean":
            return boolean
        if kind in ("text", "rich_text", "autonumber"):
            return str
        type_ = field_type(kind)
        return lambda cell: type_.parse(field_, cell)


def _meant(item: FieldMap, cell: Any) -> Any:
    """Return what a cell says in its field: without a prefix, `None` for nothing."""
    if item.empty and str(cell) in item.empty:
        return None
    if item.prefix and isinstance(cell, str):
        return cell.removeprefix(item.prefix)
    return cell


def _part(part: str, cell: Any) -> str | None:
    """Return the first word of a name, or the rest (all of a single word)."""
    first, _, rest = str(cell).strip().partition(" ")
    if part == "first":
        return first if rest else None
    return rest.strip() or first


def parents_first(
    rows: Sequence[tuple[int, Row]], reader: RowReader, entity: str
) -> list[list[tuple[int, Row]]]:
    """Return the rows in levels, so that a row comes after the row it looks up.

    Only lookups into the entity itself matter. Rows in a circle come last and are
    refused by their look-up.
    """
    own = [
        (item, resolver)
        for item, resolver in reader._lookups  # same module
        if resolver.lookup.entity == entity
    ]
    if not own:
        return [list(rows)]
    by_field = {item.field: item for item in reader.mapping.fields}
    named: dict[tuple[str, ...], dict[Key, int]] = {}
    for _, resolver in own:
        by = resolver.lookup.by
        sources = [by_field.get(name) for name in by]
        index = named.setdefault(by, {})
        for place, (_, row) in enumerate(rows):
            if by == ("source",):
                identity = reader.identity(row)
                if identity is not None:
                    index.setdefault((identity,), place)
            elif all(sources):
                named_by = [
                    text for item in sources if item for text in reader.texts(item, row)
                ]
                if named_by:
                    index.setdefault(resolver.key_of(named_by), place)
    needs: list[set[int]] = []
    for place, (_, row) in enumerate(rows):
        wanted = set()
        for item, resolver in own:
            texts = reader.texts(item, row)
            found = (
                named[resolver.lookup.by].get(resolver.key_of(texts)) if texts else None
            )
            if found is not None and found != place:
                wanted.add(found)
        needs.append(wanted)
    levels: list[list[tuple[int, Row]]] = []
    done: set[int] = set()
    left = list(range(len(rows)))
    while left:
        ready = [place for place in left if needs[place] <= done] or left
        levels.append([rows[place] for place in ready])
        done.update(ready)
        left = [place for place in left if place not in done]
    return levels
