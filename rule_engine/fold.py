"""How texts are compared: without regard to case, for the letters of any alphabet.

The same in Python, SQLite (which calls this function) and PostgreSQL, whose
`xrm_fold` is `lower()` in the ICU root locale followed by the same two replacements.
"""


def fold(text: str) -> str:
    """Return the form of a text in which case makes no difference.

    Final and inner sigma are one letter, and so are sharp s and double s.
    """
    folded = text.lower()
    if folded.isascii():
        return folded
    return folded.replace("ς", "σ").replace("ß", "ss")


def compare(left: str, right: str) -> int:
    """Return -1, 0 or 1: the order of two texts, by code points when folded."""
    first, second = fold(left), fold(right)
    return (first > second) - (first < second)
