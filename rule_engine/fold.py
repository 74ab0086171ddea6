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
