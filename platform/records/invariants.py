"""Know what of the records `xrm doctor` can prove: history and computed values.

Checks for `database/doctor.py`; they read and mend nothing.
"""

from collections.abc import Iterator

from sqlalchemy import func, select

from xrm.platform.automation.children import RecordSource
from xrm.platform.database.doctor import Check, Examination, Finding
from xrm.platform.database.search_check import search_index_is_the_records
from xrm.platform.query.source import stored_form
from xrm.platform.records.chain import verify
from xrm.platform.records.dependencies import Node, dependencies_of
from xrm.platform.records.layout import layout_of
from xrm.rule_engine.to_sql import to_sql

_VOLATILE = frozenset({"xrm_now", "xrm_today", "xrm_user"})
"""Parameters of expressions whose value is that of the moment of writing."""


def history_is_whole(at: Examination) -> Iterator[Finding]:
    """Find history rows that were changed, removed or put in below the platform."""
    for broken in verify(at.connection, at.snapshot):
        yield Finding(
            "history",
            "fault",
            f"{broken.entity} {broken.record}: {broken.message}",
        )


def computed_values_hold(at: Examination) -> Iterator[Finding]:
    """Find stored formulas and rollups that are not what their records say."""
    for node in dependencies_of(at.snapshot).nodes.values():
        if at.has(node.entity):
            stale = _stale(at, node)
            if stale:
                yield Finding(
                    "computed",
                    "fault",
                    f"{node.entity}.{node.field.name} of {stale:,} records is not what "
                    "it is computed of. Save what it reads again.",
                    stale,
                )


def _stale(at: Examination, node: Node) -> int:
    """Return for how many records a value is not what its expression gives."""
    layout = layout_of(at.snapshot, node.entity)
    source = RecordSource(at.snapshot, layout.entity, layout.table)
    value = stored_form(
        to_sql(node.expression.typed, source), node.field, layout.dialect
    )
    column = layout.table.c[node.field.name]
    statement = (
        select(func.count())
        .select_from(layout.table)
        .where(column.is_distinct_from(value))
    )
    if _VOLATILE & statement.compile().params.keys():
        return 0
    return at.connection.execute(statement).scalar() or 0


CHECKS: tuple[Check, ...] = (
    history_is_whole,
    computed_values_hold,
    search_index_is_the_records,
)
