"""An installed system for tests: packages on a database, and imports into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xrm.platform.commands.imports import seldom_collecting
from xrm.platform.database import publish
from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.upgrades import upgrade
from xrm.platform.database.work import open_work
from xrm.platform.query.query import Query
from xrm.platform.query.run import rows
from xrm.platform.records import service
from xrm.platform.security.actors import SYSTEM
from xrm.platform.services.import_files import read_file
from xrm.platform.services.import_mapping import load_mapping
from xrm.platform.services.import_reports import Report
from xrm.platform.services.import_run import run_import
from xrm.rule_engine import core_names
from xrm.solutions.archives import read_source
from xrm.solutions.layers import Layer, effective
from xrm.solutions.package import read_package

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "solutions" / "core"
CRM = ROOT / "solutions" / "crm"


@dataclass(frozen=True)
class Installed:
    """A database with packages in it, a unit and a currency."""

    database: Database
    snapshots: Snapshots

    def create(self, entity: str, **values: Any) -> Any:
        """Create one record as the platform itself."""
        with open_work(self.database, self.snapshots, SYSTEM) as work:
            return service.create(work, entity, values)

    def ask(self, query: Query) -> list[dict[str, Any]]:
        """Return all rows of a query, asked by the platform itself."""
        with open_work(self.database, self.snapshots, SYSTEM, write=False) as work:
            return list(rows(work, query))

    def import_all(self, mapping: Path, files: Path, **options: Any) -> list[Report]:
        """Do every import of a mapping file, each in its own transaction."""
        with open_work(self.database, self.snapshots, SYSTEM, write=False) as work:
            maps = load_mapping(mapping, work.catalog)
        reports = []
        for one in maps:
            source = read_file(files / (one.file or ""), one.read)
            with (
                open_work(self.database, self.snapshots, SYSTEM) as work,
                seldom_collecting(),
            ):
                reports.append(
                    run_import(work, source, one, file=one.file or "", **options)
                )
        return reports


def install(url: str, name: str, packages: Sequence[Path] = (CORE, CRM)) -> Installed:
    """Publish packages on an empty database."""
    database = open_database(url)
    upgrade(database)
    found = [read_package(read_source(package)) for package in packages]
    problems = [problem for package in found for problem in package.problems]
    assert not problems, "\n".join(map(str, problems))
    prepared = publish.prepare(
        database,
        effective([Layer(package.name, package.documents) for package in found]),
        layers={package.name: package.documents for package in found},
    )
    publish.apply(database, prepared, actor=SYSTEM)
    made = Installed(database, Snapshots(database))
    made.create(core_names.UNIT, name=name)
    made.create(
        core_names.CURRENCY,
        currencyname="US Dollar",
        isocurrencycode="USD",
        currencysymbol="$",
        exchangerate=1,
        currencyprecision=2,
    )
    return made
