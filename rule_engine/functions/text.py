"""Functions on texts. An empty result is empty: there is no text of length zero."""

from collections.abc import Callable
from decimal import Decimal

from xrm.rule_engine import numbers
from xrm.rule_engine.budget import check_text
from xrm.rule_engine.fold import fold
from xrm.rule_engine.functions.registry import Function

MAX_REPEAT = 1_000
_BLANKS = " \t\r\n"
_SQL_BLANKS = r"E' \t\r\n'"


def _mid(text: str, start: int, count: int) -> str | None:
    return text[start - 1 : start - 1 + count] if start >= 1 and count > 0 else None


def _repeat(text: str, count: int) -> str | None:
    return check_text(text * count) if 0 < count <= MAX_REPEAT else None


def _pad(to_left: bool) -> Callable[[str, int, str], str | None]:
    def pad(text: str, length: int, filler: str) -> str | None:
        if not 0 <= length <= MAX_REPEAT:
            return None
        missing = length - len(text)
        if missing <= 0:
            return text
        added = (filler * missing)[:missing]
        return added + text if to_left else text + added

    return pad


def _replace(text: str, old: str, new: str | None) -> str:
    return check_text(text.replace(old, new or ""))


def _replace_or_empty(text: str | None, old: str | None, new: str | None) -> str | None:
    return None if text is None or old is None else _replace(text, old, new)


def _part_before(text: str, separator: str) -> str:
    return text.partition(separator)[0]


def _part_after(text: str, separator: str) -> str:
    return text.partition(separator)[2]


def _word_count(text: str) -> int:
    for blank in _BLANKS[1:]:
        text = text.replace(blank, " ")
    return sum(1 for word in text.split(" ") if word)


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign in "0123456789")


def _parse_number(text: str) -> Decimal | None:
    body = text.strip(_BLANKS)
    digits = body.removeprefix("-")
    whole, point, decimals = digits.partition(".")
    good = whole.isascii() and whole.isdigit() and len(whole) <= 38
    if point:
        good = (
            good and decimals.isascii() and decimals.isdigit() and len(decimals) <= 38
        )
    return numbers.settle(Decimal(body)) if good else None


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


_ICU = 'COLLATE "xrm_letters"'
_PAD = (
    f"CASE WHEN trunc($2) BETWEEN 0 AND {MAX_REPEAT} THEN CASE WHEN length($1) >= "
    "trunc($2) THEN $1 ELSE {0} END END"
)
_FILL = "left(repeat($3, trunc($2)::int), trunc($2)::int - length($1))"
_NUMBER = r"E'^[ \t\r\n]*-?[0-9]{{1,38}}(\\.[0-9]{{1,38}})?[ \t\r\n]*$'".format()

FUNCTIONS = (
    Function(
        "lower(text: text) -> text",
        "Gives the text in small letters.",
        'lower("ConToso")',
        "contoso",
        str.lower,
        f"lower($1 {_ICU})",
    ),
    Function(
        "upper(text: text) -> text",
        "Gives the text in capital letters.",
        'upper("ConToso")',
        "CONTOSO",
        str.upper,
        f"upper($1 {_ICU})",
    ),
    Function(
        "capitalize(text: text) -> text",
        "Gives the text with its first letter as a capital.",
        'capitalize("north wind")',
        "North wind",
        _capitalize,
        f"upper(left($1, 1) {_ICU}) || substr($1, 2)",
    ),
    Function(
        "trim(text: text) -> text",
        "Removes blanks and line ends on both sides.",
        'trim("  Contoso ")',
        "Contoso",
        lambda text: text.strip(_BLANKS),
        f"btrim($1, {_SQL_BLANKS})",
    ),
    Function(
        "trim_start(text: text) -> text",
        "Removes blanks and line ends at the start.",
        'trim_start("  Contoso") + "!"',
        "Contoso!",
        lambda text: text.lstrip(_BLANKS),
        f"ltrim($1, {_SQL_BLANKS})",
    ),
    Function(
        "trim_end(text: text) -> text",
        "Removes blanks and line ends at the end.",
        'trim_end("Contoso  ") + "!"',
        "Contoso!",
        lambda text: text.rstrip(_BLANKS),
        f"rtrim($1, {_SQL_BLANKS})",
    ),
    Function(
        "length(text: text) -> whole",
        "Counts the characters of a text.",
        'length("Contoso")',
        7,
        len,
        "length($1)",
    ),
    Function(
        "left(text: text, count: whole) -> text",
        "Gives the first characters of a text.",
        'left("Contoso", 3)',
        "Con",
        lambda text, count: text[: max(0, count)],
        "left($1, greatest(0, xrm_place($2)))",
    ),
    Function(
        "right(text: text, count: whole) -> text",
        "Gives the last characters of a text.",
        'right("Contoso", 3)',
        "oso",
        lambda text, count: text[-count:] if count > 0 else None,
        "right($1, greatest(0, xrm_place($2)))",
    ),
    Function(
        "mid(text: text, start: whole, count: whole) -> text",
        "Gives a number of characters beginning at a place counted from 1.",
        'mid("Contoso", 2, 3)',
        "ont",
        _mid,
        "CASE WHEN trunc($2) >= 1 AND trunc($3) > 0 THEN "
        "substr($1, xrm_place($2), xrm_place($3)) END",
    ),
    Function(
        "position(text: text, part: text) -> whole",
        "Gives the place of a part in a text, counted from 1, or 0.",
        'position("Contoso", "t")',
        4,
        lambda text, part: text.find(part) + 1,
        "strpos($1, $2)",
    ),
    Function(
        "replace(text: text, old: text, new: text) -> text",
        "Replaces every occurrence of a part, in exactly this spelling.",
        'replace("a-b-c", "-", "+")',
        "a+b+c",
        _replace_or_empty,
        "CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL "
        "THEN replace($1, $2, coalesce($3, '')) END",
        takes_empty=True,
    ),
    Function(
        "remove(text: text, part: text) -> text",
        "Removes every occurrence of a part, in exactly this spelling.",
        'remove("a-b-c", "-")',
        "abc",
        lambda text, part: text.replace(part, ""),
        "replace($1, $2, '')",
    ),
    Function(
        "concatenate(first: text, second: text...) -> text",
        "Joins texts, leaving out empty ones.",
        'concatenate("a", empty, "b")',
        "ab",
        lambda left, right: check_text((left or "") + (right or "")),
        "coalesce($1, '') || coalesce($2, '')",
        takes_empty=True,
    ),
    Function(
        "repeat(text: text, count: whole) -> text",
        "Repeats a text up to 1000 times.",
        'repeat("ab", 3)',
        "ababab",
        _repeat,
        f"CASE WHEN trunc($2) BETWEEN 1 AND {MAX_REPEAT} "
        "THEN repeat($1, trunc($2)::int) END",
    ),
    Function(
        "reverse(text: text) -> text",
        "Gives the characters in the opposite order.",
        'reverse("abc")',
        "cba",
        lambda text: text[::-1],
        "reverse($1)",
    ),
    Function(
        'pad_left(text: text, length: whole, filler: text = "_") -> text',
        "Fills a text up at its start to a length of up to 1000.",
        'pad_left("7", 3, "0")',
        "007",
        _pad(True),
        _PAD.format(f"{_FILL} || $1"),
    ),
    Function(
        'pad_right(text: text, length: whole, filler: text = "_") -> text',
        "Fills a text up at its end to a length of up to 1000.",
        'pad_right("7", 3, ".")',
        "7..",
        _pad(False),
        _PAD.format(f"$1 || {_FILL}"),
    ),
    Function(
        "startswith(text: text, part: text) -> boolean",
        "Says whether a text starts with a part, in capital or small letters.",
        'startswith("Contoso", "CON")',
        True,
        lambda text, part: fold(text).startswith(fold(part)),
        "starts_with(xrm_fold($1), xrm_fold($2))",
    ),
    Function(
        "endswith(text: text, part: text) -> boolean",
        "Says whether a text ends with a part, in capital or small letters.",
        'endswith("Contoso", "OSO")',
        True,
        lambda text, part: fold(text).endswith(fold(part)),
        "right(xrm_fold($1), length(xrm_fold($2))) = xrm_fold($2)",
    ),
    Function(
        "includes(text: text, part: text) -> boolean",
        "Says whether a text has a part, in capital or small letters.",
        'includes("Contoso", "TOS")',
        True,
        lambda text, part: fold(part) in fold(text),
        "strpos(xrm_fold($1), xrm_fold($2)) > 0",
    ),
    Function(
        "same_text(first: text, second: text) -> boolean",
        "Says whether two texts are the same, case included.",
        'same_text("a", "A")',
        False,
        lambda first, second: first == second,
        '($1 COLLATE "C") = ($2 COLLATE "C")',
    ),
    Function(
        "part_before(text: text, separator: text) -> text",
        "Gives what stands before the first separator, or all.",
        'part_before("ann@contoso.com", "@")',
        "ann",
        _part_before,
        "split_part($1, $2, 1)",
    ),
    Function(
        "part_after(text: text, separator: text) -> text",
        "Gives what stands after the first separator, or nothing.",
        'part_after("ann@contoso.com", "@")',
        "contoso.com",
        _part_after,
        "CASE WHEN strpos($1, $2) > 0 THEN substr($1, strpos($1, $2) + length($2)) END",
    ),
    Function(
        "word_count(text: text) -> whole",
        "Counts the words of a text.",
        'word_count("one  two")',
        2,
        _word_count,
        "cardinality(array_remove(string_to_array("
        f"translate($1, {_SQL_BLANKS}, '    '), ' '), ''))",
    ),
    Function(
        "digits(text: text) -> text",
        "Keeps only the digits 0 to 9.",
        'digits("+49 (89) 12")',
        "498912",
        _digits,
        "regexp_replace($1, '[^0-9]', '', 'g')",
    ),
    Function(
        "text(value: number) -> text",
        "Writes a number as text, with a decimal point and no zeros at the end.",
        "text(1.50)",
        "1.5",
        numbers.plain,
        "trim_scale($1)::text",
    ),
    Function(
        "text(value: date) -> text",
        "Writes a date as text, year first.",
        "text(date(2024, 1, 31))",
        "2024-01-31",
        lambda day: day.isoformat(),
        "to_char($1, 'YYYY-MM-DD')",
        variant="_date",
    ),
    Function(
        "number(text: text) -> number",
        "Reads a number with a decimal point; empty when the text is no number.",
        'number("12.50")',
        Decimal("12.5"),
        _parse_number,
        f"CASE WHEN $1 ~ {_NUMBER} "
        f"THEN xrm_limit(round(btrim($1, {_SQL_BLANKS})::numeric, 12)) END",
    ),
)
