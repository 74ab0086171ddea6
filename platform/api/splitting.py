"""Split a text of OData at a sign that stands outside quotes and parentheses. Pure."""

from xrm.platform.errors import Refused


def split(text: str, separator: str) -> list[str]:
    """Return the parts of a text; none for an empty one.

    Raises:
        Refused: quotes or parentheses do not match.
    """
    if not text:
        return []
    parts: list[str] = []
    start = depth = 0
    quoted = False
    for place, sign in enumerate(text):
        if sign == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif sign in "([":
            depth += 1
        elif sign in ")]":
            depth -= 1
            if depth < 0:
                break
        elif sign == separator and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    if quoted:
        raise _refused(
            f'A quote in "{text[:200]}" is never closed. Inside a text write it twice.',
            text,
        )
    if depth != 0:
        raise _refused(f'The parentheses of "{text[:200]}" do not match.', text)
    parts.append(text[start:])
    return parts


def _refused(message: str, text: str) -> Refused:
    return Refused(message, code="bad_address", target=text[:80])
