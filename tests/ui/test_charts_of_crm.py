"""Every chart of the CRM: what a figure says is what the list behind it holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support import postgres
from tests.ui.test_charts import state_of
from xrm.metadata.entities import Entity
from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.work import open_work
from xrm.platform.query.query import Query
from xrm.platform.query.run import count, run
from xrm.platform.security.actors import SYSTEM, load_actor
from xrm.rule_engine import core_names
from xrm.solutions.demo import prepare_demo
from xrm.solutions.records_files import record_key
from xrm.ui import chart_words, charting, list_reading, list_views, shell
from xrm.ui.chart_figures import figure_of
from xrm.ui.chart_page import number_of
from xrm.ui.chart_query import COUNT, Plan, aggregates_of
from xrm.ui.list_state import Filter, ListState
from xrm.ui.visit import Visit, reader_of

pytestmark = pytest.mark.one_database

NOW = datetime(2026, 5, 20, 9, 0, tzinfo=UTC)
USERS = ("admin", "salesperson", "service")


@dataclass(frozen=True)
class Demo:
    """The demonstration in one database."""

    database: Database
    snapshots: Snapshots

    @contextmanager
    def visit(self, user: str) -> Iterator[Visit]:
        """Open a visit of a demonstration user."""
        with open_work(self.database, self.snapshots, SYSTEM, write=False) as work:
            key = record_key(core_names.USER, user)
            actor = load_actor(work.connection, work.snapshot, key)
        with open_work(
            self.database, self.snapshots, actor, write=False, now=NOW
        ) as work:
            yield Visit(work, "sales", reader_of(work))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """Give the demonstration, once for each kind of database."""
    name = ""
    if request.param == "sqlite":
        folder: Path = tmp_path_factory.mktemp("charts")
        url = f"sqlite:///{folder / 'xrm.db'}"
    else:
        server = request.getfixturevalue("_postgres_server")
        admin = request.getfixturevalue("_postgres_admin")
        name = postgres.new_name()
        postgres.create_database(admin, name)
        url = postgres.url_text(server, name)
    database = open_database(url)
    snapshots = Snapshots(database)
    prepare_demo(database, snapshots, "green-kettle-41-mountain", now=NOW)
    yield Demo(database, snapshots)
    database.dispose()
    if name:
        postgres.drop_database(admin, name)


def behind(seen: Visit, plan: Plan, address: str) -> tuple[int, Any]:
    """Return how many records a list has, and the chart's figure of them."""
    state = state_of(address)
    listed = list_views.chosen(seen, plan.entity, state)
    where = list_reading.where_of(seen, plan.entity, listed, state)
    query = Query(plan.entity.name, where=where)
    total = Query(plan.entity.name, where=where, aggregates=aggregates_of(plan))
    row = run(seen.work, total).rows[0]
    assert row[COUNT] == count(seen.work, query)
    return row[COUNT], figure_of(row, plan.function).value(plan.function)


def filters_for(entity: Entity) -> list[tuple[Filter, ...]]:
    """Return none, and filters such as a dashboard puts above its tiles."""
    found: list[tuple[Filter, ...]] = [()]
    if "ownerid" in entity.fields:
        found.append((Filter("ownerid", "eq-userid"),))
        found.append((Filter("owningbusinessunit", "eq-businessid-or-below"),))
    found.append((Filter("createdon", "this-year"),))
    return found


@pytest.mark.parametrize("user", USERS)
def test_the_list_behind_each_figure_holds_what_it_says(demo: Demo, user: str) -> None:
    seen_figures = 0
    with demo.visit(user) as seen:
        for name in seen.work.catalog.charts:
            entity = seen.work.catalog.entity(name)
            if not shell.may_read(seen.actor, name):
                continue
            for chart in charting.charts_of(seen, entity):
                plan = charting.plan_for(seen, entity, chart)
                path = f"/app/sales/{name}"
                base = list_views.chosen(seen, entity, ListState(path)).view.name
                for filters in filters_for(entity):
                    state = ListState(path, filters=filters)
                    seen_figures += _check(seen, plan, state)
                seen_figures += _check(seen, plan, ListState(path, base))
    assert seen_figures > 100


def _check(seen: Visit, plan: Plan, state: ListState) -> int:
    listed = charting.listed_by(seen, plan.entity, plan.chart, state)
    drawn = charting.draw(seen, plan.entity, plan.chart, listed, state)
    formats = seen.reader.formats
    where = f"{plan.entity.name}.{plan.chart.name} {state.address()}"
    if drawn.number is not None:
        if drawn.number.href:
            _, value = behind(seen, plan, drawn.number.href)
            text = chart_words.figure_text(plan, value, formats)
            assert text == drawn.number.exact, where
        return 1
    assert drawn.chart is not None
    records = 0
    for row in drawn.chart.rows:
        for point in row.points:
            if not point.href:
                assert point.value in ("0", ""), where
                continue
            found, value = behind(seen, plan, point.href)
            assert number_of(value) == point.value, f"{where} {row.label} {point.href}"
            records += found
    if drawn.chart.total is not None and drawn.chart.total.href:
        assert behind(seen, plan, drawn.chart.total.href)[0] == records, where
    return len(drawn.chart.rows)
