"""Problems read well and point at their place."""

import pytest

from xrm.rule_engine import Problem, RuleError, Where, did_you_mean, parse_expression


@pytest.mark.parametrize(
    ("word", "options", "question"),
    [
        ("amout", ("name", "amount"), 'Did you mean "amount"?'),
        ("WONN", ("Won", "Lost"), 'Did you mean "Won"?'),
        ("zzz", ("name", "amount"), None),
        ("a", (), None),
    ],
)
def test_the_nearest_name_is_suggested(
    word: str, options: tuple[str, ...], question: str | None
) -> None:
    assert did_you_mean(word, options) == question


def test_a_problem_is_one_line() -> None:
    problem = Problem("N002", "Wrong.", Where("a.yaml", 3, 7), "Mend it.")
    assert str(problem) == "a.yaml:3:7 N002 Wrong. Mend it."
    assert str(Problem("N002", "Wrong.")) == "N002 Wrong."


def test_a_caret_stands_below_the_place() -> None:
    problem = Problem("N002", "Wrong.", Where("a.yaml", 2, 4))
    assert problem.render("one\n\tab cd\n") == (
        "a.yaml:2:4 N002 Wrong.\n  \tab cd\n  \t  ^"
    )
    assert problem.render("one") == "a.yaml:2:4 N002 Wrong."


def test_places_point_into_the_file_around_the_text() -> None:
    with pytest.raises(RuleError) as caught:
        parse_expression("1 +\n  &", file="a.yaml", line=10, column=5, indent=4)
    assert caught.value.problems[0].where == Where("a.yaml", 11, 7)
    with pytest.raises(RuleError) as caught:
        parse_expression("&", file="a.yaml", line=10, column=5, indent=4)
    assert caught.value.problems[0].where == Where("a.yaml", 10, 5)
