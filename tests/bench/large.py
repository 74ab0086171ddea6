"""Measure what is no request: rules against Python by hand, and very large catalogs.

PYTHONPATH=. python tests/bench/large.py [--entities 2000] [--database sqlite]
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.rule_engine.world import SCOPE, Surroundings
from tests.support import postgres
from xrm.metadata.documents import Document
from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.publish import publish_documents
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.upgrades import upgrade
from xrm.rule_engine import check_expression, compile_condition

CONDITION = 'statecode = "Won" and (amount is empty or amount <= 0)'
FIELDS = 40
PUBLISH_SECONDS = 1.0
START_SECONDS = 6.0
KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("text", {"type": "text", "max_length": 200}),
    ("whole", {"type": "integer"}),
    ("money", {"type": "decimal", "scale": 2}),
    ("day", {"type": "date"}),
    ("flag", {"type": "boolean"}),
)


def by_hand(row: dict[str, Any], env: object) -> bool:
    """Say what `CONDITION` says, as a person would write it with nulls in mind."""
    state, amount = row.get("statecode"), row.get("amount")
    return state is not None and state == 1 and (amount is None or amount <= 0)


def condition_ratio() -> float:
    """Return how many times as long a compiled condition takes as one by hand."""
    condition = compile_condition(check_expression(CONDITION, SCOPE, "deal"))
    row, around = {"statecode": 1, "amount": Decimal(3)}, Surroundings()

    def fastest(run: Callable[[Any, Any], object]) -> float:
        best = float("inf")
        for _ in range(30):
            start = time.perf_counter()
            for _ in range(5_000):
                run(row, around)
            best = min(best, time.perf_counter() - start)
        return best

    return fastest(condition) / fastest(by_hand)


def entity(number: int, fields: int = FIELDS) -> Document:
    """Return an entity with so many fields of several types."""
    made: dict[str, Any] = {"name": {"type": "text", "required": True}}
    for place in range(1, fields):
        name, kind = KINDS[place % len(KINDS)]
        made[f"{name}_{place}"] = kind
    if number:
        made["above"] = {
            "type": "lookup",
            "to": f"thing_{number - 1}",
            "collection": f"below_{number}",
        }
    data = {
        "kind": "entity",
        "name": f"thing_{number}",
        "title": "name",
        "ownership": "organization",
        "fields": made,
    }
    return Document("entity", f"thing_{number}", data)


def publish_and_start(database: Database, count: int) -> tuple[float, float, float]:
    """Return the seconds of the first publish, of one field's, and of a start."""
    upgrade(database)
    documents = [entity(number) for number in range(count)]
    snapshots = Snapshots(database)
    start = time.perf_counter()
    publish_documents(database, "bench", documents, snapshots=snapshots)
    first = time.perf_counter() - start
    middle = documents[count // 2]
    fields = {**middle.data["fields"], "added": {"type": "text"}}
    documents[count // 2] = replace(middle, data={**middle.data, "fields": fields})
    start = time.perf_counter()
    publish_documents(database, "bench", documents, snapshots=snapshots)
    one = time.perf_counter() - start
    start = time.perf_counter()
    with database.reader.connect() as connection:
        Snapshots(database).current(connection)
    return first, one, time.perf_counter() - start


@contextmanager
def empty_database(kind: str) -> Iterator[str]:
    """Give the address of an empty database, for as long as the block lasts."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'large.db'}"
        return
    postgres.announce_run()
    try:
        server, name = postgres.server_url(), postgres.new_name()
        with postgres.connection(server) as admin:
            postgres.create_database(admin, name)
        yield postgres.url_text(server, name)
    finally:
        postgres.end_run()


def report_rules(console: Console) -> None:
    """Print what a rule condition costs."""
    console.print(f"rule condition {condition_ratio():.2f} × by hand (target 2)")


def report_catalog(kind: str, entities: int, console: Console) -> None:
    """Print how long a large catalog takes to publish and to load."""
    with empty_database(kind) as url:
        database = open_database(url)
        first, one, load = publish_and_start(database, entities)
        database.dispose()
    console.print(
        f"{kind}: {entities:,} entities × {FIELDS} fields: first publish "
        f"{first:.1f} s; publish of one field {one:.2f} s (target {PUBLISH_SECONDS}); "
        f"catalog loaded at a start in {load:.2f} s (target {START_SECONDS})"
    )


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    parser.add_argument("--entities", type=int, default=2_000)
    options = parser.parse_args()
    console = Console()
    report_rules(console)
    for kind in (options.database,) if options.database else ("sqlite", "postgresql"):
        report_catalog(kind, options.entities, console)


if __name__ == "__main__":
    main()
