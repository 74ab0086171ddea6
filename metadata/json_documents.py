"""Know how JSON becomes data: places, budgets, no duplicate keys, no NaN.

The text is read token by token into a tree (`document_tree`), without recursion.
"""

import json
import re
from typing import Any, Final

from xrm.metadata.document_tree import Refused, TreeBuilder, shorten
from xrm.metadata.documents import LoadedNode, Position
from xrm.rule_engine.problems import Problem, Where

MAX_BYTES: Final = 10_000_000

_TOKEN = re.compile(
    r'(?P<space>[ \t\r\n]+)|(?P<text>"(?:[^"\\\x00-\x1f]|\\.)*")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?![0-9A-Za-z_.])"
    r"|(?P<word>[A-Za-z_]+)|(?P<sign>[{}\[\]:,])",
    re.ASCII,
)
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}
_SURROGATE = re.compile("[\ud800-\udfff]")


def load_json(content: str | bytes, file: str = "") -> LoadedNode:
    """Return what a JSON text says, or its problems; never raises for its content."""
    builder = TreeBuilder(file, "JSON")
    text = ""
    try:
        text = _checked_text(content, builder)
        _Reader(text, builder).read()
    except Refused as refused:
        builder.problems.append(refused.problem)
    return builder.finish(text)


def _checked_text(content: str | bytes, builder: TreeBuilder) -> str:
    if len(content) > MAX_BYTES:
        raise builder.fail(
            "D001",
            f"The file has {len(content)} bytes; at most {MAX_BYTES} are allowed.",
            (1, 1),
            "Split it into several files.",
        )
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        before = content[: fault.start].decode("utf-8", "replace")
        line = before.count("\n") + 1
        raise builder.fail(
            "D002",
            f"The file is not UTF-8: byte 0x{content[fault.start]:02x}.",
            (line, len(before) - before.rfind("\n")),
            "Save it as UTF-8.",
        ) from None


class _Reader:
    """Reads tokens; `expected` says what may come next."""

    def __init__(self, text: str, builder: TreeBuilder) -> None:
        self.text = text
        self.builder = builder
        self.index = 0
        self.line = 1
        self.line_start = 0

    @property
    def at(self) -> Position:
        return self.line, self.index - self.line_start + 1

    def read(self) -> None:
        """Read the whole text."""
        stack: list[str] = []
        expected = "value"
        while (token := self._next()) is not None:
            kind, text, at = token
            if expected == "end":
                raise self._unexpected(text, at, "the end of the file")
            expected = self._take(kind, text, at, expected, stack)
        if expected != "end":
            raise self.builder.fail(
                "D014",
                "This is not JSON: the text ends too early.",
                self.at,
                "Close every bracket.",
            )

    def _next(self) -> tuple[str, str, Position] | None:
        while self.index < len(self.text):
            found = _TOKEN.match(self.text, self.index)
            if found is None:
                raise self._unexpected(self.text[self.index], self.at, "a value")
            at = self.at
            token = found.group()
            self.index = found.end()
            if found.lastgroup == "space":
                newlines = token.count("\n")
                if newlines:
                    self.line += newlines
                    self.line_start = found.start() + token.rfind("\n") + 1
                continue
            return found.lastgroup or "", token, at
        return None

    def _take(
        self, kind: str, text: str, at: Position, expected: str, stack: list[str]
    ) -> str:
        """Take one token; return what may come next."""
        builder = self.builder
        if kind == "sign" and text in "]}":
            opened = stack[-1] if stack else ""
            fits = opened + text in ("[]", "{}")
            if not fits or expected not in ("more", "value or end", "key or end"):
                raise self._unexpected(text, at, expected)
            stack.pop()
            builder.close()
            return "more" if stack else "end"
        if expected == "more":
            if text != ",":
                raise self._unexpected(text, at, '"," or a closing bracket')
            return "key" if stack[-1] == "{" else "value"
        if expected == "colon":
            if text != ":":
                raise self._unexpected(text, at, '":"')
            return "value"
        if expected in ("key", "key or end"):
            if kind != "text":
                raise self._unexpected(text, at, "a key in double quotes")
            builder.key(self._text(text, at), at)
            return "colon"
        if kind == "sign" and text in "[{":
            builder.open([] if text == "[" else {}, at)
            stack.append(text)
            return "value or end" if text == "[" else "key or end"
        builder.scalar(self._value(kind, text, at), at)
        return "more" if stack else "end"

    def _value(self, kind: str, text: str, at: Position) -> Any:
        if kind == "text":
            self.builder.texts[self.builder.path] = (at[0], at[1] + 1, 0)
            return self._text(text, at)
        if kind == "number":
            return self._number(text, at)
        if kind == "word" and text in _WORDS:
            return _WORDS[text]
        raise self._unexpected(text, at, "a value")

    def _text(self, text: str, at: Position) -> str:
        try:
            made = json.loads(text)
        except ValueError:
            raise self.builder.fail(
                "D014",
                f"This is not JSON: {shorten(text)} has a wrong escape.",
                at,
                "Write a backslash as two.",
            ) from None
        if _SURROGATE.search(made) or "\0" in made:
            raise self.builder.fail(
                "D003",
                f"The text {shorten(text)} has a character that is not allowed.",
                at,
                "Remove it.",
            )
        return str(made)

    def _number(self, text: str, at: Position) -> int | float:
        if len(text) <= 60:
            if text.lstrip("-").isdigit():
                if len(text) <= 39:
                    return int(text)
            else:
                number = float(text)
                if number - number == 0:
                    return number
        raise self.builder.fail(
            "D011",
            f"The number {shorten(text)} is too great or too long.",
            at,
            "Write it as a text, or shorter.",
        )

    def _unexpected(self, text: str, at: Position, expected: str) -> Refused:
        words = {
            "more": '"," or a closing bracket',
            "value or end": 'a value or "]"',
            "key or end": 'a key or "}"',
            "key": "a key in double quotes",
            "colon": '":"',
        }.get(expected, expected)
        words = "a value" if words == "value" else words
        return Refused(
            Problem(
                "D014",
                f'This is not JSON: "{shorten(text)}" stands where {words} is '
                "expected.",
                Where(self.builder.file, *at),
                "Write it in double quotes if it is a text."
                if text not in "{}[],:"
                else None,
            )
        )
