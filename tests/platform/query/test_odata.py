"""OData filters and sort orders become the conditions they mean, or a clear refusal."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from tests.support.query_world import CORE, THINGS, documents
from xrm.metadata.catalog import compose
from xrm.platform.database.snapshots import Snapshot
from xrm.platform.errors import Refused
from xrm.platform.query.odata import parse_filter, parse_orderby
from xrm.platform.query.odata_functions import CRM, PREFIX
from xrm.platform.query.query import (
    And,
    Compare,
    Condition,
    Exists,
    Not,
    Or,
    Order,
    Other,
)

SNAPSHOT = Snapshot(compose(documents(CORE + THINGS)), "sqlite")
ONE = UUID(int=1)


def is_(path: str, *values: object, op: str = "eq") -> Compare:
    return Compare(path, op, values)


FILTERS: list[tuple[str, Condition]] = [
    ("name eq 'x'", is_("name", "x")),
    ("name eq 'O''Neill'", is_("name", "O'Neill")),
    ("name ne null", is_("name", None, op="ne")),
    ("(name eq 'x')", is_("name", "x")),
    (
        "name eq 'a' and city eq 'b' or size eq 1",
        Or((And((is_("name", "a"), is_("city", "b"))), is_("size", 1))),
    ),
    (
        "name eq 'a' and (city eq 'b' or size eq 1)",
        And((is_("name", "a"), Or((is_("city", "b"), is_("size", 1))))),
    ),
    ("not name eq 'a'", Not(is_("name", "a"))),
    ("not (name eq 'a' or size eq 1)", Not(Or((is_("name", "a"), is_("size", 1))))),
    ("not not active", Not(Not(is_("active", True)))),
    ("active eq false", is_("active", False)),
    ("employees gt -5", is_("employees", -5, op="gt")),
    ("credit le 1.50", is_("credit", Decimal("1.50"), op="le")),
    ("rating lt 1e3", is_("rating", Decimal("1e3"), op="lt")),
    ("credit eq 5d", is_("credit", 5)),
    ("founded ge 2024-12-31", is_("founded", date(2024, 12, 31), op="ge")),
    (
        "seen lt 2024-01-01T00:00:00Z",
        is_("seen", datetime(2024, 1, 1, tzinfo=UTC), op="lt"),
    ),
    (
        "seen lt 2024-01-01T02:00:00.1234567+02:00",
        is_(
            "seen",
            datetime.fromisoformat("2024-01-01T02:00:00.123456+02:00"),
            op="lt",
        ),
    ),
    (f"firmid eq {ONE}", is_("firmid", ONE)),
    (f"_parentid_value eq {str(ONE).upper()}", is_("parentid", ONE)),
    (f"parentid/firmid eq {ONE}", is_("parentid.firmid", ONE)),
    ("parentid/parentid/name eq 'x'", is_("parentid.parentid.name", "x")),
    ("contains(name,'x')", is_("name", "x", op="contains")),
    ("startswith(parentid/name,'x')", is_("parentid.name", "x", op="begins-with")),
    ("endswith(name,'x') eq true", is_("name", "x", op="ends-with")),
    ("contains(name,'x') eq false", Not(is_("name", "x", op="contains"))),
    ("contains(tolower(name),'x')", is_("name", "x", op="contains")),
    ("tolower(name) eq tolower('X')", is_("name", "X")),
    ("size in (0,1)", is_("size", 0, 1, op="in")),
    ("size in ()", is_("size", op="in")),
    ("name in ('a','b')", is_("name", "a", "b", op="in")),
    ("name eq city", is_("name", Other("city"))),
    ("5 lt employees", is_("employees", 5, op="gt")),
    ("null ne name", is_("name", None, op="ne")),
    ("name eq @p1", is_("name", "it's")),
    ("size in (@p2,3)", is_("size", 7, 3, op="in")),
    ("firm_deals/any()", Exists("firm_deals")),
    (
        "firm_deals/any(d:d/amount gt 5)",
        Exists("firm_deals", is_("amount", 5, op="gt")),
    ),
    (
        "deal_firm/all(d:d/amount gt 5 and d/name ne null)",
        Exists(
            "deal_firm",
            And((is_("amount", 5, op="gt"), is_("name", None, op="ne"))),
            "all",
        ),
    ),
    (
        "parentid/humans/any(h:contains(h/fullname,'x'))",
        Exists("humans", is_("fullname", "x", op="contains"), "any", "parentid"),
    ),
    (
        "firm_deals/any(d:d/lines/any(l:l/price lt 3))",
        Exists("firm_deals", Exists("lines", is_("price", 3, op="lt"))),
    ),
    (
        'Microsoft.Dynamics.CRM.In(PropertyName=\'size\',PropertyValues=["1","6"])',
        is_("size", "1", "6", op="in"),
    ),
    (
        "Microsoft.Dynamics.CRM.NotIn(PropertyName='name',PropertyValues=[\"b''c\"])",
        is_("name", "b'c", op="not-in"),
    ),
    (
        "Microsoft.Dynamics.CRM.LastXDays(PropertyName='seen',PropertyValue=7)",
        is_("seen", 7, op="last-x-days"),
    ),
    (
        "Microsoft.Dynamics.CRM.Between(PropertyName='employees',"
        "PropertyValues=['1','5']) and active",
        And((is_("employees", "1", "5", op="between"), is_("active", True))),
    ),
    (
        "Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')",
        Compare("ownerid", "eq-userid"),
    ),
    (
        "Microsoft.Dynamics.CRM.Today(PropertyName='parentid/seen')",
        Compare("parentid.seen", "today"),
    ),
    (
        "Microsoft.Dynamics.CRM.ContainValues(PropertyName='marks',"
        "PropertyValues=['1','2'])",
        is_("marks", "1", "2", op="contain-values"),
    ),
    (" name  eq\t'x' ", is_("name", "x")),
]

DEALS: list[tuple[str, Condition]] = [
    ("customerid_firm/name eq 'x'", is_("customerid:firm.name", "x")),
    ("customerid_human/fullname eq 'x'", is_("customerid:human.fullname", "x")),
    (f"_customerid_value eq {ONE}", is_("customerid", ONE)),
    ("labels/any(l:l/name eq 'hot')", Exists("labels", is_("name", "hot"))),
    ("ownerid_systemuser/fullname eq 'x'", is_("ownerid:systemuser.fullname", "x")),
]

FAULTS = [
    ("", "position 1: The name of a field is expected."),
    ("nam eq 'x'", 'position 1: firm has no property "nam". Did you mean "name"?'),
    ("name", "A comparison is expected after the field: one of eq, ne"),
    ("name eq", "position 8: A value is expected"),
    ("name eq 'x", "position 9: A text begins here and does not end"),
    ("name eq 'x' city", 'position 13: "city" was not expected'),
    ("name eq 'x')", 'position 12: ")" was not expected'),
    ("(name eq 'x'", 'position 13: ")" is missing.'),
    ("name eq 'x' and", "The name of a field is expected"),
    ("name like 'x'", "A comparison is expected after the field"),
    ("name gt null", "null can only be compared with eq and ne"),
    ("contain(name,'x')", 'There is no function contain. Did you mean "contains"?'),
    ("contains(name)", '"," is missing'),
    ("contains(name,null)", "A text in '…' is expected"),
    ("length(name) eq 3", "There is no function length."),
    ("name/city eq 'x'", "name of firm is no lookup, so the path ends there."),
    ("parentid/nam eq 'x'", 'position 10: firm has no property "nam"'),
    ("humans eq 1", "humans is a collection; go on with /any(x:…), /all(x:…)."),
    ("humans/some(h:h/age eq 1)", "any or all is expected after a collection"),
    ("humans/all()", "all needs a condition"),
    ("humans/any(h:age eq 1)", 'fields are named "h/…"; "age" is not'),
    ("humans/any(h:h/aeg eq 1)", 'human has no property "aeg". Did you mean "age"?'),
    ("name eq @p9", "There is no parameter @p9 in the address."),
    ("name eq #", 'position 9: "#" cannot stand here.'),
    ("founded eq 2024-02-31", "is no date there is"),
    ("Microsoft.Dynamics.CRM.LastXDay(PropertyName='seen')", "Did you mean"),
    ("Microsoft.Dynamics.CRM.Today(PropertyValue=1)", "needs PropertyName='…'"),
    (
        "Microsoft.Dynamics.CRM.LastXDays(PropertyName='seen')",
        "needs 1 value(s), not 0",
    ),
    ("Microsoft.Dynamics.CRM.Today(PropertyName='sen')", 'firm has no property "sen"'),
    ("size in 1", '"(" is missing'),
    ("size in (1,", "A value is expected in the list"),
    ("(" * 60 + "active" + ")" * 60, "nested more than 50 deep"),
    ("not " * 60 + "active", "nested more than 50 deep"),
    ("active or " * 5_000 + "active", "The text is longer than 32768 characters"),
    ("1 eq 1", "The name of a field is expected"),
]


def test_filters_become_conditions() -> None:
    aliases = {"@p1": "'it''s'", "@p2": "7"}
    for text, expected in FILTERS:
        assert parse_filter(SNAPSHOT, "firm", text, aliases) == expected, text
    for text, expected in DEALS:
        assert parse_filter(SNAPSHOT, "deal", text) == expected, text


def test_faults_say_where_and_what_is_near() -> None:
    for text, expected in FAULTS:
        with pytest.raises(Refused) as caught:
            parse_filter(SNAPSHOT, "firm", text)
        assert expected in str(caught.value), text
        assert str(caught.value).startswith("$filter, position ")
        assert caught.value.target == "$filter"


def test_sort_orders() -> None:
    assert parse_orderby(SNAPSHOT, "firm", "name asc,credit desc, parentid/name") == (
        Order("name"),
        Order("credit", True),
        Order("parentid.name"),
    )
    assert parse_orderby(SNAPSHOT, "deal", "_customerid_value") == (
        Order("customerid"),
    )
    for text, expected in (
        ("nme", 'Did you mean "name"?'),
        ("name down", '"down" was not expected'),
        ("name,", "The name of a field is expected"),
        ("humans", "humans is a collection."),
    ):
        with pytest.raises(Refused) as caught:
            parse_orderby(SNAPSHOT, "firm", text)
        assert expected in str(caught.value)


def test_each_function_of_dataverse_has_an_operator() -> None:
    assert len(CRM) >= 55
    for name in ("In", "LastXFiscalPeriods", "OlderThanXMinutes", "EqualUserTeams"):
        assert name in CRM
    assert PREFIX + "In" == "Microsoft.Dynamics.CRM.In"
