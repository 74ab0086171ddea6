"""What expressions and rules do in Python."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.rule_engine.world import SCOPE, USER, Surroundings
from xrm.rule_engine import (
    check_expression,
    check_rule,
    compile_condition,
    compile_python,
    compile_rule,
)

T, F, U = True, False, None


def value(text: str, row: dict[str, Any] | None = None, **around: Any) -> Any:
    typed = check_expression(text, SCOPE, "deal")
    return compile_python(typed)(row or {}, Surroundings(**around))


@pytest.mark.parametrize(
    ("won", "hot", "both", "either"),
    [
        (T, T, T, T), (T, F, F, T), (T, U, U, T), (F, T, F, T), (F, F, F, F),
        (F, U, F, U), (U, T, U, T), (U, F, F, U), (U, U, U, U),
    ],
)  # fmt: skip
def test_logic_has_three_values(won: Any, hot: Any, both: Any, either: Any) -> None:
    row = {"won": won, "hot": hot}
    assert value("won and hot", row) is both
    assert value("won or hot", row) is either
    opposite = {True: False, False: True, None: None}
    for text, expected in (("won and hot", both), ("won or hot", either)):
        assert value(f"not ({text})", row) is opposite[expected]
        for wanted, said in ((expected, text), (opposite[expected], f"not ({text})")):
            typed = check_expression(said, SCOPE, "deal")
            assert compile_condition(typed)(row, Surroundings()) is (wanted is True)


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("amount > 10", {"amount": Decimal("10.01")}, True),
        ("amount > 10", {"amount": None}, None),
        ("amount > 10", {}, None),
        ("not (amount > 10)", {}, None),
        ("amount is empty", {}, True),
        ("amount / 0", {"amount": Decimal(1)}, None),
        ("1 / 3", {}, Decimal("0.333333333333")),
        ("2 / 3", {}, Decimal("0.666666666667")),
        ("-1 / 8", {}, Decimal("-0.125")),
        ("0.1 + 0.2 = 0.3", {}, True),
        ("rate + 0.2 = 0.3", {"rate": 0.1}, True),
        ("rate = 0.1", {"rate": 0.1}, True),
        ('name + "!"', {"name": "a"}, "a!"),
        ('name + "!"', {}, "!"),
        ("name + note", {}, None),
        ('""', {}, None),
        ('name = "STRASSE"', {"name": "Straße"}, True),
        ('statecode = "won"', {"statecode": 1}, True),
        ('statecode in ("Won", "Lost")', {"statecode": 0}, False),
        ("qty not in (1, 2)", {}, None),
        ("qty in (1, amount)", {"qty": 3}, None),
        ("qty in (1, amount)", {"qty": 1}, True),
        ("due + 1 month", {"due": date(2024, 1, 31)}, date(2024, 2, 29)),
        ("due + 1 year", {"due": date(9999, 1, 1)}, None),
        ("due - start", {"due": date(2024, 3, 1), "start": date(2024, 2, 1)},
         timedelta(days=29)),
        ("createdon + 90 minutes", {"createdon": datetime(2024, 1, 1, tzinfo=UTC)},
         datetime(2024, 1, 1, 1, 30, tzinfo=UTC)),
        ("createdon >= due", {"createdon": datetime(2024, 1, 1, tzinfo=UTC),
                              "due": date(2024, 1, 1)}, True),
        ('interests contains "golf"', {"interests": (1, 19)}, True),
        ('interests contains "golf"', {}, None),
        ('"golf" is empty', {}, False),
        ("ownerid = currentuser()", {"ownerid": USER}, True),
        ("if won then 1 else 2", {}, 2),
        ("coalesce(amount, qty, 7)", {}, 7),
        ("`to`", {"to": "x"}, "x"),
        ("this.name", {"name": "x"}, "x"),
        ("2 + 3 * 4 - 6 / 2", {}, Decimal(11)),
        ("not won and hot", {"won": False, "hot": True}, True),
        ("won or hot and won", {"won": True, "hot": False}, True),
    ],
)  # fmt: skip
def test_expressions_have_their_values(
    text: str, row: dict[str, Any], expected: Any
) -> None:
    assert value(text, row) == expected


def test_the_old_record_and_changes_are_known() -> None:
    around = {"old": {"amount": Decimal(1)}, "touched": frozenset({"amount"})}
    assert value("amount > old.amount", {"amount": Decimal(2)}, **around) is True
    assert value("changed(amount) and not changed(name)", {}, **around) is True
    assert value("old.amount is empty", {}) is True


def test_a_rule_sets_rejects_and_warns() -> None:
    rule = check_rule(
        """
        before change of statecode
        when statecode = "Won" and (amount is empty or amount <= 0)
        then
          reject "No amount for " + name on amount
          set qty = qty + 1   # what follows sees it
          require qty > 5 else "Too few."
          if qty = 2 then warn "two" elseif qty = 3 then warn "three"
          else warn "other" end
        else set note = "fine" end
        """,
        SCOPE,
        "deal",
    )
    around = Surroundings()
    row: dict[str, Any] = {"statecode": 1, "name": "Big", "qty": 2}
    compile_rule(rule).run(row, around)
    assert around.rejected == [("No amount for Big", "amount"), ("Too few.", None)]
    assert around.warned == [("three", None)]
    assert (row["qty"], around.noted) == (3, ["qty"])
    compile_rule(rule).run(row := {"statecode": 0}, Surroundings())
    assert row["note"] == "fine"
    assert rule.timing == "before"
    assert rule.writes == {"qty", "note"}
    assert rule.reads.fields == {"statecode", "amount", "name", "qty"}
    assert [(event.operation, event.fields) for event in rule.events] == [
        ("change", ("statecode",))
    ]


@pytest.mark.parametrize(
    ("trigger", "operation", "changed", "fires"),
    [
        ("create", "create", (), True),
        ("create", "update", ("name",), False),
        ("change of name, note", "update", ("note",), True),
        ("change of name", "create", ("name",), True),
        ("change of name", "update", ("note",), False),
        ("change of name", "delete", ("name",), False),
        ("delete or change of name", "delete", (), True),
    ],
)
def test_a_rule_fires_on_its_events(
    trigger: str, operation: str, changed: tuple[str, ...], fires: bool
) -> None:
    rule = check_rule(f'before {trigger} then warn "x"', SCOPE, "deal")
    assert rule.fires(operation, changed) is fires


def test_references_name_all_that_is_read() -> None:
    typed = check_expression(
        "count(accountid.deals where amount > parent.cost and old.price > 1) > 0 "
        "and customerid.name = currentusername() and due < today() and changed(name)",
        SCOPE,
        "deal",
    )
    found = typed.references
    assert found.fields == {"accountid", "cost", "price", "customerid", "due"}
    assert found.paths == {("customerid", "name")}
    assert [node.collection for node in found.aggregates] == ["deals"]
    assert (found.uses_old, found.uses_user, found.uses_clock) == (True, True, True)
    assert found.changed == {"name"}
