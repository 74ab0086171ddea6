"""Know how texts stand in CSV so that no spreadsheet takes one for a formula.

A text that begins like a formula gets an apostrophe, and so does one that begins with
apostrophes before such a sign: reading takes exactly one away, so every text comes back
as it was.
"""

import re
from typing import Any, Final

_GUARDED: Final = re.compile(r"'*[=+\-@\t\r]")
"""What makes a spreadsheet calculate, or looks as if it was guarded already."""


def guarded(value: Any) -> Any:
    """Return a cell to write; values that are no texts stay as they are."""
    if isinstance(value, str) and _GUARDED.match(value):
        return f"'{value}"
    return value


def unguarded(text: str) -> str:
    """Return the text of a cell that was read."""
    if text.startswith("'") and _GUARDED.match(text[1:]):
        return text[1:]
    return text
