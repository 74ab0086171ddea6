"""Know how cells that name records become records: set-wise, with one query per batch.

A name that nobody has, or that several records have, is a reason to refuse the row; it
is never guessed. Only records that the importing person may read are found.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import Ref, ValueProblem
from xrm.platform.database.system_tables import IMPORT, IMPORT_ROW
from xrm.platform.database.work import Work
from xrm.platform.security import access
from xrm.platform.services.import_mapping import Lookup
from xrm.rule_engine.fold import fold
from xrm.rule_engine.to_sql import folded

Key = tuple[str, ...]

SOURCE: Final = ("source",)
"""The `by` that means the identity an earlier import gave the record."""
MAX_SOURCE: Final = 400
_MOST: Final = 400


@dataclass(slots=True)
class Resolver:
    """Finds records of one entity by the values of some fields, and remembers them."""

    work: Work
    lookup: Lookup
    found: dict[Key, list[UUID]] = field(default_factory=dict)

    def key_of(self, texts: Iterable[Any]) -> Key:
        """Return what two cells that name the same record have in common."""
        if self.lookup.by == SOURCE:
            return (identity_of(texts),)
        return tuple(fold(str(text).strip()) for text in texts)

    def learn(self, keys: Iterable[Key]) -> None:
        """Look up keys that are not known yet."""
        new = [key for key in dict.fromkeys(keys) if key not in self.found]
        for start in range(0, len(new), _MOST):
            part = new[start : start + _MOST]
            self.found.update({key: [] for key in part})
            statement = self._statement(part)
            if statement is None:
                continue
            for id_, *values in self.work.connection.execute(statement):
                key = self.key_of(values)
                ids = self.found.setdefault(key, [])
                if id_ not in ids:
                    ids.append(id_)

    def record(self, texts: tuple[Any, ...]) -> Ref:
        """Return the record that cells name.

        Raises:
            ValueProblem: none or several have this name.
        """
        ids = self.found.get(self.key_of(texts), [])
        if len(ids) == 1:
            return Ref(self.lookup.entity, ids[0])
        label = self.work.catalog.entity(self.lookup.entity).label.lower()
        said = " ".join(str(text) for text in texts)
        by = " and ".join(self.lookup.by)
        if not ids:
            raise ValueProblem(
                f'There is no {label} whose {by} is "{said}". Import it first, or '
                "declare an alias in the mapping file.",
                code="lookup_not_found",
            )
        raise ValueProblem(
            f'{len(ids)} {label} records have {by} "{said}". Name the record by a '
            "field that only one has.",
            code="lookup_ambiguous",
        )

    def _statement(self, keys: list[Key]) -> Select[Any] | None:
        if self.lookup.by == SOURCE:
            return by_source(self.lookup.entity, [key[0] for key in keys])
        work, entity = self.work, self.work.catalog.entity(self.lookup.entity)
        table = work.tables.table(entity.name)
        columns = [table.c[name] for name in self.lookup.by]
        plain = [fields_of_text(entity.field(name).type) for name in self.lookup.by]
        if len(columns) == 1:
            wanted = [self._bound(key[0], self.lookup.by[0], plain[0]) for key in keys]
            wanted = [value for value in wanted if value is not None]
            if not wanted:
                return None
            column = folded(columns[0]) if plain[0] else columns[0]
            condition: ColumnElement[bool] = column.in_(wanted)
        else:
            condition = or_(
                *(
                    and_(
                        *(
                            (folded(c) if text else c) == self._bound(part, name, text)
                            for c, part, name, text in zip(
                                columns, key, self.lookup.by, plain, strict=True
                            )
                        )
                    )
                    for key in keys
                )
            )
        return select(table.c[entity.key], *columns).where(
            condition, access.row_filter(work.snapshot, work.actor, entity.name, "read")
        )

    def _bound(self, text: str, name: str, is_text: bool) -> Any:
        if is_text:
            return text
        item = self.work.catalog.entity(self.lookup.entity).field(name)
        try:
            value = field_type(item.type).parse(item, text)
        except ValueProblem:
            return None
        return value.id if isinstance(value, Ref) else value


def identity_of(cells: Iterable[Any]) -> str:
    """Return the cells that tell a row from all others as one text, folded."""
    text = "\x1f".join("" if cell is None else str(cell).strip() for cell in cells)
    return fold(text)[:MAX_SOURCE]


def fields_of_text(type_name: str) -> bool:
    """Tell whether a field of this type is compared as text, whatever its case."""
    return type_name in ("text", "autonumber", "rich_text")


def by_source(entity: str, sources: list[str]) -> Select[Any]:
    """Return the statement that finds records by the identity imports gave them."""
    return (
        select(IMPORT_ROW.c.record, IMPORT_ROW.c.source)
        .join(IMPORT, IMPORT.c.id == IMPORT_ROW.c["import"])
        .where(
            IMPORT.c.entity == entity,
            IMPORT.c.undone_on.is_(None),
            IMPORT_ROW.c.source.in_(sources),
            IMPORT_ROW.c.record.is_not(None),
            IMPORT_ROW.c.outcome == "added",
        )
    )


def resolvers(work: Work, lookups: Mapping[str, Lookup]) -> dict[str, Resolver]:
    """Return one resolver per field; fields with the same lookup share one."""
    shared: dict[Lookup, Resolver] = {}
    return {
        name: shared.setdefault(lookup, Resolver(work, lookup))
        for name, lookup in lookups.items()
    }
