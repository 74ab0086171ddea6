"""Any text gives a rule or one of two exceptions, and touches nothing outside."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.rule_engine.generate import Generator
from tests.rule_engine.world import ROWS, SCOPE, Surroundings
from tests.support.counts import count
from xrm.rule_engine import (
    Budget,
    BudgetExceeded,
    RuleError,
    check_expression,
    check_rule,
    compile_python,
    compile_rule,
    parse_expression,
    parse_rule,
)
from xrm.rule_engine.budget import MAX_STATEMENTS, MAX_STEPS, MAX_TEXT

FORBIDDEN = ("open", "exec", "import", "socket.", "subprocess.", "os.system", "ctypes.")
SCRAPS = (
    "before", "after", "update", "change of", "when", "then", "else", "end", "if",
    "set", "amount", "name", "=", "!=", "<", "(", ")", ",", ".", '"', "`", "and", "or",
    "not", "is", "empty", "in", "between", "reject", "require", "warn", "on", "1",
    "2.5",
    "3 days", "sum", "lines", "where", "of", "old", "this", "parent", "\n", "#", "\\",
    "__class__", "__import__('os')", "{0.__globals__}", "\x00", "\ud800", "İ", "lambda",
    "for each", "create", "send email", "every day at 08:00", "+", "-", "*", "/",
)  # fmt: skip
_armed: list[str] = []
_watch = {"on": False}


def _hook(event: str, _: tuple[object, ...]) -> None:
    if _watch["on"] and event.startswith(FORBIDDEN):
        _armed.append(event)


sys.addaudithook(_hook)


@contextmanager
def armed() -> Iterator[None]:
    """Note every event that a rule text must never cause."""
    _armed.clear()
    _watch["on"] = True
    try:
        yield
    finally:
        _watch["on"] = False
    assert _armed == []


def _valid(generator: Generator) -> str:
    condition = generator.condition(2)
    lines = (
        "before create, update or change of statecode",
        f"when {condition}",
        f"then reject {generator.text(2)} on name",
        f"  set amount = {generator.number(2)}",
        f"else warn {generator.text(1)}",
        "end",
    )
    return "\n".join(lines)


def _mutated(chance: random.Random, text: str) -> str:
    signs = list(text)
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(signs) + 1)
        action = chance.randrange(4)
        if action == 0:
            del signs[place : place + chance.randrange(1, 12)]
        elif action == 1:
            signs[place:place] = list(chance.choice(SCRAPS))
        elif action == 2:
            signs[place:place] = signs[: chance.randrange(20)]
        else:
            signs[place : place + 1] = [chr(chance.randrange(32, 0x2FF))]
    return "".join(signs)


def _random(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return " ".join(chance.choice(SCRAPS) for _ in range(chance.randrange(1, 30)))
    return chance.randbytes(chance.randrange(1, 120)).decode("latin-1")


def test_texts_of_all_kinds_raise_only_the_two_exceptions() -> None:
    chance, generator = random.Random(11), Generator(11)
    wanted = count(ci=50_000, release=1_000_000, quick=6_000)
    valid = [_valid(generator) for _ in range(max(20, wanted // 100))]
    parse_rule(valid[0])
    ran = 0
    with armed():
        for number in range(wanted):
            kind = number % 10
            text = chance.choice(valid)
            if kind in (1, 2, 3, 4):
                text = _mutated(chance, text)
            elif kind > 4:
                text = _random(chance)
            try:
                rule = compile_rule(check_rule(text, SCOPE, "deal"))
                rule.run(dict(ROWS["deal"][number % 40]), Surroundings())
                ran += 1
            except (RuleError, BudgetExceeded):
                continue
    assert ran >= wanted // 10


NESTINGS = {
    "brackets": lambda n: "(" * n + "qty" + ")" * n,
    "not": lambda n: "not " * n + "won",
    "minus": lambda n: "- " * n + "qty",
    "calls": lambda n: "abs(" * n + "qty" + ")" * n,
    "choices": lambda n: "if won then 1 else " * n + "2",
    "a chain": lambda n: "+".join(["qty"] * (n + 1)),
}


@pytest.mark.parametrize("kind", NESTINGS)
def test_depth_just_below_at_and_above_the_limit(kind: str) -> None:
    depths = range(90, 110)
    allowed, codes = [], set()
    for depth in depths:
        try:
            typed = check_expression(NESTINGS[kind](depth), SCOPE, "deal")
        except RuleError as fault:
            codes.update(problem.code for problem in fault.problems)
            continue
        compile_python(typed)(ROWS["deal"][0], Surroundings())
        allowed.append(depth)
    assert codes <= {"P004"}
    if kind == "brackets":  # brackets leave no level behind
        assert allowed == list(depths)
    else:
        assert allowed == list(range(90, allowed[-1] + 1))
        assert allowed[-1] in (98, 99, 100)


@pytest.mark.parametrize(("length", "fits"), [(9_999, 1), (10_000, 1), (10_001, 0)])
def test_length_just_below_at_and_above_the_limit(length: int, fits: int) -> None:
    text = "1".ljust(length)
    if fits:
        parse_expression(text)
        return
    with pytest.raises(RuleError, match="P002 The text has 10001 characters"):
        parse_expression(text)


@pytest.mark.parametrize(("digits", "fits"), [(37, 1), (38, 1), (39, 0)])
def test_digits_just_below_at_and_above_the_limit(digits: int, fits: int) -> None:
    if fits:
        parse_expression("9" * digits)
        return
    with pytest.raises(RuleError, match="P010 The number has more than 38 digits"):
        parse_expression("9" * digits)


@pytest.mark.parametrize(("more", "fits"), [(-1, 1), (0, 1), (1, 0)])
def test_texts_just_below_at_and_above_the_limit(more: int, fits: int) -> None:
    run = compile_python(check_expression("name + note", SCOPE, "deal"))
    row = {"name": "x" * (MAX_TEXT - 10 + more), "note": "y" * 10}
    if fits:
        assert len(run(row, Surroundings())) == MAX_TEXT + more
        return
    with pytest.raises(BudgetExceeded, match="A text grew beyond 1000000 characters"):
        run(row, Surroundings())


@pytest.mark.parametrize(("left", "fits"), [(4, 1), (3, 1), (2, 0)])
def test_steps_just_below_at_and_above_the_limit(left: int, fits: int) -> None:
    rule = compile_rule(
        check_rule("before update then set amount = qty + 1", SCOPE, "deal")
    )
    budget = Budget(steps=left)
    if fits:
        rule.run({"qty": 1}, Surroundings(), budget)
        assert budget.steps == left - 3
        return
    with pytest.raises(BudgetExceeded, match=f"more than {MAX_STEPS} evaluation steps"):
        rule.run({"qty": 1}, Surroundings(), budget)


@pytest.mark.parametrize(("left", "fits"), [(3, 1), (2, 1), (1, 0)])
def test_statements_just_below_at_and_above_the_limit(left: int, fits: int) -> None:
    rule = compile_rule(
        check_rule("before update then set amount = 1 set cost = 2", SCOPE, "deal")
    )
    budget = Budget(statements=left)
    if fits:
        rule.run({}, Surroundings(), budget)
        return
    with pytest.raises(BudgetExceeded, match=f"more than {MAX_STATEMENTS} statements"):
        rule.run({}, Surroundings(), budget)
