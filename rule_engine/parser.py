"""Text to syntax tree, with exact places and a remedy for every fault.

Knows the grammar and the limits on texts; knows nothing of metadata. The tree that
Lark builds without recursion is measured before anything recursive looks at it.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from xrm.rule_engine import nodes
from xrm.rule_engine.problems import Problem, RuleError, Where, did_you_mean
from xrm.rule_engine.tree import Builder

MAX_CHARACTERS = 10_000
MAX_DEPTH = 100

ParseTree: TypeAlias = Tree[Token]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text begins in its file.

    `indent` is the number of characters that a block scalar removed from each line
    after the first.
    """

    file: str = ""
    line: int = 1
    column: int = 1
    indent: int = 0

    def where(self, line: int, column: int) -> Where:
        """Return the place in the file of a line and column of the text."""
        if line == 1:
            return Where(self.file, self.line, self.column + column - 1)
        return Where(self.file, self.line + line - 1, self.indent + column)


@cache
def _lark() -> Lark:
    grammar = files("xrm.rule_engine").joinpath("grammar.lark").read_text("utf-8")
    return Lark(
        grammar,
        parser="lalr",
        lexer="contextual",
        start=["rule", "expression"],
        propagate_positions=True,
        maybe_placeholders=True,
    )


def parse_expression(
    text: str, *, file: str = "", line: int = 1, column: int = 1, indent: int = 0
) -> nodes.Expression:
    """Return the syntax tree of an expression.

    Raises:
        RuleError: the text is not an expression; it has exactly one problem.
    """
    place = Place(file, line, column, indent)
    return Builder(place.where).expression(_parse(text, "expression", place))


def parse_rule(
    text: str, *, file: str = "", line: int = 1, column: int = 1, indent: int = 0
) -> nodes.Rule:
    """Return the syntax tree of a whole rule.

    Raises:
        RuleError: the text is not a rule; it has exactly one problem.
    """
    place = Place(file, line, column, indent)
    return Builder(place.where).rule(_parse(text, "rule", place))


def _parse(text: str, start: str, place: Place) -> ParseTree:
    if len(text) > MAX_CHARACTERS:
        raise _fault(
            place,
            (1, 1),
            "P002",
            f"The text has {len(text)} characters; {MAX_CHARACTERS} are allowed.",
            "Split it into several rules or fields.",
        )
    if not text.strip():
        raise _fault(
            place, (1, 1), "P003", f"The {start} is empty.", f"Write the {start}."
        )
    try:
        tree = _lark().parse(text, start=start)
    except UnexpectedInput as fault:
        raise _explain(fault, text, place) from None
    if isinstance(tree, Token):  # pragma: no cover - no start symbol is one token
        tree = Tree("path", [tree])
    deepest = _too_deep(tree)
    if deepest is not None:
        raise _fault(
            place,
            (deepest.meta.line, deepest.meta.column),
            "P004",
            f"The text is nested deeper than {MAX_DEPTH} levels.",
            "Give a part of it its own formula field, or split a long chain.",
        )
    return tree


def _too_deep(tree: ParseTree) -> ParseTree | None:
    """Return the first tree found below the allowed depth, without recursion.

    A chain `a + b + c` becomes a tree as deep as it is long, so it counts as such.
    """
    waiting = [(tree, 1)]
    while waiting:
        here, depth = waiting.pop()
        if here.data in ("sum", "product"):
            depth += len(here.children) // 2 - 1
        elif here.data == "if_":
            depth += len(here.children) - 2
        if depth > MAX_DEPTH:
            return here
        step = 0 if here.data in ("name", "path", "arguments", "block") else 1
        waiting.extend(
            (child, depth + step) for child in here.children if isinstance(child, Tree)
        )
    return None


def _fault(
    place: Place, at: tuple[int, int], code: str, message: str, hint: str | None
) -> RuleError:
    return RuleError([Problem(code, message, place.where(*at), hint)])


_KEYWORDS = {
    "&&": 'Write "and".',
    "||": 'Write "or".',
    "==": 'Write "=".',
    "<>": 'Write "!=".',
    "!": 'Write "not".',
    "'": "Write texts in double quotes.",
    ";": "Leave it out; statements need no separator.",
    "%": "Write mod(a, b).",
    "^": "Write power(a, b).",
    "{": "Leave braces out.",
    "[": 'Write "in (a, b)" for a list.',
}

_EXPECTED = {
    "NAME": "a name",
    "QUOTED": "",
    "INT": "a number",
    "NUMBER": "",
    "STRING": "a text",
    "TRUE": "",
    "FALSE": "",
    "EMPTY": "",
    "NOT": "",
    "IF": "",
    "LPAR": '"("',
    "RPAR": '")"',
    "COMMA": '","',
    "DOT": "",
    "EQUALS": '"="',
    "COMPARE": "",
    "ADD": "",
    "MULTIPLY": "",
    "MODE": '"required" or another mode',
    "TIMING": '"before" or "after"',
    "OPERATION": '"create" or another event',
    "TIMEUNIT": "",
    "ACTION": "an action",
    "DAY": "a day",
    "TIME": "a time",
    "DIRECTION": "",
    "$END": "the end",
}
_VALUES = ("true", "false", "empty", "not", "if")
_OPERATORS = {"IS", "IN", "BETWEEN", "CONTAINS", "STARTS", "ENDS", "AND", "OR", "OF"}


def _explain(fault: UnexpectedInput, text: str, place: Place) -> RuleError:
    at = (max(fault.line, 1), max(fault.column, 1))
    if isinstance(fault, UnexpectedToken):
        if fault.token.type == "$END":
            return _at_the_end(fault, text, place)
        word = str(fault.token)
        if word[:1].isalpha() and not word.islower():
            return _capital(word, place, at)
        expected = set(fault.expected)
        code, message = "P001", f'"{_shorten(word)}" is not expected here.'
    elif isinstance(fault, UnexpectedCharacters):
        return _strange_character(fault, text, place, at)
    else:
        return _fault(place, at, "P001", "The text cannot be read here.", None)
    return _fault(place, at, code, message, _remedy(word, expected))


def _at_the_end(fault: UnexpectedToken, text: str, place: Place) -> RuleError:
    body = text.rstrip()
    line = body.count("\n") + 1
    column = len(body) - (body.rfind("\n") + 1) + 1
    hint = _expectation(set(fault.expected))
    return _fault(
        place, (line, column), "P005", "The text ends too early.", hint or "Go on."
    )


def _strange_character(
    fault: UnexpectedCharacters, text: str, place: Place, at: tuple[int, int]
) -> RuleError:
    rest = text[fault.pos_in_stream :]
    if rest.startswith('"'):
        return _fault(
            place, at, "P006", "The text in quotes does not end.", 'Close it with ".'
        )
    if rest.startswith("`"):
        hint = "Names in back quotes are written like `to`."
        return _fault(place, at, "P007", "The name in back quotes is wrong.", hint)
    word_match = re.match(r"\w+", rest)
    word = word_match.group() if word_match else rest[:1]
    if word[:1].isalpha() and word != word.lower():
        return _capital(word, place, at)
    for sign, hint in _KEYWORDS.items():
        if rest.startswith(sign):
            return _fault(
                place, at, "P009", f'"{sign}" is not part of the language.', hint
            )
    expected = set(fault.allowed or ())
    message = f'"{_shorten(word)}" is not expected here.'
    return _fault(place, at, "P001", message, _remedy(word, expected))


def _capital(word: str, place: Place, at: tuple[int, int]) -> RuleError:
    hint = f'Write "{_shorten(word.lower())}", or a text in double quotes.'
    message = f'"{_shorten(word)}" has capital letters; names are lower case.'
    return _fault(place, at, "P008", message, hint)


def _remedy(word: str, expected: set[str]) -> str | None:
    words = [name.lower() for name in expected if name.isalpha() and name.isupper()]
    keywords = [w for w in words if w.upper() not in _EXPECTED or w in _VALUES]
    near = did_you_mean(word, keywords) if len(word) > 2 else None
    if word == "=" and "EQUALS" not in expected:
        return 'A comparison has two sides; join comparisons with "and".'
    return near or _expectation(expected)


def _expectation(expected: set[str]) -> str | None:
    names = []
    for terminal in sorted(expected):
        if terminal in _OPERATORS:
            continue
        said = _EXPECTED.get(terminal)
        if said is None and terminal.isalpha():
            said = f'"{terminal.lower()}"'
        if said:
            names.append(said)
    if "NAME" in expected and "LPAR" in expected:
        return "Write a value here."
    if not names or len(names) > 4:
        return None
    return f"Expected {' or '.join(names)}."


def _shorten(word: str) -> str:
    return word if len(word) <= 40 else word[:37] + "…"
