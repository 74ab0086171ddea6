"""Measure the screens as people meet them: install, start, memory, bytes, answers.

PYTHONPATH=. python tests/bench/screens.py [--leads 100000] [--database sqlite]
    --data DIR   keep the data there, and use what is there already
    --only WORD  measure the answers whose name has the word

The times are those the server writes into its own log for each request.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import large
from tests.bench.screens_asked import Ask, asks
from tests.bench.screens_bytes import transferred
from tests.bench.screens_data import add_leads, places
from tests.bench.screens_server import PASSWORD, Person, Serving
from tests.bench.servers import xrm

PAGE_MS, FRAGMENT_MS = 60.0, 30.0
INSTALL_SECONDS, START_SECONDS, MEMORY_MB, FIRST_PAGE_KB = 15.0, 1.5, 150.0, 180.0
PEOPLE = ("admin", "salesmanager", "salesperson")
STARTS = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One measured thing: by how much, and what is wanted."""

    what: str
    values: tuple[float | None, ...]
    target: float
    unit: str

    @property
    def is_over(self) -> bool:
        """Say whether one of the values is more than the target."""
        return any(value is not None and value > self.target for value in self.values)


def install_seconds(kind: str) -> float:
    """Return the seconds of installing core and crm into an empty database."""
    with tempfile.TemporaryDirectory() as scratch, large.empty_database(kind) as url:
        environment = surroundings(url, Path(scratch))
        start = time.perf_counter()
        xrm(environment, "init")
        xrm(environment, "solution", "install", "crm")
        return time.perf_counter() - start


def surroundings(url: str, folder: Path) -> dict[str, str]:
    """Return the settings of the measured server."""
    return {
        "XRM_DATABASE_URL": url,
        "XRM_DATA_DIR": str(folder),
        "XRM_SECRET_KEY": "measured",
        "XRM_DEMO_PASSWORD": PASSWORD,
        "XRM_LOG_FORMAT": "json",
        "XRM_RATE_LIMIT": "1000000",
    }


@contextmanager
def filled(
    kind: str, folder: str | None, copies: int, leads: int
) -> Iterator[dict[str, str]]:
    """Give the settings of a database with the demonstration and so many leads."""
    with tempfile.TemporaryDirectory() as scratch:
        if folder and kind == "sqlite":
            place = Path(folder)
            place.mkdir(parents=True, exist_ok=True)
            environment = surroundings(f"sqlite:///{place / 'xrm.db'}", place)
            fill(environment, copies, leads)
            yield environment
            return
        with large.empty_database(kind) as url:
            environment = surroundings(url, Path(scratch))
            fill(environment, copies, leads)
            yield environment


def fill(environment: dict[str, str], copies: int, leads: int) -> None:
    """Make the demonstration, and leads until there are so many."""
    xrm(environment, "demo", "--no-serve", "--scale", str(copies))
    add_leads(environment["XRM_DATABASE_URL"], leads)


def report(console: Console, kind: str, options: argparse.Namespace) -> None:
    """Measure on one kind of database and print the table."""
    lines: list[Line] = []
    if not options.only:
        seconds = install_seconds(kind)
        lines.append(Line("install of core + crm", (seconds,), INSTALL_SECONDS, "s"))
    with filled(kind, options.data, options.copies, options.leads) as environment:
        if not options.only:
            lines += starts(environment)
        url = environment["XRM_DATABASE_URL"]
        people = options.people.split(",")
        with Serving(environment) as server:
            server.wait()
            known = [(name, places(url, name)) for name in people]
            visitors = [Person(server, name) for name in people]
            asked = [asks(place) for _, place in known]
            lines += answers(
                server, visitors, asked, options.times, options.only, options.rounds
            )
            leads = known[0][1].leads
            if not options.only:
                lines += memory(server)
        if not options.only:
            lines += first_pages(environment, people[0])
    print_table(console, f"{kind}, {leads:,} leads", people, lines)


def starts(environment: dict[str, str]) -> Iterator[Line]:
    """Give the seconds of a cold start, the best of some."""
    found = []
    for _ in range(STARTS):
        with Serving(environment) as server:
            found.append(server.wait())
    yield Line("start to the first answer", (min(found),), START_SECONDS, "s")


def memory(server: Serving) -> Iterator[Line]:
    """Give the memory of each process, after every page was served."""
    for name, size, _ in server.memory():
        target = MEMORY_MB if name == "server" else float("inf")
        yield Line(f"memory of the {name}", (size / 2**20,), target, "MB")
    whole = sum(share for name, _, share in server.memory() if name != "worker")
    yield Line(
        "memory of server and its parent, shared pages once",
        (whole / 2**20,),
        MEMORY_MB,
        "MB",
    )


def first_pages(environment: dict[str, str], name: str) -> Iterator[Line]:
    """Give the kB a browser with an empty cache loads until it has nothing to do."""
    with Serving(environment) as server:
        server.wait()
        person = Person(server, name)
        for what, path in (
            ("first page: dashboard", "/app/sales/dashboards/sales"),
            ("first page: list", "/app/sales/lead"),
        ):
            size = transferred(server.address, path, person.cookies)
            yield Line(what, (size / 1000,), FIRST_PAGE_KB, "kB")


def answers(
    server: Serving,
    people: Sequence[Person],
    asked: Sequence[Sequence[Ask]],
    times: int,
    only: str,
    rounds: int,
) -> Iterator[Line]:
    """Give the median time of each kind of answer, for each person."""
    for same in zip(*asked, strict=True):
        if only not in same[0].what:
            continue
        values = [
            best_median(server, person, ask, times, rounds)
            for person, ask in zip(people, same, strict=True)
        ]
        target = FRAGMENT_MS if same[0].is_fragment else PAGE_MS
        yield Line(same[0].what, tuple(values), target, "ms")


def best_median(
    server: Serving, person: Person, ask: Ask, times: int, rounds: int
) -> float | None:
    """Return the lowest of some medians; `None` for what the person may not see."""

    ask = person.followed(ask)

    def measured() -> float | None:
        ids = []
        for number in range(times):
            status, request = person.send(ask, number)
            if status in (403, 404):
                return None
            if status >= 400:
                message = f"{ask.what}: {ask.path} answered {status}"
                raise RuntimeError(message)
            ids.append(request)
        spent = server.times()
        return statistics.median(spent[request] for request in ids)

    found = [measured() for _ in range(rounds)]
    return None if found[0] is None else min(one for one in found if one is not None)


def print_table(
    console: Console, title: str, people: Sequence[str], lines: Sequence[Line]
) -> None:
    """Print what was measured, a mark where it is over its target."""
    table = Table(title=title)
    table.add_column("what")
    for name in people:
        table.add_column(name, justify="right")
    table.add_column("target", justify="right")
    table.add_column("")
    for line in lines:
        cells = ["–" if value is None else f"{value:.1f}" for value in line.values]
        cells += [""] * (len(people) - len(cells))
        wanted = "" if line.target == float("inf") else f"{line.target:g}"
        table.add_row(
            line.what, *cells, f"{wanted} {line.unit}", "OVER" if line.is_over else ""
        )
    console.print(table)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this part."""
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--copies", type=int, default=10, help="of all the examples")
    parser.add_argument("--times", type=int, default=30, help="requests of each kind")
    parser.add_argument("--people", default=",".join(PEOPLE), metavar="NAMES")
    parser.add_argument("--only", default="", metavar="WORD")
    parser.add_argument("--data", metavar="DIR", help="keep SQLite's data here")


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments(parser)
    parser.add_argument(
        "--database", choices=("sqlite", "postgresql"), default="sqlite"
    )
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    report(Console(width=120), options.database, options)


if __name__ == "__main__":
    main()
