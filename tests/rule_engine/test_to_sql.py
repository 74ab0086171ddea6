"""The SQL is exact, bound, and leaves indexes their use."""

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tests.rule_engine.world import SCOPE, TABLES, source
from xrm.rule_engine import RuleError, check_expression
from xrm.rule_engine.to_sql import folded, to_sql

DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}


def text_of(expression: str, dialect: str) -> str:
    typed = check_expression(expression, SCOPE, "deal")
    found = to_sql(typed, source(dialect))
    return str(found.compile(dialect=DIALECTS[dialect])).replace("\n", "")


@pytest.mark.parametrize(
    ("expression", "on_sqlite", "on_postgresql"),
    [
        ("amount > 10", "deal.amount > ?", "deal.amount > %(param_1)s"),
        ("qty = 3", "deal.qty = ?", "deal.qty = %(param_1)s"),
        ("rate < 0.5", "deal.rate < ?", "deal.rate < %(param_1)s"),
        (
            'name = "Contoso"',
            "(deal.name COLLATE xrm_fold) = ?",
            '(xrm_fold(deal.name) COLLATE "C") = %(param_1)s',
        ),
        (
            'due > "2024-01-31"',
            "deal.due > ?",
            "deal.due > %(param_1)s",
        ),
        ('statecode = "Won"', "deal.statecode = ?", "deal.statecode = %(param_1)s"),
        ("amount > cost", "deal.amount > deal.cost", "deal.amount > deal.cost"),
        (
            "qty in (1, 2)",
            "deal.qty IN (?, ?)",
            "deal.qty IN (%(param_1)s, %(param_2)s)",
        ),
    ],
)
def test_a_bare_column_stays_native(
    expression: str, on_sqlite: str, on_postgresql: str
) -> None:
    assert text_of(expression, "sqlite") == on_sqlite
    found = text_of(expression, "postgresql")
    assert re.sub(r"::[A-Z]+", "", found) == on_postgresql


def test_constants_are_bound_never_written() -> None:
    typed = check_expression('name = "x\'; drop table deal; --"', SCOPE, "deal")
    assert "drop" not in str(to_sql(typed, source("sqlite")))


@pytest.mark.parametrize("expression", ["old.amount > 1", "changed(name)"])
def test_what_only_a_write_knows_is_refused(expression: str) -> None:
    typed = check_expression(expression, SCOPE, "deal")
    with pytest.raises(RuleError) as caught:
        to_sql(typed, source("sqlite"))
    assert "is known only while a record is written." in str(caught.value)


def test_an_index_serves_a_comparison_of_texts(sqlite_engine: sa.Engine) -> None:
    column = TABLES["deal"].c.name
    index = sa.Index("deal_name_folded", folded(column, "sqlite"))
    typed = check_expression('name = "contoso"', SCOPE, "deal")
    query = sa.select(column).where(to_sql(typed, source("sqlite")))
    with sqlite_engine.begin() as connection:
        index.create(connection)
        compiled = query.compile(
            connection, compile_kwargs={"render_postcompile": True}
        )
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {compiled}", tuple(compiled.params.values())
        ).all()
        index.drop(connection)
    TABLES["deal"].indexes.discard(index)
    assert "deal_name_folded" in str(plan)


def test_folding_needs_no_dialect() -> None:
    element = folded(TABLES["deal"].c.name)
    assert str(element.compile(dialect=DIALECTS["sqlite"])) == (
        "deal.name COLLATE xrm_fold"
    )
    assert str(element.compile(dialect=DIALECTS["postgresql"])) == (
        'xrm_fold(deal.name) COLLATE "C"'
    )


def test_money_is_exact(engine: sa.Engine) -> None:
    typed = check_expression("99999999999999.99 + 0.01 + 0.10 + 0.20", SCOPE, "deal")
    with engine.connect() as connection:
        value = to_sql(typed, source(connection.dialect.name))
        assert connection.scalar(sa.select(value)) == Decimal("100000000000000.30")


def test_deep_betweens_are_refused() -> None:
    text = "1 between 1 and 2"
    for _ in range(7):
        text = f"(if {text} then 1 else 2) between 1 and 2"
    typed = check_expression(text, SCOPE, "deal")
    with pytest.raises(RuleError, match="Q002"):
        to_sql(typed, source("postgresql"))
