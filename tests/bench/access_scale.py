"""Measure a page of 50 under rights on a million rows, for each kind of reader.

    python tests/bench/access_scale.py                       SQLite and PostgreSQL
    python tests/bench/access_scale.py --database sqlite --rows 100000 --explain

For each reader it prints the milliseconds in the database (the statement as the driver
runs it, rows fetched), the milliseconds of the whole `run`, and whether the target of
3 ms is met. `--explain` shows the database's own plan.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from tests.support import postgres
from tests.support.query_world import World, make_world, put_rows
from xrm.platform.database.work import Work
from xrm.platform.query.query import Compare, Expr, Order, Query
from xrm.platform.query.run import run

TARGET = 3.0
KINDS = ("sqlite", "postgresql", "both")
UNITS = 1_000
TIMES = 30
BATCH = 20_000

MODEL = """
- kind: entity
  name: firm
  title: name
  fields:
    name: {type: text}
    city: {type: text}
    parentid: {type: lookup, to: firm, collection: daughters}
    credit: {type: currency}
    founded: {type: date}
  states:
    - {value: 0, name: Active, reasons: [{value: 1, label: Active}]}
    - {value: 1, name: Inactive, reasons: [{value: 2, label: Inactive}]}
- kind: view
  entity: firm
  name: active
  columns: [name, city, parentid]
  filter: statecode = "Active"
  sort: [name]
  default: true
- kind: view
  entity: firm
  name: newest
  columns: [name]
  sort: [-founded]
- {kind: role, name: own_rows, privileges: {firm: {read: own}}}
- {kind: role, name: unit_rows, privileges: {firm: {read: unit}}}
- {kind: role, name: below_rows, privileges: {firm: {read: unit_and_below}}}
- {kind: role, name: all_rows, privileges: {firm: {read: organization}}}
"""


@dataclass(frozen=True)
class Reader:
    """A kind of reader: its role and the unit it belongs to."""

    name: str
    role: str
    unit: str


READERS = (
    Reader("own records (about 20)", "own_rows", "leaf"),
    Reader("one unit", "unit_rows", "leaf"),
    Reader("subtree of 10 units", "below_rows", "branch"),
    Reader("subtree of 50 units", "below_rows", "middle"),
    Reader("subtree of 500 units", "below_rows", "half"),
    Reader("whole organisation", "all_rows", "leaf"),
)


def make_units(world: World) -> list[UUID]:
    """Make a thousand units; `half` has 500 below it, `middle` 50, `branch` 10."""
    root = world.ids["root"]
    made: list[UUID] = []
    for name, count, above in (
        ("half", 500, root),
        ("middle", 50, root),
        ("branch", 10, root),
        ("leaf", 1, root),
        ("other", UNITS - 561, root),
    ):
        top = world.put("businessunit", name, name=name, parentbusinessunitid=above)
        rest = [{"name": name, "parentbusinessunitid": top} for _ in range(count - 1)]
        made += [top, *world.put_many("businessunit", rest)]
    return made


def fill(world: World, rows: int) -> None:
    """Make units, readers, and the rows; indexes are rebuilt afterwards."""
    draw = random.Random(1)
    units = make_units(world)
    for reader in READERS:
        world.add_user(reader.name, world.ids[reader.unit], reader.role)
    own = world.ids[READERS[0].name]
    people = [UUID(int=draw.getrandbits(128)) for _ in range(5_000)]
    with world.work(write=True) as work:
        table = work.tables.table("firm")
        with without_indexes(work, table):
            for start in range(0, rows, BATCH):
                batch = []
                for number in range(start, min(start + BATCH, rows)):
                    mine = number % (rows // 20) == 7
                    batch.append(
                        {
                            "name": f"Firm {draw.randrange(10**8):08}",
                            "city": "Oslo",
                            "credit": number,
                            "statecode": int(draw.random() < 0.1),
                            "ownerid": own if mine else draw.choice(people),
                            "ownerid_type": "systemuser",
                            "owningbusinessunit": draw.choice(units),
                        }
                    )
                put_rows(work, "firm", batch)
    with world.database.engine.connect() as connection:
        fresh = connection.execution_options(isolation_level="AUTOCOMMIT")
        fresh.exec_driver_sql("ANALYZE")


@contextmanager
def without_indexes(work: Work, table: sa.Table) -> Iterator[None]:
    """Drop the indexes of a table for a while; make them again from their own text."""
    connection = work.connection
    if work.dialect == "sqlite":
        found = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' "
            "AND tbl_name = 'firm' AND sql IS NOT NULL"
        ).all()
    else:
        found = connection.exec_driver_sql(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'firm' "
            "AND indexname NOT LIKE '%%pkey'"
        ).all()
    for name, _ in found:
        connection.execute(sa.schema.DDL(f'DROP INDEX "{name}"'))
    yield
    for _, text in found:
        connection.exec_driver_sql(text.replace("%", "%%"))


def questions() -> list[tuple[str, Query]]:
    """Return the pages that are measured."""
    view = Expr('statecode = "Active"')
    part = Compare("name", "contains", ("0042",))
    columns = ("name", "city", "parentid", "parentid@name")
    first, last = (Order("name"),), (Order("name", True),)
    return [
        ("view by name", Query("firm", columns, view, first, limit=50)),
        ("last first", Query("firm", columns, view, last, limit=50)),
        ("contains", Query("firm", columns, part, first, limit=50)),
    ]


@dataclass
class Measured:
    """The times of one page, in milliseconds."""

    database: float
    whole: float
    rows: int
    plan: str


def measure(world: World, reader: Reader, query: Query) -> Measured:
    """Return the times of one reader's page."""
    seen: list[tuple[str, Any]] = []

    def note(
        connection: Any, cursor: Any, statement: str, values: Any, *rest: Any
    ) -> None:
        seen.append((statement, values))

    engine = world.database.reader
    with world.work(reader.name) as work:
        run(work, query)
        sa.event.listen(engine, "before_cursor_execute", note)
        found = run(work, query)
        sa.event.remove(engine, "before_cursor_execute", note)
        whole = middle(lambda: run(work, query))
        statement, values = seen[-1]
        raw = work.connection.connection.driver_connection
        assert raw is not None

        def ask(text: str = statement) -> list[Any]:
            cursor = raw.cursor()
            try:
                cursor.execute(text, values)
                return list(cursor.fetchall())
            finally:
                cursor.close()

        spent = middle(ask)
        head = "EXPLAIN QUERY PLAN " if work.dialect == "sqlite" else "EXPLAIN ANALYZE "
        plan = "\n".join(str(row[-1])[:105] for row in ask(head + statement))
    return Measured(spent, whole, len(found.rows), plan)


def middle(call: Callable[[], object]) -> float:
    """Return the median milliseconds of a call."""
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1000)
        if sum(times) > 1_000:
            break
    return statistics.median(times)


def report(console: Console, url: str, rows: int, explain: bool) -> bool:
    """Fill a database and print its table; say whether every target was met."""
    started = time.perf_counter()
    world = make_world(url, things=MODEL)
    fill(world, rows)
    kind = world.database.dialect
    took = time.perf_counter() - started
    console.print(f"{kind}: {rows:,} rows in {took:.0f} s")
    table = Table("reader", "page", "rows", "database ms", "run ms", "≤ 3 ms")
    met = True
    for name, query in questions():
        for reader in READERS:
            found = measure(world, reader, query)
            is_met = found.database <= TARGET
            met = met and (is_met or name.startswith("contains"))
            table.add_row(
                reader.name,
                name,
                str(found.rows),
                f"{found.database:.2f}",
                f"{found.whole:.2f}",
                "yes" if is_met else "no",
            )
            if explain:
                console.print(f"[bold]{reader.name}: {name}[/]\n{found.plan}\n")
    console.print(table)
    world.database.dispose()
    return met


def main() -> int:
    """Measure what was asked for; return 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--database", choices=KINDS, default="both")
    parser.add_argument("--explain", action="store_true")
    given = parser.parse_args()
    console = Console(width=110)
    met = True
    if given.database in ("sqlite", "both"):
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'scale.db'}"
            met = report(console, url, given.rows, given.explain) and met
    if given.database in ("postgresql", "both"):
        postgres.announce_run()
        try:
            server = postgres.server_url()
            with postgres.connection(server) as admin:
                name = postgres.new_name()
                postgres.create_database(admin, name)
                try:
                    url = postgres.url_text(server, name)
                    met = report(console, url, given.rows, given.explain) and met
                finally:
                    postgres.drop_database(admin, name)
        finally:
            postgres.end_run()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
