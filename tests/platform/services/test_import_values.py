"""Numbers, dates and yes or no as people write them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from xrm.metadata.fields.field_type import ValueProblem
from xrm.platform.services.import_values import (
    boolean,
    date_pattern,
    decimal_sign,
    moment,
    number,
)

NUMBERS = [
    ("12", ".", "12"),
    ("1,234.50", ".", "1234.50"),
    ("$90,000 ", ".", "90000"),
    ("1.234,50 €", ",", "1234.50"),
    ("1 234,5", ",", "1234.5"),
    ("1'234.5", ".", "1234.5"),
    ("(12.5)", ".", "-12.5"),
    ("12.5-", ".", "-12.5"),
    ("7 %", ".", "7"),
    ("CHF 10", ".", "10"),
    ("-0.07", ".", "-0.07"),
    ("1e3", ".", "1000"),
]


@pytest.mark.parametrize(("text", "sign", "expected"), NUMBERS)
def test_number(text: str, sign: str, expected: str) -> None:
    assert number(text, sign) == Decimal(expected)


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1.2.3", "--1"])
def test_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueProblem, match="is not a number"):
        number(text, ".")


SIGNS = [
    (["1.234,50", "7,5"], ","),
    (["1,234.50", "7.5"], "."),
    (["12", "13"], "."),
    (["1.234.567"], ","),
    (["$1,000"], "."),
]


@pytest.mark.parametrize(("sample", "sign"), SIGNS)
def test_decimal_sign(sample: list[str], sign: str) -> None:
    assert decimal_sign(sample) == sign


PATTERNS = [
    (["2024-01-31", "2024-02-01"], "%Y-%m-%d"),
    (["31.01.2024", "1.2.2024"], "%d.%m.%Y"),
    (["1/31/2024", "2/1/2024"], "%m/%d/%Y"),
    (["31/1/2024", "2/1/2024"], "%d/%m/%Y"),
    (["1948-12-08 00:00:00.000"], "%Y-%m-%d %H:%M:%S.%f"),
    (["4/5/2019 3:07"], "%m/%d/%Y %H:%M"),
    (["19970101"], "%Y%m%d"),
    (["3 Jan 2024"], "%d %b %Y"),
    (["soon"], None),
    ([], None),
]


@pytest.mark.parametrize(("sample", "pattern"), PATTERNS)
def test_date_pattern(sample: list[str], pattern: str | None) -> None:
    assert date_pattern(sample) == pattern


def test_moment() -> None:
    assert moment("31.1.2024", "%d.%m.%Y", with_time=False) == date(2024, 1, 31)
    assert moment(date(2024, 1, 31), None, with_time=True) == datetime(
        2024, 1, 31, tzinfo=UTC
    )
    with pytest.raises(ValueProblem) as refused:
        moment("31.13.2024", "%d.%m.%Y", with_time=False)
    assert str(refused.value) == '"31.13.2024" is not a date written as %d.%m.%Y.'


def test_boolean() -> None:
    assert [boolean(x) for x in ("Yes", "no", "X", "0", True)] == [
        True,
        False,
        True,
        False,
        True,
    ]
    with pytest.raises(ValueProblem, match="neither yes nor no"):
        boolean("perhaps")
