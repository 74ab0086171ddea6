"""A help desk's log in, its known answers out: 4,580 cases made of 21,348 events.

The events are tasks of the cases; when a case was opened, taken, resolved and closed
are roll-ups of them. Left out: medians and the 90th percentile, which no chart
measures.
"""

from collections.abc import Iterator

import pytest

from tests.support.installed import Installed
from tests.support.reference import Reference, reference
from xrm.platform.query.query import Aggregate, Group, Query

pytestmark = pytest.mark.one_database

CASE = "incident"


def make_customer(system: Installed) -> None:
    system.create("account", name="Software users")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reference]:
    folder = tmp_path_factory.mktemp("helpdesk")
    with reference(
        request, folder, "helpdesk-log", app="service", first=make_customer
    ) as made:
        yield made


def mean(desk: Reference, chart: str) -> float:
    (days,) = desk.figures(CASE, chart).values()
    return round(float(days), 3)


def share(desk: Reference, view: str, among: str) -> float:
    return round(100 * desk.count(CASE, view) / desk.count(CASE, among), 2)


def test_sizes(desk: Reference) -> None:
    assert [report.refused for report in desk.reports] == [[], []]
    ends = desk.ask(
        Query(
            CASE,
            aggregates=(
                Aggregate("min", "hd_opened", "first"),
                Aggregate("max", "hd_ended", "last"),
                Aggregate("sum", "hd_events", "events"),
            ),
        )
    )[0]
    assert desk.answers["sizes"] == [
        [
            desk.count(CASE, "hd_everything"),
            ends["events"],
            desk.count(CASE, "hd_not_closed"),
            f"{ends['first']:%Y-%m-%dT%H:%M:%S}",
            f"{ends['last']:%Y-%m-%dT%H:%M:%S}",
        ]
    ]


def test_events(desk: Reference) -> None:
    found = desk.ask(
        Query(
            "task",
            group=(Group("subject"),),
            aggregates=(Aggregate("count_distinct", "regardingobjectid", "cases"),),
        )
    )
    cases = {row["subject"]: row["cases"] for row in found}
    events = desk.figures("task", "hd_by_event")
    assert (
        sorted(
            ([event, n, cases[event]] for event, n in events.items()),
            key=lambda row: (-row[1], row[0]),
        )
        == desk.answers["events"]
    )


def test_times(desk: Reference) -> None:
    ((resolved, mean_days, _, within_5, within_15),) = desk.answers["resolve"]
    assert desk.count(CASE, "hd_resolved") == resolved
    assert mean(desk, "hd_resolving") == mean_days
    assert share(desk, "hd_resolved_in_5", "hd_resolved") == within_5
    assert share(desk, "hd_resolved_in_15", "hd_resolved") == within_15
    ((mean_days, _, _, within_45),) = desk.answers["duration"]
    assert mean(desk, "hd_days") == mean_days
    assert share(desk, "hd_within_45", "hd_everything") == within_45
    assert desk.answers["first-hour"] == [
        [desk.count(CASE, "hd_taken"), desk.count(CASE, "hd_taken_in_hour")]
    ]


def test_longest(desk: Reference) -> None:
    assert [
        [
            title,
            f"{opened:%Y-%m-%dT%H:%M:%S}",
            f"{ended:%Y-%m-%dT%H:%M:%S}",
            round(float(days), 3),
            events,
        ]
        for title, opened, ended, days, events in desk.listed(CASE, "hd_longest", 10)
    ] == desk.answers["longest"]


def test_quarters(desk: Reference) -> None:
    days = desk.rates(CASE, "hd_days_by_quarter")
    assert [
        [f"{day.year}-Q{(day.month + 2) // 3}", n, days[day]]
        for day, n in sorted(desk.figures(CASE, "hd_by_quarter").items())
    ] == desk.answers["quarters"]


def test_reopened(desk: Reference) -> None:
    assert desk.answers["reopened"] == [
        [desk.count(CASE, "hd_taken_twice"), desk.count(CASE, "hd_waited")]
    ]
