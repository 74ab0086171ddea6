"""Python, SQLite and PostgreSQL give one answer for every expression and row."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.rule_engine.generate import Generator
from tests.rule_engine.world import ROWS, SCOPE, TABLES, Surroundings, source
from tests.support.counts import count
from xrm.rule_engine import (
    TypedExpression,
    check_expression,
    compile_condition,
    compile_python,
)
from xrm.rule_engine.to_sql import to_sql

WRITTEN = Path(__file__).with_name("expressions.txt").read_text("utf-8").splitlines()
BATCH = 20
DEAL = TABLES["deal"]


def checked(text: str) -> TypedExpression:
    return check_expression(text, SCOPE, "deal")


def in_python(typed: TypedExpression) -> list[Any]:
    run, surroundings = compile_python(typed), Surroundings()
    return [run(row, surroundings) for row in ROWS["deal"]]


def in_sql(
    connection: sa.Connection, expressions: Sequence[TypedExpression]
) -> list[list[Any]]:
    """Return the values of each expression, in the order of the rows."""
    place = source(connection.dialect.name)
    columns = [
        to_sql(typed, place).label(f"x{index}")
        for index, typed in enumerate(expressions)
    ]
    query = sa.select(*columns).select_from(DEAL).order_by(DEAL.c.dealid)
    return [list(values) for values in zip(*connection.execute(query), strict=True)]


def differences(engine: sa.Engine, texts: Sequence[str]) -> list[str]:
    found = []
    with engine.connect() as connection:
        for start in range(0, len(texts), BATCH):
            batch = [checked(text) for text in texts[start : start + BATCH]]
            for typed, values in zip(batch, in_sql(connection, batch), strict=True):
                expected = in_python(typed)
                if values != expected:
                    found.append(f"{typed.text}: {expected} is not {values}")
    return found


def test_there_are_enough_written_expressions() -> None:
    assert len(WRITTEN) == len(set(WRITTEN)) >= 300


def test_written_expressions_give_the_same_values(engine: sa.Engine) -> None:
    assert differences(engine, WRITTEN) == []


def test_written_conditions_select_the_same_rows(engine: sa.Engine) -> None:
    surroundings = Surroundings()
    with engine.connect() as connection:
        for text in WRITTEN:
            typed = checked(text)
            test = compile_condition(typed)
            expected = [
                row["dealid"] for row in ROWS["deal"] if test(row, surroundings)
            ]
            condition = to_sql(typed, source(connection.dialect.name))
            query = sa.select(DEAL.c.dealid).where(condition).order_by(DEAL.c.dealid)
            assert list(connection.scalars(query)) == expected, text


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_generated_expressions_give_the_same_values(
    engine: sa.Engine, depth: int
) -> None:
    # A third of the pairs at each depth; each expression meets all rows.
    pairs = count(ci=20_000, release=500_000, quick=20_000)
    generator = Generator(seed=depth)
    wanted = pairs // 3 // len(ROWS["deal"]) + 1
    texts = [generator.any(depth)[1] for _ in range(wanted)]
    assert differences(engine, texts) == []
