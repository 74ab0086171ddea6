"""The table of forms covers the grammar, and its examples are the language."""

import re
from importlib.resources import files

import pytest

from tests.rule_engine.world import World
from xrm.rule_engine import check_rule, parse_expression, parse_rule
from xrm.rule_engine.problems import RuleError
from xrm.rule_engine.words import EXPRESSIONS, FORMS, STATEMENTS, TRIGGERS, Form

GRAMMAR = files("xrm.rule_engine").joinpath("grammar.lark").read_text("utf-8")
TIMINGS = {"before", "after", "later"}


def named(start: str, end: str) -> set[str]:
    """Return the names of the grammar's alternatives between two of its lines."""
    part = GRAMMAR[GRAMMAR.index(start) : GRAMMAR.index(end)]
    rules = re.findall(r"^\?(?!expression|factor|atom)(\w+):", part, re.MULTILINE)
    return {*re.findall(r"->\s*(\w+)", part), *rules}


def rule_with(form: Form) -> str:
    if form.part == "trigger":
        return f'{form.example} then reject "No."'
    return f"before create then {form.example}"


def test_every_form_of_the_grammar_is_described() -> None:
    triggers = named("trigger:", "_events:") - {"on_event"} | TIMINGS
    assert {form.name for form in TRIGGERS} == triggers
    statements = named("?statement:", "elseif:") - {"statement"} | {"create"}
    assert {form.name for form in STATEMENTS} == statements
    found = named("?expression:", "path:") - {"comparison", "negation"} | {"path"}
    assert {form.name for form in EXPRESSIONS} == found


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.part}-{form.name}")
def test_every_example_is_the_language(form: Form) -> None:
    assert form.sentence.endswith(".")
    if form.part == "expression":
        parse_expression(form.example)
        return
    parse_rule(rule_with(form))
    try:
        check_rule(rule_with(form), World(), "deal")
    except RuleError as fault:
        waits = any(problem.code == "R001" for problem in fault.problems)
    else:
        waits = False
    assert form.is_available is not waits
