"""Reference data imported once, and the questions to it: charts, lists and queries.

A question goes the way a person's does: a chart is declared and asked by its
definition, a list is a view whose page says the exact count to an administrator.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support import postgres
from tests.support.environment import ROOT
from tests.support.installed import CORE, CRM, Installed, install
from xrm.platform.database.work import open_work
from xrm.platform.main import create_app
from xrm.platform.query.query import Aggregate, Expr, Group, Order, Query
from xrm.platform.query.run import rows
from xrm.platform.query.views import query_of
from xrm.platform.security.actors import SYSTEM
from xrm.platform.services.import_reports import Report
from xrm.platform.services.people import add_user
from xrm.platform.settings import load_settings
from xrm.solutions.role_records import mirror_roles

MAPS = ROOT / "tests" / "data"
PASSWORD = "green-kettle-41-mountain"


@dataclass
class Reference:
    """A set of reference data in the system, with its known answers."""

    name: str
    system: Installed
    reports: list[Report]
    answers: dict[str, list[list[Any]]]
    http: FlaskClient
    app: str

    @property
    def counts(self) -> dict[str, int]:
        """Return how many records were added, by entity."""
        found: dict[str, int] = {}
        for report in self.reports:
            added = report.counts["added"]
            found[report.entity] = found.get(report.entity, 0) + added
        return found

    def ask(self, query: Query) -> list[dict[str, Any]]:
        """Return all rows of a query."""
        return self.system.ask(query)

    def figures(self, entity: str, chart: str) -> dict[Any, Any]:
        """Return the figures of a chart by group, or by (group, series)."""
        with open_work(
            self.system.database, self.system.snapshots, SYSTEM, write=False
        ) as work:
            drawn = work.catalog.charts[entity][chart]
            axes = [axis for axis in (drawn.group, drawn.series) if axis is not None]
            keys = "gs"[: len(axes)]
            found = rows(
                work,
                Query(
                    entity,
                    where=Expr(drawn.filter) if drawn.filter else None,
                    group=tuple(
                        Group(axis.field, axis.period, key)
                        for axis, key in zip(axes, keys, strict=True)
                    ),
                    aggregates=(Aggregate(drawn.aggregate, drawn.field, "value"),),
                    order=(Order("value", descending=True),),
                    limit=drawn.limit,
                ),
            )
            made = {}
            for row in found:
                key = tuple(row.get(f"{k}@name", row[k]) for k in keys)
                made[key[0] if len(key) == 1 else key] = row["value"]
            return made

    def rates(self, entity: str, chart: str) -> dict[Any, float]:
        """Return the figures of a chart of averages, rounded as the answers are."""
        found = self.figures(entity, chart)
        return {key: round(float(value), 2) for key, value in found.items()}

    def count(self, entity: str, view: str) -> int:
        """Return how many records the page of a view says it has."""
        answer = self.http.get(
            f"/app/{self.app}/{entity}?view={view}&count=exact",
            headers={"HX-Request": "true", "HX-Target": "count"},
        )
        assert answer.status_code == 200, answer.text
        found = re.search(r'id="count">(?:[\d,]+ of )?([\d,]+|None)<', answer.text)
        assert found, answer.text
        return 0 if found[1] == "None" else int(found[1].replace(",", ""))

    def listed(self, entity: str, view: str, limit: int) -> list[list[Any]]:
        """Return the first rows of a view, column by column."""
        with open_work(
            self.system.database, self.system.snapshots, SYSTEM, write=False
        ) as work:
            wanted = work.catalog.views[entity][view]
            found = []
            for row in rows(work, query_of(work.snapshot, wanted)):
                found.append([row[column.field] for column in wanted.columns])
                if len(found) == limit:
                    break
            return found


@contextmanager
def reference(
    request: pytest.FixtureRequest,
    folder: Path,
    name: str,
    *,
    packages: Sequence[Path] = (CORE, CRM),
    app: str = "sales",
    first: Any = None,
) -> Iterator[Reference]:
    """Import a set into an empty database of the kind the fixture is parametrised by.

    `first` is called with the installed system before the import.
    """
    shared: Path = request.getfixturevalue("shared")
    with _empty_database(request, folder) as url:
        system = install(url, name, (*packages, MAPS / name / "solution"))
        with open_work(system.database, system.snapshots, SYSTEM) as work:
            mirror_roles(work)
            add_user(work, "admin", roles=["system_administrator"], password=PASSWORD)
        if first is not None:
            first(system)
        reports = system.import_all(
            MAPS / name / "mapping.yaml", shared / "data" / name
        )
        client = _signed_in(url, folder)
        yield Reference(name, system, reports, known(shared, name), client, app)
        client.application.extensions["xrm"].database.dispose()
        system.database.dispose()


def known(shared: Path, name: str) -> dict[str, list[list[Any]]]:
    """Return the known answers of a set by question."""
    text = (shared / "data" / "reference_answers.json").read_text("utf-8")
    found = json.loads(text)["sets"][name]["answers"]
    return {item["id"].split("/")[1]: item["rows"] for item in found}


@contextmanager
def _empty_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{folder / 'xrm.db'}"
        return
    server = request.getfixturevalue("_postgres_server")
    admin = request.getfixturevalue("_postgres_admin")
    name = postgres.new_name()
    postgres.create_database(admin, name)
    yield postgres.url_text(server, name)
    postgres.drop_database(admin, name)


def _signed_in(url: str, folder: Path) -> FlaskClient:
    settings = load_settings(
        {
            "XRM_DATABASE_URL": url,
            "XRM_DATA_DIR": str(folder),
            "XRM_SECRET_KEY": "a key that only tests know, long enough",
        }
    )
    client = create_app(settings).test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert token
    client.post(
        "/sign-in",
        data={"csrf_token": token[1], "name": "admin", "password": PASSWORD},
    )
    return client


def money(value: Any) -> float:
    """Return an amount as the known answers have it."""
    return round(float(value or 0), 2)
