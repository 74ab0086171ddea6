"""Each operator selects the rows that it should, on both databases."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.support.query_world import World, make_world
from xrm.platform.errors import Refused
from xrm.platform.query.operators import OPERATORS
from xrm.platform.query.query import (
    And,
    Compare,
    Condition,
    Exists,
    Expr,
    Not,
    Or,
    Other,
    Query,
)
from xrm.platform.query.run import count, run

ONE = UUID(int=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


ROWS: dict[str, dict[str, Any]] = {
    "a": {
        "name": "Alpha & Co", "city": "Berlin", "size": 1, "marks": (1, 2),
        "employees": 10, "rating": 1.5, "share": Decimal("0.125"),
        "credit": Decimal("100.10"), "active": True, "founded": date(2026, 3, 18),
        "seen": at("2026-03-18T11:00"), "open_at": at("2026-03-18T23:30"),
        "tags": ",vip,gold,",
    },
    "b": {
        "name": "beta", "city": "BERLIN", "size": 2, "marks": (2,),
        "employees": -5, "rating": -2.25, "share": Decimal("0.130"),
        "credit": Decimal("0.01"), "active": False, "founded": date(2026, 3, 17),
        "seen": at("2026-03-17T22:30"), "open_at": at("2026-03-17T00:00"),
    },
    "c": {
        "name": "STRASSE", "city": "Köln", "size": 3, "marks": (3,),
        "employees": 2_000_000_000, "rating": 1e300, "share": Decimal("99.999"),
        "credit": Decimal("-7.5"), "active": True, "founded": date(2025, 12, 31),
        "seen": at("2025-12-31T23:30"),
    },
    "d": {
        "name": "straße 50%_off", "city": "İzmir", "size": 1,
        "founded": date(2026, 2, 28), "seen": at("2026-03-11T12:00"),
        "credit": Decimal("100.10"), "employees": 11,
    },
    "e": {},
}  # fmt: skip

CASES: list[tuple[str, str, tuple[Any, ...], str]] = [
    ("name", "eq", ("ALPHA & co",), "a"),
    ("name", "eq", ("straße",), "c"),
    ("name", "ne", ("beta",), "acd"),
    ("name", "gt", ("beta",), "cd"),
    ("name", "le", ("BETA",), "ab"),
    ("name", "in", ("Beta", "strasse"), "bc"),
    ("name", "in", (), ""),
    ("name", "not-in", ("Beta", "strasse"), "ad"),
    ("name", "not-in", (), "abcd"),
    ("name", "between", ("b", "t"), "bcd"),
    ("name", "not-between", ("b", "t"), "a"),
    ("name", "null", (), "e"),
    ("name", "not-null", (), "abcd"),
    ("name", "eq", (None,), "e"),
    ("name", "ne", (None,), "abcd"),
    ("name", "in", (None, "beta"), "be"),
    ("name", "not-in", (None, "beta"), "acd"),
    ("name", "contains", ("PHA",), "a"),
    ("name", "contains", ("ß",), "cd"),
    ("name", "contains", ("%_",), "d"),
    ("name", "contains", ("",), "abcd"),
    ("name", "not-contains", ("a",), ""),
    ("name", "not-contains", ("s",), "ab"),
    ("name", "begins-with", ("strass",), "cd"),
    ("name", "begins-with", ("",), "abcd"),
    ("name", "not-begin-with", ("s",), "ab"),
    ("name", "ends-with", ("_OFF",), "d"),
    ("name", "not-end-with", ("e",), "abd"),
    ("name", "like", ("%a%c_",), "a"),
    ("name", "like", ("b_ta",), "b"),
    ("name", "not-like", ("%t%",), "a"),
    ("city", "eq", ("berlin",), "ab"),
    ("city", "eq", ("KÖLN",), "c"),
    ("size", "eq", (1,), "ad"),
    ("size", "eq", ("Medium",), "b"),
    ("size", "in", ("1", 3), "acd"),
    ("size", "ne", (1,), "bc"),
    ("size", "eq", (777,), ""),
    ("marks", "contain-values", (2,), "ab"),
    ("marks", "contain-values", ("Red", 3), "ac"),
    ("marks", "not-contain-values", (1,), "bc"),
    ("marks", "contain-values", (), ""),
    ("marks", "not-null", (), "abc"),
    ("employees", "eq", (10,), "a"),
    ("employees", "gt", (Decimal("10.5"),), "cd"),
    ("employees", "ge", ("10.5",), "cd"),
    ("employees", "le", (10.5,), "ab"),
    ("employees", "lt", (10,), "b"),
    ("employees", "eq", (Decimal("10.5"),), ""),
    ("employees", "ne", (Decimal("10.5"),), "abcd"),
    ("employees", "lt", (10**30,), "abcd"),
    ("employees", "gt", ("-1e400",), "abcd"),
    ("employees", "in", (10, 10**40), "a"),
    ("rating", "gt", (0,), "ac"),
    ("rating", "eq", ("-2.25",), "b"),
    ("share", "gt", (Decimal("0.1254"),), "bc"),
    ("share", "ge", (Decimal("0.1251"),), "bc"),
    ("share", "lt", (Decimal("0.1251"),), "a"),
    ("share", "eq", ("0.125",), "a"),
    ("share", "eq", (Decimal("0.1250001"),), ""),
    ("share", "between", (Decimal("0.1249"), Decimal("0.1301")), "ab"),
    ("credit", "eq", (100.1,), "ad"),
    ("credit", "le", (Decimal("0.01"),), "bc"),
    ("credit", "gt", (Decimal("1e-70"),), "abd"),
    ("credit", "lt", (Decimal("-1e-70"),), "c"),
    ("active", "eq", (True,), "ac"),
    ("active", "ne", ("true",), "b"),
    ("active", "null", (), "de"),
    ("founded", "eq", ("2026-03-18",), "a"),
    ("founded", "ge", ("2026-03-17T00:00:00Z",), "ab"),
    ("founded", "ge", ("2026-03-17T00:00:01Z",), "a"),
    ("founded", "lt", (date(2026, 3, 17),), "cd"),
    ("founded", "on", ("2026-03-17",), "b"),
    ("founded", "not-on", ("2026-03-17",), "acd"),
    ("founded", "on-or-after", ("2026-03-17",), "ab"),
    ("founded", "on-or-before", ("2026-02-28",), "cd"),
    ("founded", "today", (), "a"),
    ("founded", "yesterday", (), "b"),
    ("founded", "this-week", (), "ab"),
    ("founded", "this-month", (), "ab"),
    ("founded", "last-month", (), "d"),
    ("founded", "this-year", (), "abd"),
    ("founded", "last-year", (), "c"),
    ("founded", "this-fiscal-period", (), "abd"),
    ("founded", "last-x-days", (1,), "ab"),
    ("founded", "last-x-months", (1,), "abd"),
    ("founded", "olderthan-x-days", (1,), "cd"),
    ("founded", "next-x-days", (5,), ""),
    ("seen", "today", (), "a"),
    ("seen", "eq", (at("2026-03-18T11:00"),), "a"),
    ("seen", "gt", ("2026-03-17",), "ab"),
    ("seen", "on", ("2026-03-17",), "b"),
    ("seen", "last-x-hours", (2,), "a"),
    ("seen", "last-seven-days", (), "abd"),
    ("seen", "last-week", (), "d"),
    ("seen", "olderthan-x-hours", (24,), "cd"),
    ("seen", "olderthan-x-minutes", (59,), "abcd"),
    ("seen", "olderthan-x-minutes", (61,), "bcd"),
    ("seen", "next-x-years", (5,), ""),
    ("open_at", "on", ("2026-03-18",), "a"),
    ("open_at", "today", (), "a"),
    ("tags", "contains", (",vip,",), "a"),
    ("double_credit", "eq", (Decimal("200.20"),), "ad"),
    ("double_credit", "lt", (0,), "c"),
    ("shown", "contains", ("PHA & CO / ber",), "a"),
    ("firmid", "eq", (ONE,), "a"),
    ("firmid", "eq", (str(ONE).upper(),), "a"),
    ("parentid", "eq", (ONE,), "b"),
    ("parentid.name", "begins-with", ("alp",), "b"),
    ("parentid@name", "contains", ("alpha",), "b"),
    ("parentid.parentid.name", "eq", ("alpha & co",), "c"),
    ("ownerid", "eq-userid", (), "a"),
    ("ownerid", "ne-userid", (), "b"),
    ("owningbusinessunit", "eq-businessid", (), "a"),
    ("ownerid", "eq-useroruserteams", (), "a"),
    ("ownerid", "eq-userteams", (), ""),
    ("owningbusinessunit", "eq-businessid-or-below", (), "ab"),
    ("owningbusinessunit", "ne-businessid", (), "b"),
]  # fmt: skip

VIENNA: list[tuple[str, str, tuple[Any, ...], str]] = [
    ("seen", "today", (), "a"),
    ("seen", "on", ("2026-03-17",), "b"),
    ("seen", "on", ("2026-01-01",), "c"),
    ("seen", "this-year", (), "abcd"),
    ("open_at", "on", ("2026-03-17",), "b"),
    ("open_at", "on", ("2026-03-18",), "a"),
    ("founded", "last-year", (), "c"),
]


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = make_world(database_url)
    root = made.ids["root"]
    north = made.put("businessunit", "north", name="N", parentbusinessunitid=root)
    zone = {"time_zone": "Europe/Vienna"}
    made.add_user("carla", root, "boss")
    made.add_user("vera", root, "boss", **zone)
    owned = {"ownerid_type": "systemuser"}
    carla = made.ids["carla"]
    a = {**ROWS["a"], "firmid": ONE, "ownerid": carla, "owningbusinessunit": root}
    made.put("firm", "a", **a, **owned)
    vera = made.ids["vera"]
    b = {**ROWS["b"], "parentid": ONE, "ownerid": vera, "owningbusinessunit": north}
    made.put("firm", "b", **b, **owned)
    made.put("firm", "c", **ROWS["c"], parentid=made.ids["b"])
    made.put("firm", "d", **ROWS["d"])
    made.put("firm", "e", **ROWS["e"])
    yield made
    made.database.dispose()


def names(world: World, where: Condition | None, user: str | None = "carla") -> str:
    """Return the letters of the firms that a condition selects."""
    letters = {id_: name for name, id_ in world.ids.items()}
    with world.work(user) as work:
        found = run(work, Query("firm", ("name",), where))
        assert count(work, Query("firm", where=where)) == len(found.rows)
    return "".join(sorted(letters[row["firmid"]] for row in found.rows))


def test_each_operator(world: World) -> None:
    wrong = []
    for path, op, values, expected in CASES:
        found = names(world, Compare(path, op, values))
        if found != expected:
            wrong.append((path, op, values, expected, found))
    for path, op, values, expected in VIENNA:
        found = names(world, Compare(path, op, values), "vera")
        if found != expected:
            wrong.append((path, op, values, expected, found))
    assert wrong == []


def test_conditions_join_in_three_valued_logic(world: World) -> None:
    berlin, big = Compare("city", "eq", ("Berlin",)), Compare("size", "eq", (2,))
    assert names(world, And((berlin, big))) == "b"
    assert names(world, Or((Compare("size", "eq", (3,)), big))) == "bc"
    assert names(world, Not(berlin)) == "cd"
    assert names(world, Not(Or((berlin, Compare("name", "null"))))) == "cd"
    assert names(world, And(())) == "abcde"
    assert names(world, Or(())) == ""
    assert names(world, Compare("name", "eq", (Other("city"),))) == ""
    assert names(world, Compare("city", "lt", (Other("name"),))) == "bcd"


def test_conditions_of_the_rule_language(world: World) -> None:
    cases = [
        ('city = "berlin" and employees > 0', "a"),
        ("founded = today()", "a"),
        ("seen > now() - 14 hours", "ab"),
        ("ownerid = currentuser()", "a"),
        ('parentid.name = "ALPHA & CO"', "b"),
        ("double_credit > 100", "ad"),
        ("count(daughters) > 0", "ab"),
        ('count(daughters where parentid.city = "Berlin") = 1', "ab"),
        ('exists(daughters where city contains "ö")', "b"),
        ("sum(daughters.credit) < 0", "b"),
        ("name is empty", "e"),
        ('marks contains "Green"', "ab"),
    ]
    assert [(text, names(world, Expr(text))) for text, _ in cases] == cases
    with pytest.raises(Refused, match="must be true or"):
        names(world, Expr("employees + 1"))
    with pytest.raises(Refused, match="nme"):
        names(world, Expr('nme = "x"'))


def test_related_records_of_a_collection(world: World) -> None:
    firm, owned = world.ids["a"], {"ownerid": world.ids["carla"]}
    deal = world.put("deal", customerid=firm, customerid_type="firm", amount=5, **owned)
    world.put("deal", customerid=firm, customerid_type="firm", amount=9)
    world.put("deal", customerid=firm, customerid_type="human", amount=1)
    world.put("line", dealid=deal, price=3)
    label = world.put("label", name="hot")
    world.pair("deal_label", deal, label)
    big, some = Compare("amount", "gt", (7,)), Compare("amount", "gt", (1,))
    assert names(world, Exists("firm_deals")) == "a"
    assert names(world, Exists("deal_firm", big)) == "a"
    assert names(world, Exists("firm_deals", big, "all")) == "bcde"
    assert names(world, Exists("firm_deals", some, "all")) == "abcde"
    assert names(world, Exists("firm_deals", big, "none")) == "bcde"
    deep = Exists("firm_deals", Exists("lines", Compare("price", "eq", (3,))))
    assert names(world, deep) == "a"
    hot = Exists("firm_deals", Exists("labels", Compare("name", "eq", ("HOT",))))
    assert names(world, hot) == "a"
    assert names(world, Exists("daughters", None, "any", "parentid")) == "bc"
    with world.work("carla") as work:
        back = Query("label", where=Exists("deals", Compare("amount", "eq", (5,))))
        assert count(work, back) == 1


REFUSED = [
    (Compare("nam", "eq", ("x",)), 'firm has no field "nam". Did you mean "name"?'),
    (Compare("name", "equals", ("x",)), 'There is no operator "equals"'),
    (Compare("name", "today"), "does not take the operator today"),
    (Compare("employees", "contains", ("1",)), "does not take the operator contains"),
    (Compare("employees", "eq", ("ten",)), 'compared with a number, not "ten"'),
    (Compare("founded", "eq", ("31.12.2024",)), "compared with a date such as"),
    (Compare("firmid", "eq", ("x",)), "compared with the id of a record"),
    (Compare("active", "eq", ("maybe",)), "compared with true or false"),
    (Compare("size", "eq", ("Tiny",)), "one of its options"),
    (Compare("name", "eq", ()), "needs 1 value(s)"),
    (Compare("name", "between", ("a",)), "needs 2 value(s)"),
    (Compare("name", "gt", (None,)), "needs a value for name, not null"),
    (Compare("name", "eq", ("x" * 5_000,)), "at most 4000 are allowed"),
    (Compare("name", "eq", ("a\x00b",)), "compared with a text"),
    (Compare("name.city", "eq", ("x",)), '"name" of firm is no lookup'),
    (Compare("parentid.nam", "eq", ("x",)), 'firm has no field "nam"'),
    (Compare("parentid:deal.name", "eq", ("x",)), "does not point to deal"),
    (Compare("seen", "last-x-days", ("-3",)), "a whole number of 0 or more"),
    (Compare("name", "eq", (Other("employees"),)), "their types differ"),
    (Compare("name", "contains", (Other("city"),)), "with values only"),
    (Exists("daugters"), 'no collection "daugters". Did you mean "daughters"?'),
    (
        And(tuple(Compare("name", "null") for _ in range(600))),
        "The filter is too large",
    ),
]


def test_what_cannot_be_asked_is_refused_with_a_reason(world: World) -> None:
    for condition, expected in REFUSED:
        with pytest.raises(Refused) as caught:
            names(world, condition)
        assert expected in str(caught.value), condition


def test_every_operator_is_tested() -> None:
    tested = {op for _, op, _, _ in CASES}
    similar = ("-x-", "next-", "last-", "this-", "tomorrow")
    left = set(OPERATORS) - tested
    assert {op for op in left if not any(part in op for part in similar)} == set()
