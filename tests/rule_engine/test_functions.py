"""Every function of the registry keeps its contract."""

import pytest
import sqlalchemy as sa

from tests.rule_engine.world import SCOPE, Surroundings, source
from xrm.rule_engine import RuleError, check_expression, compile_python
from xrm.rule_engine.functions import ALL, BY_NAME, IN_DATABASE
from xrm.rule_engine.functions.registry import Function
from xrm.rule_engine.to_sql import to_sql

EACH = pytest.mark.parametrize(
    "function", ALL, ids=lambda function: f"{function.name}{function.variant}"
)


def test_there_are_at_least_seventy_functions() -> None:
    assert len(BY_NAME) >= 70


def test_every_function_has_its_own_name_in_the_database() -> None:
    names = [(f.sql_name, len(f.parameters)) for f in IN_DATABASE]
    assert len(names) == len(set(names))


@EACH
def test_a_function_has_a_sentence_and_a_family(function: Function) -> None:
    assert function.sentence[0].isupper()
    assert function.sentence.endswith(".")
    assert function.family


@EACH
def test_the_example_gives_its_value_in_python(function: Function) -> None:
    typed = check_expression(function.example, SCOPE, "deal")
    surroundings = Surroundings(touched=frozenset({"name"}))
    assert compile_python(typed)({}, surroundings) == function.gives


@EACH
def test_the_example_names_the_function(function: Function) -> None:
    assert f"{function.name}(" in function.example


def test_the_examples_give_their_values_in_sql(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        for function in ALL:
            if function.name == "changed":
                continue
            typed = check_expression(function.example, SCOPE, "deal")
            value = to_sql(typed, source(connection.dialect.name))
            found = connection.scalar(sa.select(value))
            assert found == function.gives, function.example


@pytest.mark.parametrize(
    "function", [f for f in ALL if f.is_called and not f.takes_empty]
)
def test_an_empty_argument_gives_empty(function: Function) -> None:
    arguments = ", ".join("empty" for _ in function.parameters)
    try:
        typed = check_expression(f"{function.name}({arguments})", SCOPE, "deal")
    except RuleError as fault:  # pragma: no cover - every overload takes empty
        pytest.fail(str(fault))
    assert compile_python(typed)({}, Surroundings()) is None
