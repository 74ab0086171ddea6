"""Measure the platform against the floor, in one run, alternating; print the ratios.

    make bench                                  everything, about twenty minutes
    python tests/bench/run.py                   without 1,000,000 rows, 2,000 entities
    python tests/bench/run.py --database sqlite --rounds 20

A ratio says how many times the floor's speed the platform reaches: 1.0 is as fast as
the hand-written application, 0.5 takes twice as long. Absolute times depend on the
machine; the ratios do not, much.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from tests.bench import access_scale, floor, large, screens
from tests.bench.servers import Client, serving, xrm
from xrm.platform.database.engine import open_database

API = "/api/data/v9.2"
FIELDS = ",".join(floor.COLUMNS)
WARM_UP = 20


@dataclass
class Work:
    """One kind of work, done by both; `target` is the least ratio to reach."""

    name: str
    target: float | None
    floor: Callable[[], int]
    platform: Callable[[], int]
    times: int = 50
    spent: dict[str, list[float]] = field(default_factory=dict)

    def round(self) -> None:
        """Do the work some times on each side, alternating."""
        for _ in range(self.times):
            for name, call in (("floor", self.floor), ("platform", self.platform)):
                start = time.perf_counter()
                status = call()
                self.spent.setdefault(name, []).append(time.perf_counter() - start)
                if status >= 400:
                    message = f"{self.name}: the {name} answered {status}"
                    raise RuntimeError(message)

    def median(self, name: str) -> float:
        """Return the median of one side in milliseconds."""
        return statistics.median(self.spent[name]) * 1000

    @property
    def ratio(self) -> float:
        """Return the speed of the platform relative to the floor."""
        return self.median("floor") / self.median("platform")


def fill(url: str, rows: int) -> list[uuid.UUID]:
    """Add plain accounts below the platform; return all ids."""
    database = open_database(url)
    chance = random.Random(7)
    with database.engine.begin() as connection:
        owner = connection.execute(
            sa.select(floor.USER.c.systemuserid, floor.USER.c.businessunitid).limit(1)
        ).one()
        contacts = list(
            connection.execute(sa.select(floor.CONTACT.c.contactid)).scalars()
        )
        now = datetime.now(UTC).replace(tzinfo=None)
        made: list[dict[str, object]] = []
        for number in range(rows):
            made.append(
                {
                    "accountid": uuid.UUID(int=chance.getrandbits(128), version=4),
                    "name": f"Company {chance.randrange(10**9):09}",
                    "telephone1": f"+41 44 {number:07}",
                    "emailaddress1": f"office{number}@company.example",
                    "address1_city": chance.choice(["Bern", "Graz", "Lyon", "Turku"]),
                    "numberofemployees": chance.randrange(1, 5000),
                    "statecode": 0,
                    "statuscode": 1,
                    "createdon": now,
                    "modifiedon": now,
                    "createdby": owner.systemuserid,
                    "modifiedby": owner.systemuserid,
                    "ownerid": owner.systemuserid,
                    "ownerid_type": "systemuser",
                    "owningbusinessunit": owner.businessunitid,
                    "versionnumber": 1,
                    "primarycontactid": chance.choice(contacts) if contacts else None,
                    "parentaccountid": (
                        chance.choice(made)["accountid"]
                        if made and number % 3
                        else None
                    ),
                }
            )
        for start in range(0, rows, 5000):
            connection.execute(sa.insert(floor.ACCOUNT), made[start : start + 5000])
        ids = list(connection.execute(sa.select(floor.ACCOUNT.c.accountid)).scalars())
    if database.dialect == "postgresql":
        with database.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        ) as connection:
            connection.exec_driver_sql("ANALYZE")
    else:
        with database.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
    database.dispose()
    return ids


def works(plain: Client, web: Client, ids: Sequence[uuid.UUID]) -> list[Work]:
    """Return the kinds of work."""
    chance = random.Random(11)

    def some() -> uuid.UUID:
        return chance.choice(ids)

    def new() -> dict[str, object]:
        return {
            "name": f"Company {chance.randrange(10**9):09}",
            "telephone1": "+41 44 1234567",
            "emailaddress1": "office@company.example",
            "address1_city": "Bern",
            "numberofemployees": chance.randrange(1, 5000),
        }

    def change() -> dict[str, object]:
        return {
            "telephone1": f"+41 44 {chance.randrange(10**7):07}",
            "numberofemployees": chance.randrange(1, 5000),
        }

    listed = f"{API}/accounts?$select={FIELDS}"
    expanded = (
        "&$expand=primarycontactid($select=fullname),parentaccountid($select=name)"
    )
    filtered = (
        "&$filter=statecode%20eq%200%20and%20numberofemployees%20gt%20100"
        "&$orderby=name&$count=true"
    )
    page = {"Prefer": f"odata.maxpagesize={floor.PAGE}"}
    many = f"{API}/accounts/Microsoft.Dynamics.CRM.CreateMultiple"
    return [
        Work(
            "GET one",
            0.8,
            lambda: plain.send("GET", f"/floor/accounts/{some()}")[0],
            lambda: web.send("GET", f"{API}/accounts({some()})?$select={FIELDS}")[0],
        ),
        Work(
            "list of 50, plain",
            0.8,
            lambda: plain.send("GET", "/floor/accounts")[0],
            lambda: web.send("GET", listed, headers=page)[0],
        ),
        Work(
            "list of 50, two lookups expanded",
            0.8,
            lambda: plain.send("GET", "/floor/accounts?kind=lookups")[0],
            lambda: web.send("GET", listed + expanded, headers=page)[0],
        ),
        Work(
            "list of 50, filter, sort, exact count",
            0.8,
            lambda: plain.send("GET", "/floor/accounts?kind=filtered")[0],
            lambda: web.send("GET", listed + filtered, headers=page)[0],
            times=15,
        ),
        Work(
            "create",
            0.6,
            lambda: plain.send("POST", "/floor/accounts", new())[0],
            lambda: web.send("POST", f"{API}/accounts", new())[0],
        ),
        Work(
            "update",
            0.6,
            lambda: plain.send("PATCH", f"/floor/accounts/{some()}", change())[0],
            lambda: web.send("PATCH", f"{API}/accounts({some()})", change())[0],
        ),
        Work(
            "create 1,000 in one call",
            0.5,
            lambda: plain.send(
                "POST", "/floor/accounts/many", [new() for _ in range(1000)]
            )[0],
            lambda: web.send("POST", many, {"Targets": [new() for _ in range(1000)]})[
                0
            ],
            times=2,
        ),
    ]


def pages(web: Client, browser: Client, ids: Sequence[uuid.UUID]) -> list[Work]:
    """Return the pages, measured against the JSON read of the same records."""
    chance = random.Random(13)
    listed = f"{API}/accounts?$select={FIELDS}"
    page = {"Prefer": f"odata.maxpagesize={floor.PAGE}"}
    html = {"Accept": "text/html"}
    return [
        Work(
            "HTML list (against its JSON)",
            1 / 2.5,
            lambda: web.send("GET", listed, headers=page)[0],
            lambda: browser.send("GET", "/app/sales/account", headers=html)[0],
            times=20,
        ),
        Work(
            "HTML form (against its JSON)",
            1 / 2.5,
            lambda: web.send("GET", f"{API}/accounts({chance.choice(ids)})")[0],
            lambda: browser.send(
                "GET", f"/app/sales/account/{chance.choice(ids)}", headers=html
            )[0],
            times=20,
        ),
    ]


def measure_import(environment: dict[str, str], folder: Path, rows: int) -> float:
    """Return the rows a second of `xrm import` with everything on."""
    file = folder / "accounts.csv"
    with file.open("w", encoding="utf-8") as out:
        out.write("name,telephone1,address1_city,numberofemployees\n")
        out.writelines(
            f"Imported {number:07},+41 44 {number:07},Bern,{number % 5000}\n"
            for number in range(rows)
        )
    start = time.perf_counter()
    xrm(environment, "import", str(file), "--entity", "account", "--json")
    return rows / (time.perf_counter() - start)


def measure_core(url: str, rows: int) -> float:
    """Return the rows a second of a bare executemany into the same table."""
    database = open_database(url)
    now = datetime.now(UTC).replace(tzinfo=None)
    made = [
        {
            "accountid": uuid.uuid4(),
            "name": f"Bare {number:07}",
            "telephone1": f"+41 44 {number:07}",
            "address1_city": "Bern",
            "numberofemployees": number % 5000,
            "statecode": 0,
            "statuscode": 1,
            "createdon": now,
            "modifiedon": now,
            "versionnumber": 1,
        }
        for number in range(rows)
    ]
    start = time.perf_counter()
    with database.engine.begin() as connection:
        for first in range(0, rows, 1000):
            connection.execute(sa.insert(floor.ACCOUNT), made[first : first + 1000])
    spent = time.perf_counter() - start
    database.dispose()
    return rows / spent


def run(kind: str, options: argparse.Namespace, console: Console) -> None:
    """Measure on one database and print the table."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        large.empty_database(kind) as url,
    ):
        folder = Path(scratch)
        environment = {
            "XRM_DATABASE_URL": url,
            "XRM_DATA_DIR": str(folder),
            "XRM_SECRET_KEY": "measured",
            "XRM_DEMO_PASSWORD": "measured-password-1",
        }
        started = time.perf_counter()
        xrm(environment, "demo", "--no-serve", "--data", str(folder))
        first = time.perf_counter() - started
        token = xrm(environment, "token", "create", "--user", "admin").strip()
        ids = fill(url, options.accounts)
        with (
            serving("tests.bench.floor:create_app", environment) as bare,
            serving("xrm.platform.main:application", environment) as full,
        ):
            bare.wait("/floor/accounts")
            cold = full.wait("/readyz")
            plain, web = Client(bare.port, token), Client(full.port, token)
            start = time.perf_counter()
            web.send("GET", f"{API}/accounts?$top=1")
            cold += time.perf_counter() - start
            kinds = works(plain, web, ids) + pages(web, Client(full.port, token), ids)
            for work in kinds:
                for _ in range(min(WARM_UP, work.times)):
                    work.floor()
                    work.platform()
            for _ in range(options.rounds):
                for work in kinds:
                    work.round()
            memory = full.memory()
        core = measure_core(url, options.import_rows)
        imported = measure_import(environment, folder, options.import_rows)
        print_table(kind, kinds, console)
        console.print(
            f"import of {options.import_rows:,} rows: {imported:,.0f} rows/s, "
            f"Core alone {core:,.0f}; ratio {imported / core:.2f}, target 0.40"
        )
        console.print(
            f"first demo {first:.1f} s (target 20); cold start to the first answer "
            f"{cold:.2f} s (target 1.5); memory {memory / 2**20:.0f} MB (target 150)\n"
        )
        if options.json:
            facts = {work.name: work.ratio for work in kinds}
            sys.stdout.write(orjson.dumps({kind: facts}).decode() + "\n")


def print_table(kind: str, kinds: Sequence[Work], console: Console) -> None:
    """Print the ratios of one database."""
    table = Table(title=f"{kind}: speed of the platform, floor = 1.0")
    for heading in ("work", "floor ms", "platform ms", "ratio", "target", ""):
        table.add_column(heading, justify="left" if heading == "work" else "right")
    for work in kinds:
        met = work.target is None or work.ratio >= work.target
        table.add_row(
            work.name,
            f"{work.median('floor'):.2f}",
            f"{work.median('platform'):.2f}",
            f"{work.ratio:.2f}",
            f"{work.target:.2f}" if work.target else "",
            "met" if met else "not met",
        )
    console.print(table)


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--import-rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--scale",
        action="store_true",
        help="also rights on many rows, a catalog of many entities, and the screens",
    )
    screens.arguments(parser)
    parser.add_argument("--scale-rows", type=int, default=1_000_000)
    parser.add_argument("--scale-entities", type=int, default=2_000)
    options = parser.parse_args()
    console = Console()
    large.report_rules(console)
    for kind in (options.database,) if options.database else ("sqlite", "postgresql"):
        run(kind, options, console)
        if options.scale:
            large.report_catalog(kind, options.scale_entities, console)
            with large.empty_database(kind) as url:
                access_scale.report(console, url, options.scale_rows, explain=False)
            screens.report(console, kind, options)


if __name__ == "__main__":
    main()
