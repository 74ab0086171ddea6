"""Requests to New York's 311 in, the known answers out: 4,969 cases about animals.

Left out: medians and percentiles of hours, which no chart measures, and the pairs of
cases at one address within a day, for a query compares no record with another.
"""

from collections.abc import Iterator

import pytest

from tests.support.installed import Installed
from tests.support.reference import Reference, reference
from xrm.platform.query.query import Aggregate, Compare, Group, Order, Query

pytestmark = pytest.mark.one_database

CASE = "incident"
RESOLVED, ACTIVE = 1, 0


def make_customer(system: Installed) -> None:
    system.create("account", name="City of New York")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def city(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reference]:
    folder = tmp_path_factory.mktemp("nyc")
    with reference(
        request, folder, "nyc-311", app="service", first=make_customer
    ) as made:
        yield made


def test_what_the_import_says(city: Reference) -> None:
    (report,) = city.reports
    assert report.refused == []
    assert "Dates in Created Date are written as %m/%d/%Y %H:%M." in report.notes
    assert city.answers["dirty"] == [
        [
            city.count(CASE, "ny_closed_before_opened"),
            city.count(CASE, "ny_closed_without_date"),
            city.count(CASE, "ny_open_with_date"),
            city.count(CASE, "ny_no_zip"),
            report.counts["skipped"],
        ]
    ]


def test_status(city: Reference) -> None:
    found = city.figures(CASE, "ny_by_status")
    ends = city.ask(
        Query(
            CASE,
            group=(Group("statecode"),),
            aggregates=(
                Aggregate("min", "ny_opened", "first"),
                Aggregate("max", "ny_opened", "last"),
            ),
            order=(Order("statecode", descending=True),),
        )
    )
    names = {RESOLVED: "Closed", ACTIVE: "In Progress"}
    assert [
        [
            names[row["statecode"]],
            found[row["statecode"]],
            f"{row['first']:%Y-%m-%dT%H:%M:%S}",
            f"{row['last']:%Y-%m-%dT%H:%M:%S}",
        ]
        for row in ends
    ] == city.answers["status"]


def test_types_agencies_and_boroughs(city: Reference) -> None:
    assert city.greatest(CASE, "ny_by_type") == [
        (f"{kind}, {part}", n) for kind, part, n in city.answers["types"]
    ]
    closed = city.figures(CASE, "ny_closed_by_agency")
    assert [
        [name, n, closed[name]] for name, n in city.greatest(CASE, "ny_by_agency")
    ] == [row[:3] for row in city.answers["agencies"]]
    assert [list(pair) for pair in city.greatest(CASE, "ny_by_borough")] == [
        row[:2] for row in city.answers["boroughs"]
    ]


def test_each_figure_of_a_chart_leads_to_its_records(city: Reference) -> None:
    rows = city.drawn(CASE, "ny_by_borough")
    assert [[label, n] for label, n, _ in rows] == [
        row[:2] for row in city.answers["boroughs"]
    ]
    assert [city.count_at(address) for _, _, address in rows] == [n for _, n, _ in rows]


def test_overdue_and_speed(city: Reference) -> None:
    assert [
        [key, agency, kind, f"{opened:%Y-%m-%dT%H:%M:%S}", round(float(days), 2)]
        for key, agency, kind, opened, days in city.listed(CASE, "ny_overdue", 10)
    ] == city.answers["overdue"]
    speed = city.figures(CASE, "ny_by_speed")
    assert sorted(map(list, speed.items())) == city.answers["sla"]


def test_addresses_with_several_cases(city: Reference) -> None:
    found = city.ask(
        Query(
            CASE,
            where=Compare("ny_address", "not-null"),
            group=(Group("ny_address"), Group("ny_type")),
            aggregates=(Aggregate("count", alias="n"),),
            order=(Order("n", descending=True),),
        )
    )
    ((repeated, _),) = city.answers["repeat"]
    assert sum(row["n"] > 1 for row in found) == repeated
