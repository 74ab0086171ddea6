"""Texts compare without regard to case, for the letters of any alphabet."""

import sys
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from xrm.rule_engine.fold import compare, fold, plain

SAME = (
    ("Contoso", "CONTOSO"),
    ("Straße", "STRASSE"),
    ("straẞe", "strasse"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ("σίσυφος", "σίσυφοσ"),
    ("ПРИВЕТ", "привет"),
    ("İstanbul", "i̇stanbul"),
    ("ÅÄÖ", "åäö"),
)
DIFFERENT = (("İ", "i"), ("ı", "i"), ("a", "á"), ("ß", "s"), ("я", "Ч"))


@pytest.mark.parametrize(("left", "right"), SAME)
def test_case_makes_no_difference(left: str, right: str) -> None:
    assert compare(left, right) == 0


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_other_letters_differ(left: str, right: str) -> None:
    assert compare(left, right) != 0


def test_the_order_is_by_code_points() -> None:
    words = ["b", "A", "Z", "_", "ä", "я"]
    assert sorted(words, key=fold) == ["_", "A", "b", "Z", "ä", "я"]


def _letters() -> list[str]:
    """Return every letter that Python knows to have case, alone and in a word."""
    cased = [
        chr(point)
        for point in range(1, sys.maxunicode + 1)
        if not 0xD800 <= point <= 0xDFFF
        and (chr(point).lower() != chr(point) or chr(point).upper() != chr(point))
    ]
    return cased + [f"a{letter}" for letter in cased] + [f"{c}b" for c in cased]


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Ångström", "angstrom"),
        ("Straße", "strasse"),
        ("İSTANBUL", "istanbul"),
        ("ΆΝΝΑΣ", "αννασ"),
        ("Ёлка", "елка"),
        ("e\u0301", "e"),
        ("Phạm Thị", "pham thi"),
        ("øł½", "øł½"),
        ("東京都 Tokyo", " 東 京 都 tokyo"),
    ],
)
def test_plain_letters_have_no_marks(text: str, bare: str) -> None:
    assert plain(text) == bare
    assert plain(bare) == bare


@given(*[st.text() | st.text("東京 ßΣa\u0301İ")] * 3)
def test_a_part_of_a_text_stays_a_part_when_plain(
    before: str, text: str, after: str
) -> None:
    whole, part = fold(before + text + after), fold(text)
    if part in whole:
        assert plain(part) in plain(whole)


@pytest.mark.parametrize("call", [fold, plain])
def test_every_letter_folds_alike_in_the_database(
    engine: sa.Engine, call: Callable[[str], str]
) -> None:
    letters = [*_letters(), "東", "a東京", "한국", "カナ", "a\u0301b"]
    made = sa.func.xrm_fold if call is fold else sa.func.xrm_plain
    different = set()
    with engine.connect() as connection:
        for start in range(0, len(letters), 500):
            part = letters[start : start + 500]
            calls = [made(sa.literal(text, sa.Text())) for text in part]
            found = connection.execute(sa.select(*calls)).one()
            different |= {
                text[:2]
                for text, folded in zip(part, found, strict=True)
                if folded != call(text)
            }
    assert different == set()
