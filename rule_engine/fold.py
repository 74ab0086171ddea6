"""How texts are compared: without regard to case, for the letters of any alphabet.

The same in Python, SQLite (which calls this function) and PostgreSQL, whose
`xrm_fold` is `lower()` in the ICU root locale followed by the same two replacements.

`plain` goes further, for finding: letters without their marks, and a space before each
sign of a script that is written without spaces. A text that contains another one still
does when both are made plain, so an index of plain texts finds everything, and more.
"""

import re
import unicodedata
from typing import Final

_BLOCKS: Final = ((0xC0, 0x250), (0x370, 0x500), (0x1E00, 0x2000))
"""Latin, Greek and Cyrillic letters: their decompositions never change."""
_MARKS: Final = range(0x300, 0x370)
SPACELESS: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
"""Kana, Han and Hangul, as a range of a regular expression."""


def fold(text: str) -> str:
    """Return the form of a text in which case makes no difference.

    Final and inner sigma are one letter, and so are sharp s and double s.
    """
    folded = text.lower()
    if folded.isascii():
        return folded
    return folded.replace("ς", "σ").replace("ß", "ss")


def compare(left: str, right: str) -> int:
    """Return -1, 0 or 1: the order of two texts, by code points when folded.

    SQLite asks it many times for each row it writes: most texts are told apart by their
    lower case alone.
    """
    first, second = left.lower(), right.lower()
    if not (first.isascii() and second.isascii()):
        first, second = fold(left), fold(right)
    if first == second:
        return 0
    return 1 if first > second else -1


def plain(text: str) -> str:
    """Return a folded text without marks on letters, for finding only.

    What is plain already stays as it is.
    """
    folded = fold(text)
    if folded.isascii():
        return folded
    return _SPACELESS.sub(r" \1", folded.translate(_BARE))


def bare_letters() -> dict[str, str]:
    """Return the letters that `plain` replaces, each by one letter."""
    found = {}
    for first, end in _BLOCKS:
        for code in range(first, end):
            letter = chr(code)
            base = unicodedata.normalize("NFD", letter)[0]
            if base != letter and fold(letter) == letter and fold(base) == base:
                found[letter] = base
    return found


def marks() -> str:
    """Return the marks that `plain` takes away."""
    return "".join(map(chr, _MARKS))


_BARE: Final[dict[int, int | str | None]] = {
    **{ord(letter): base for letter, base in bare_letters().items()},
    **dict.fromkeys(_MARKS),
}
_SPACELESS: Final = re.compile(f"(?<! )([{SPACELESS}])")
