"""Broken rule texts and the exact problems that an author reads about them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import xrm.rule_engine
from tests.rule_engine.world import World
from xrm.rule_engine import RuleError, check_rule
from xrm.rule_engine.codes import CODES

CASES: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("broken.json").read_text("utf-8")
)
SCOPE = World(locked=("dealid",))


def test_there_are_enough_broken_rules() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_a_broken_rule_gives_its_exact_problems(case: dict[str, Any]) -> None:
    with pytest.raises(RuleError) as caught:
        check_rule(
            case["rule"], SCOPE, "deal", file="deal.yaml", line=5, column=3, indent=2
        )
    assert [str(problem) for problem in caught.value.problems] == case["problems"]


def test_every_code_in_the_code_is_documented_and_used() -> None:
    folder = Path(xrm.rule_engine.__file__).parent
    used = {
        code
        for path in folder.glob("*.py")
        if path.name != "codes.py"
        for code in re.findall(r'"([PNTRQ]\d{3})"', path.read_text("utf-8"))
    }
    assert used == set(CODES)


def test_every_code_but_those_of_lists_has_a_broken_rule() -> None:
    shown = {text.split(" ")[1] for case in CASES for text in case["problems"]}
    elsewhere = {"Q001", "Q002", "P002", "P004", "P012", "N001", "T007"}
    assert set(CODES) - shown <= elsewhere
