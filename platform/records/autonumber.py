"""Know how records get their numbers: without gaps, without doubles.

The next number stands in `xrm_sequence` and is taken in the transaction that adds the
record: one that is rolled back gives its numbers back, and a second writer waits at the
row. So numbers follow the order of the commits. Source: reference/dataverse.md 1.4.
"""

import secrets
from collections.abc import Mapping

from sqlalchemy import bindparam, update
from sqlalchemy.dialects import postgresql, sqlite

from xrm.metadata.fields.autonumber import format_of, seed_of
from xrm.metadata.fields.number_format import Part, parse_format, render
from xrm.platform.database.system_tables import SEQUENCE
from xrm.platform.database.work import Work
from xrm.platform.records.change import Batch
from xrm.platform.records.layout import Layout

__all__ = ["fill", "formats", "set_seed", "take"]


def formats(layout: Layout) -> Mapping[str, tuple[Part, ...]]:
    """Return the parsed format of each autonumber field."""
    return layout.kept(
        "numbers",
        lambda: {
            name: parse_format(format_of(layout.entity.fields[name]))
            for name in layout.fields
            if layout.entity.fields[name].type == "autonumber"
        },
    )


def fill(batch: Batch) -> None:
    """Number the new records that came without a number, in their order."""
    work = batch.work
    for name, parts in formats(batch.layout).items():
        waiting = [c for c in batch.changes if c.after.get(name) is None]
        if not waiting:
            continue
        seed = seed_of(batch.layout.entity.fields[name])
        first = take(work, batch.entity, name, len(waiting), seed)
        for number, change in enumerate(waiting, first):
            change.after[name] = render(parts, number, work.now, secrets.choice)


def take(work: Work, entity: str, field: str, amount: int, seed: int = 1000) -> int:
    """Reserve numbers for this transaction; return the first of them."""
    place = {"xrm_entity": entity, "xrm_field": field}
    taken = work.connection.execute(_TAKE, {**place, "xrm_amount": amount}).scalar()
    if taken is None:
        work.connection.execute(
            _BEGIN[work.dialect], {"entity": entity, "field": field, "next": seed}
        )
        taken = work.connection.execute(
            _TAKE, {**place, "xrm_amount": amount}
        ).scalar_one()
    return int(taken) - amount


def set_seed(work: Work, entity: str, field: str, number: int) -> None:
    """Let the next record of a field get this number."""
    take(work, entity, field, 0, number)
    work.connection.execute(
        update(SEQUENCE)
        .where(SEQUENCE.c.entity == entity, SEQUENCE.c.field == field)
        .values(next=number)
    )


_TAKE = (
    update(SEQUENCE)
    .where(
        SEQUENCE.c.entity == bindparam("xrm_entity"),
        SEQUENCE.c.field == bindparam("xrm_field"),
    )
    .values(next=SEQUENCE.c.next + bindparam("xrm_amount"))
    .returning(SEQUENCE.c.next)
)
_BEGIN = {
    "sqlite": sqlite.insert(SEQUENCE).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(SEQUENCE).on_conflict_do_nothing(),
}
