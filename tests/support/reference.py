"""Reference data imported once, and the questions to it: charts, lists and queries.

A question goes the way a person's does: a chart is declared and asked by the code of
the chart pages, a list is a view whose page says the exact count to an administrator.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support import postgres
from tests.support.environment import ROOT
from tests.support.installed import CORE, CRM, Installed, install
from xrm.platform.database.work import Work, open_work
from xrm.platform.main import create_app
from xrm.platform.query.query import Query
from xrm.platform.query.run import rows, run
from xrm.platform.query.views import query_of
from xrm.platform.security.actors import SYSTEM
from xrm.platform.services.import_reports import Report
from xrm.platform.services.people import add_user
from xrm.platform.settings import load_settings
from xrm.solutions.role_records import mirror_roles
from xrm.ui.chart_figures import REST, figure_of, groups_of
from xrm.ui.chart_query import (
    Axis,
    Readable,
    entities_on,
    plan_of,
    question,
    totals_question,
)

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
        """Return the figures a chart shows by group, or by (group, series).

        A number has one figure, of the group `None`. Groups of texts have the text,
        choices their value; the rest is "other".
        """
        with self._work() as work:
            definition = work.catalog.entity(entity)
            wanted = work.catalog.charts[entity][chart]
            readable = Readable(
                {
                    name: frozenset(work.catalog.entity(name).fields)
                    for name in entities_on(work.catalog, definition, wanted)
                }
            )
            plan = plan_of(work.catalog, definition, wanted, readable)
            if plan.group is None:
                (row,) = run(work, totals_question(plan, None)).rows
                return {None: figure_of(row, plan.function).value(plan.function)}
            groups = groups_of(plan, run(work, question(plan, None)).rows)

            def named(axis: Axis | None, key: Any) -> Any:
                if key is REST:
                    return "other"
                title = groups.titles.get(key)
                is_text = axis is not None and axis.kind == "value"
                return title if is_text and title is not None else key

            if plan.series is None:
                return {
                    named(plan.group, bar.key): bar.whole.value(plan.function)
                    for bar in groups.bars
                }
            return {
                (named(plan.group, bar.key), named(plan.series, key)): part.value(
                    plan.function
                )
                for bar in groups.bars
                for key, part in bar.parts.items()
            }

    @contextmanager
    def _work(self) -> Iterator[Work]:
        system = self.system
        with open_work(system.database, system.snapshots, SYSTEM, write=False) as work:
            yield work

    def greatest(self, entity: str, chart: str) -> list[tuple[Any, Any]]:
        """Return the groups a chart shows one by one, the greatest figure first.

        What it puts together as the rest is left out.
        """
        found = self.figures(entity, chart)
        found.pop("other", None)
        return sorted(found.items(), key=lambda pair: (-pair[1], str(pair[0])))

    def rates(self, entity: str, chart: str) -> dict[Any, float]:
        """Return the figures of a chart of averages, rounded as the answers are."""
        found = self.figures(entity, chart)
        return {key: round(float(value), 2) for key, value in found.items()}

    def drawn(self, entity: str, chart: str) -> list[tuple[str, Decimal, str]]:
        """Return the rows of a chart's page: label, figure, address of the list."""
        answer = self.http.get(f"/app/{self.app}/{entity}/charts/{chart}")
        assert answer.status_code == 200, answer.text
        found = re.findall(
            r'<th scope="row">([^<]*)</th>'
            r'<td class="num" data-v="([\d.]+)"><a href="([^"]+)">',
            answer.text,
        )
        return [
            (unescape(label), Decimal(value), unescape(at))
            for label, value, at in found
        ]

    def count(self, entity: str, view: str) -> int:
        """Return how many records the page of a view says it has."""
        return self.count_at(f"/app/{self.app}/{entity}?view={view}")

    def count_at(self, address: str) -> int:
        """Return how many records the list at an address says it has."""
        answer = self.http.get(
            f"{address}&count=exact",
            headers={"HX-Request": "true", "HX-Target": "count"},
        )
        assert answer.status_code == 200, answer.text
        found = re.search(r'id="count">(?:[\d,]+ of )?([\d,]+|None)<', answer.text)
        assert found, answer.text
        return 0 if found[1] == "None" else int(found[1].replace(",", ""))

    def listed(self, entity: str, view: str, limit: int) -> list[list[Any]]:
        """Return the first rows of a view, column by column."""
        with self._work() as work:
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
