"""A question that is kept as JSON is the same question when it is read back."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import orjson
import pytest

from xrm.platform.errors import Refused
from xrm.platform.query.query import (
    Aggregate,
    And,
    Compare,
    Exists,
    Expr,
    Not,
    Or,
    Order,
    Other,
    Query,
)
from xrm.platform.query.query_json import from_json, to_json

VALUES = (
    "text",
    7,
    True,
    None,
    1.5,
    Decimal("9999999999999999.99"),
    date(2028, 2, 29),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    uuid4(),
    Other("name"),
)
QUERY = Query(
    "thing",
    ("name", "of.name"),
    And(
        (
            Compare("name", "in", VALUES),
            Or((Not(Compare("name", "null")), Expr('name = "x"'))),
            Exists("lines", Compare("amount", "gt", (Decimal("0.10"),)), "all", "of"),
            Exists("lines"),
        )
    ),
    (Order("name", True), Order("thingid")),
)


def test_a_question_comes_back_as_it_was() -> None:
    kept = orjson.dumps(to_json(QUERY))
    assert from_json(orjson.loads(kept)) == QUERY
    assert from_json(to_json(Query("thing"))) == Query("thing")


def test_figures_are_not_kept() -> None:
    with pytest.raises(Refused, match="Figures cannot be asked for later"):
        to_json(Query("thing", aggregates=(Aggregate("count"),)))


BAD = (
    {},
    {"entity": "thing", "where": {}},
    {"entity": "thing", "where": {"path": "x", "op": "eq"}},
    {"entity": "thing", "where": {"path": "x", "op": "eq", "values": [{"id": "x"}]}},
    {"entity": "thing", "where": {"path": "x", "op": "eq", "values": [{"up": "x"}]}},
    {"entity": "thing", "where": {"and": [{"or": 7}]}},
    {"entity": "thing", "where": {"path": "x", "op": "eq", "values": [{}]}},
)


@pytest.mark.parametrize("data", BAD)
def test_what_is_no_question_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(Refused, match="This question cannot be read"):
        from_json(data)


def test_a_question_that_is_nested_too_deep_is_refused() -> None:
    deep: dict[str, object] = {"path": "x", "op": "null", "values": []}
    for _ in range(100):
        deep = {"not": deep}
    with pytest.raises(Refused, match="This question cannot be read"):
        from_json({"entity": "thing", "where": deep})
