"""Know what every text must be before a type looks at it: something databases keep."""

import re
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

TEXT_MESSAGES = {
    "not_text": "{label} must be a text, not {value}.",
    "bad_character": "{label} contains a character that cannot be stored (U+{number}).",
    "too_long": "{label} has {length} characters; at most {max_length} are allowed.",
}
"""The messages of types that keep texts."""


def bad_character(text: str) -> str | None:
    """Return the number of the first character no database keeps (NUL, surrogates)."""
    if text.isascii() and "\x00" not in text:
        return None
    found = _UNSTORABLE.search(text)
    return f"{ord(found.group()):04X}" if found else None


def shown(value: Any) -> str:
    """Return a value as messages quote it, cut at 60 characters."""
    text = value if isinstance(value, str) else repr(value)
    cut = text if len(text) <= 60 else text[:57] + "…"
    printable = "".join(c if c.isprintable() else "�" for c in cut)
    return f'"{printable}"' if isinstance(value, str) else printable
