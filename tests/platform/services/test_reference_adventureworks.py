"""Adventure Works in, its known answers out: 18,148 customers, 56,046 order lines.

Order numbers were used twice, for different customers: an order is told apart by its
number and customer, and "orders" in the answers are distinct numbers. Left out: the
order dates per file, as far as they ask for files (a year is one file).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.counts import campaign
from tests.support.installed import Installed
from tests.support.reference import Reference, money, reference
from xrm.platform.query.query import Aggregate, Group, Order, Query

LINES = "salesorderdetail"

pytestmark = pytest.mark.timeout(900)  # the first test waits for the import


def make_unit(system: Installed) -> None:
    schedule = system.create("uomschedule", name="Piece", baseuomname="Piece")
    system.create("uom", name="Piece", quantity=1, uomscheduleid=schedule)


@pytest.fixture
def sales(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reference]:
    with reference(request, tmp_path, "adventureworks", first=make_unit) as made:
        yield made


def orders_by(sales: Reference, path: str, **options: str) -> dict[object, int]:
    """Return the distinct order numbers by a path of the lines."""
    found = sales.ask(
        Query(
            LINES,
            group=(Group(path, alias="by", **options),),  # type: ignore[arg-type]
            aggregates=(Aggregate("count_distinct", "salesorderid.name", "n"),),
        )
    )
    return {row["by"]: row["n"] for row in found}


def check_what_the_import_says(sales: Reference) -> None:
    assert [report.refused for report in sales.reports] == [[]] * len(sales.reports)
    assert sales.counts == {
        "contact": 18_148,
        "product": 293,
        "territory": 10,
        "salesorder": 25_164,
        LINES: 56_046,
    }
    emails = sales.ask(
        Query(
            "contact",
            aggregates=(Aggregate("count_distinct", "emailaddress1", alias="n"),),
        )
    )
    repeated_keys = sales.reports[0].counts["skipped"]
    (row,) = sales.answers["import"]
    assert row == [
        sales.count("contact", "aw_no_prefix"),
        sales.count("contact", "aw_no_birthdate"),
        repeated_keys,
        18_148 - emails[0]["n"],
        0,  # a line without customer or product would have been refused
        0,
    ]


def check_dates_are_month_first(sales: Reference) -> None:
    late = sales.figures(LINES, "aw_after_12th_by_year")
    lines = sales.figures(LINES, "aw_lines_by_year")
    ends = sales.ask(
        Query(
            LINES,
            group=(Group("salesorderid.submitdate", "year", alias="year"),),
            aggregates=(
                Aggregate("min", "salesorderid.submitdate", "first"),
                Aggregate("max", "salesorderid.submitdate", "last"),
            ),
        )
    )
    above = sales.count(LINES, "aw_after_12th_month")
    assert sales.answers["dates"] == [
        [
            str(row["year"].year),
            lines[row["year"]],
            str(row["first"]),
            str(row["last"]),
            late[row["year"]],
            above,
        ]
        for row in sorted(ends, key=lambda row: str(row["year"]))
    ]


def check_years(sales: Reference) -> None:
    orders = orders_by(sales, "salesorderid.submitdate", period="year")
    charts = [
        sales.figures(LINES, f"aw_{name}_by_year")
        for name in ("lines", "quantity", "revenue", "margin")
    ]
    made = {
        day.year: [orders[day], *(chart[day] for chart in charts)] for day in charts[0]
    }
    for year, *figures in sales.answers["years"]:
        assert [*made[year][:3], *map(money, made[year][3:])] == figures


def check_months(sales: Reference) -> None:
    orders = orders_by(sales, "salesorderid.submitdate", period="month")
    revenue = sales.figures(LINES, "aw_revenue_by_month")
    assert (
        sorted(
            [f"{day:%Y-%m}", orders[day], money(value)]
            for day, value in revenue.items()
        )
        == sales.answers["months"]
    )


def check_territories(sales: Reference) -> None:
    orders = {name: n for name, n, _ in sales.drawn("salesorder", "aw_territories")}
    revenue = {name: value for name, value, _ in sales.drawn(LINES, "aw_by_territory")}
    customers = sales.ask(
        Query(
            "salesorder",
            group=(Group("aw_territoryid.name", alias="by"),),
            aggregates=(Aggregate("count_distinct", "customerid", "n"),),
        )
    )
    buyers = {row["by"]: row["n"] for row in customers}
    for number, n, people, value in sales.answers["territories"]:
        key = str(number)
        assert [orders[key], buyers[key], money(revenue[key])] == [n, people, value]


def check_best_customers_and_products(sales: Reference) -> None:
    customers = sales.drawn(LINES, "aw_by_customer")
    assert [[name, money(value)] for name, value, _ in customers[:10]] == [
        [name, value] for _, name, _, value in sales.answers["top-customers"]
    ]
    units = sales.figures(LINES, "aw_by_product_units")
    products = sales.greatest(LINES, "aw_by_product")
    assert [
        [name, units[name], money(value)] for name, value in products
    ] == sales.answers["top-products"]


def check_income_and_drift(sales: Reference) -> None:
    income = sales.figures("contact", "aw_income")
    made = [
        [
            int(amount),
            income.get((amount, True), 0) + income.get((amount, False), 0),
            income.get((amount, True), 0),
        ]
        for amount in sorted({amount for amount, _ in income})
    ]
    assert made == sales.answers["income"]
    drift = sales.figures("contact", "aw_drift")
    assert sorted(map(list, drift.items())) == sales.answers["drift"]


def check_people_of_one_name(sales: Reference) -> None:
    found = sales.ask(
        Query(
            "contact",
            group=(Group("firstname"), Group("lastname")),
            aggregates=(
                Aggregate("count", alias="n"),
                Aggregate("count_distinct", "birthdate", "birthdays"),
            ),
            order=(Order("n", descending=True),),  # a page has 5,000 groups
        )
    )
    same = [row for row in found if row["n"] > 1]
    (row,) = sales.answers["same-name"]
    assert row == [
        len(same),
        sum(row["n"] for row in same),
        sum(row["birthdays"] < row["n"] for row in same),
    ]


CHECKS = (
    check_what_the_import_says,
    check_dates_are_month_first,
    check_years,
    check_months,
    check_territories,
    check_best_customers_and_products,
    check_income_and_drift,
    check_people_of_one_name,
)


@pytest.mark.parametrize(
    # the largest import: on PostgreSQL it is left to CI
    "sales",
    ["sqlite"] if campaign() == "quick" else ["sqlite", "postgresql"],
    indirect=True,
)
def test_its_known_answers(sales: Reference, subtests: pytest.Subtests) -> None:
    for check in CHECKS:
        with subtests.test(check.__name__):
            check(sales)
