"""Real files in, the known answers out: imports and queries over public data sets.

The answers stand in `reference_answers.json` beside the data; another engine computed
them from the files. Here the platform's own `Query` gives them, on both databases.
"""

import json
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.environment import ROOT
from tests.support.installed import CORE, CRM, Installed, install
from xrm.platform.query.query import Aggregate, Compare, Exists, Group, Order, Query

pytestmark = pytest.mark.one_database

MAPS = ROOT / "tests" / "data"
WON, LOST = 1, 2


def answers(shared: Path, name: str) -> dict[str, list[list[Any]]]:
    text = (shared / "data" / "reference_answers.json").read_text("utf-8")
    found = json.loads(text)["sets"][name]["answers"]
    return {item["id"].split("/")[1]: item["rows"] for item in found}


def money(value: Any) -> float:
    return round(float(value or 0), 2)


def sum_by(system: Installed, path: str, *where: Any, **options: Any) -> dict[Any, Any]:
    """Return the number and value of won opportunities by a path."""
    found = system.ask(
        Query(
            "opportunity",
            where=Compare("statecode", "eq", (WON,)),
            group=(Group(path, alias="by", **options),),
            aggregates=(
                Aggregate("count", alias="n"),
                Aggregate("sum", "actualvalue", "value"),
            ),
        )
    )
    return {row["by"]: (row["n"], money(row["value"])) for row in found}


def test_maven_crm(database_url: str, shared: Path) -> None:
    system = install(database_url, "Maven")
    known = answers(shared, "maven-crm")
    files = shared / "data" / "maven-crm"
    reports = system.import_all(MAPS / "maven-crm" / "mapping.yaml", files)
    added = [(report.entity, report.counts["added"]) for report in reports]
    assert added == [
        ("businessunit", 3),
        ("systemuser", 6),
        ("systemuser", 35),
        ("account", 85),
        ("uomschedule", 3),
        ("uom", 3),
        ("product", 7),
        ("opportunity", 8800),
        ("opportunityproduct", 7320),
    ]
    assert reports[-1].reasons() == [
        (
            'productid: There is no product whose name is "GTXPro". Import it first, '
            "or declare an alias in the mapping file.",
            1480,
        )
    ]
    again = system.import_all(MAPS / "maven-crm" / "lines_with_alias.yaml", files)
    assert again[0].counts == {
        "added": 1480,
        "updated": 0,
        "skipped": 7320,
        "refused": 0,
    }
    twice = system.import_all(MAPS / "maven-crm" / "mapping.yaml", files)
    assert sum(report.counts["added"] for report in twice) == 0

    quarters = sum_by(system, "actualclosedate", period="quarter")
    assert {
        f"{day.year}-Q{(day.month + 2) // 3}": pair for day, pair in quarters.items()
    } == {quarter: (n, value) for quarter, n, value in known["won-by-quarter"]}

    won = sum_by(system, "ownerid.fullname")
    lost = Counter(
        row["ownerid.fullname"]
        for row in system.ask(
            Query(
                "opportunity",
                ("ownerid.fullname",),
                where=Compare("statecode", "eq", (LOST,)),
            )
        )
    )
    assert len(won) == 30
    for agent, n, gone, rate, value in known["agents"]:
        assert won[agent] == (n, value)
        assert lost[agent] == gone
        assert round(100 * n / (n + gone), 2) == rate

    managers = system.ask(
        Query(
            "opportunity",
            where=Compare("statecode", "eq", (WON,)),
            group=(
                Group(
                    "ownerid:systemuser.parentsystemuserid.fullname", alias="manager"
                ),
                Group("ownerid:systemuser.businessunitid.name", alias="office"),
            ),
            aggregates=(
                Aggregate("count", alias="n"),
                Aggregate("sum", "actualvalue", "value"),
            ),
            order=(Order("value", descending=True),),
        )
    )
    assert [
        [row["manager"], row["office"], row["n"], money(row["value"])]
        for row in managers
    ] == known["managers"]

    lines = system.ask(
        Query(
            "opportunityproduct",
            where=Compare("opportunityid.statecode", "in", (WON, LOST)),
            group=(
                Group("productid.name", alias="product"),
                Group("opportunityid.statecode", alias="state"),
            ),
            aggregates=(
                Aggregate("count", alias="n"),
                Aggregate("sum", "opportunityid.actualvalue", "value"),
            ),
        )
    )
    by = {(row["product"], row["state"]): row for row in lines}
    for product, _, won_n, lost_n, rate, value, _ in known["products"]:
        assert by[product, WON]["n"] == won_n
        assert by[product, LOST]["n"] == lost_n
        assert round(100 * won_n / (won_n + lost_n), 2) == rate
        assert money(by[product, WON]["value"]) == value

    accounts = sum_by(system, "customerid:account.name")
    parents = {
        row["name"]: row["parentaccountid.name"] or row["name"]
        for row in system.ask(Query("account", ("name", "parentaccountid.name")))
    }
    rolled: dict[str, list[float]] = defaultdict(list)
    for name, (_, value) in accounts.items():
        if name is not None:
            rolled[parents[name]].append(value)
    for parent, members, value in known["parents"]:
        assert len(rolled[parent]) == members
        assert round(sum(rolled[parent]), 2) == value
    system.database.dispose()


def test_northwind(database_url: str, shared: Path) -> None:
    packages = (CORE, CRM, MAPS / "northwind" / "solution")
    system = install(database_url, "Northwind", packages)
    schedule = system.create("uomschedule", name="Northwind", baseuomname="Northwind")
    system.create("uom", name="Northwind", quantity=1, uomscheduleid=schedule)
    known = answers(shared, "northwind")
    files = shared / "data" / "northwind"
    reports = system.import_all(MAPS / "northwind" / "mapping.yaml", files)
    assert [report.refused for report in reports] == [[]] * len(reports)
    assert [report.counts["added"] for report in reports] == [
        4,
        53,
        9,
        49,
        91,
        8,
        77,
        830,
        2155,
    ]
    total = system.ask(
        Query(
            "salesorderdetail",
            aggregates=(
                Aggregate("count_distinct", "salesorderid", "orders"),
                Aggregate("count", alias="lines"),
                Aggregate("sum", "baseamount", "gross"),
                Aggregate("sum", "nw_net", "net"),
            ),
        )
    )[0]
    assert [
        total["orders"],
        total["lines"],
        money(total["gross"]),
        money(total["net"]),
    ] == known["total"][0]

    def net_by(path: str, **options: Any) -> dict[Any, float]:
        found = system.ask(
            Query(
                "salesorderdetail",
                group=(Group(path, alias="by", **options),),
                aggregates=(Aggregate("sum", "nw_net", "net"),),
            )
        )
        return {row["by"]: money(row["net"]) for row in found}

    customers = net_by("salesorderid.customerid:account.accountnumber")
    for number, _, _, net in known["customers"]:
        assert customers[number] == pytest.approx(net, abs=0.011)
    months = net_by("salesorderid.submitdate", period="month")
    assert {f"{day:%Y-%m}": net for day, net in months.items()} == pytest.approx(
        {month: net for month, _, net in known["months"]}, abs=0.011
    )
    categories = net_by("productid.subjectid.title")
    for category, net, _ in known["categories"]:
        assert categories[category] == pytest.approx(net, abs=0.011)

    own = net_by("salesorderid.ownerid.lastname")
    managers = {
        row["lastname"]: row["parentsystemuserid.lastname"]
        for row in system.ask(
            Query("systemuser", ("lastname", "parentsystemuserid.lastname"))
        )
    }
    team: dict[str, float] = defaultdict(float)
    for name, value in own.items():
        above: str | None = name
        while above is not None:
            team[above] += value
            above = managers[above]
    for _, name, _, own_net, team_net in known["employees"]:
        assert own[name] == pytest.approx(own_net, abs=0.011)
        assert team[name] == pytest.approx(team_net, abs=0.1)

    with_users = {region: n for region, _, n in known["regions"]}
    linked = system.ask(
        Query(
            "territory",
            ("nw_regionid.nw_name",),
            where=Exists("nw_users"),
        )
    )
    assert Counter(row["nw_regionid.nw_name"] for row in linked) == with_users
    late = system.ask(
        Query(
            "salesorder",
            where=Compare("datefulfilled", "null"),
            aggregates=(
                Aggregate("count", alias="n"),
                Aggregate("min", "submitdate", "first"),
                Aggregate("max", "submitdate", "last"),
            ),
        )
    )[0]
    assert [late["n"], str(late["first"]), str(late["last"])] == known["unshipped"][0]
    system.database.dispose()


def test_chinook(database_url: str, shared: Path) -> None:
    packages = (CORE, CRM, MAPS / "chinook" / "solution")
    system = install(database_url, "Chinook", packages)
    schedule = system.create("uomschedule", name="Chinook", baseuomname="Chinook")
    system.create("uom", name="Chinook", quantity=1, uomscheduleid=schedule)
    known = answers(shared, "chinook")
    files = shared / "data" / "chinook"
    reports = system.import_all(MAPS / "chinook" / "mapping.yaml", files)
    assert [report.refused for report in reports] == [[]] * len(reports)
    counts = dict(known["counts"])
    assert [report.counts["added"] for report in reports] == [
        counts[name]
        for name in ("Employee", "Customer", "Genre", "Track", "Invoice", "InvoiceLine")
    ]

    def totals(path: str, **options: Any) -> dict[Any, tuple[int, Decimal]]:
        found = system.ask(
            Query(
                "invoice",
                group=(Group(path, alias="by", **options),),
                aggregates=(
                    Aggregate("count", alias="n"),
                    Aggregate("sum", "totallineitemamount", "total"),
                ),
            )
        )
        return {row["by"]: (row["n"], row["total"]) for row in found}

    months = totals("datedelivered", period="month")
    assert {f"{day:%Y-%m}": (n, money(t)) for day, (n, t) in months.items()} == {
        month: (n, total) for month, n, total in known["months"]
    }
    countries = totals("billto_country")
    for country, n, total in known["countries"]:
        assert (countries[country][0], money(countries[country][1])) == (n, total)
    genres = system.ask(
        Query(
            "invoicedetail",
            group=(Group("productid.subjectid.title", alias="genre"),),
            aggregates=(
                Aggregate("sum", "quantity", "units"),
                Aggregate("sum", "baseamount", "revenue"),
            ),
        )
    )
    by_genre = {row["genre"]: row for row in genres}
    for genre, units, revenue in known["genres"]:
        assert by_genre[genre]["units"] == units
        assert money(by_genre[genre]["revenue"]) == revenue
    tree = system.ask(Query("systemuser", ("lastname", "parentsystemuserid.lastname")))
    assert {row["lastname"]: row["parentsystemuserid.lastname"] for row in tree} == {
        name: manager for _, name, manager in known["reports-to"]
    }
    system.database.dispose()
