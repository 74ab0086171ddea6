"""Know how YAML becomes data: the core meaning of YAML 1.2, places, budgets.

`no`, `on`, `12:30:45` and `017` are texts; `true`, `null`, `12` and `1.5` are not. Tags
are refused, keys are texts as written, and a key stands once. The C parser's events are
read one by one into a tree (`document_tree`): PyYAML's own composer recurses and can be
crashed by depth.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import yaml

from xrm.metadata.document_tree import MAX_DEPTH, Refused, TreeBuilder, shorten
from xrm.metadata.documents import LoadedNode, Position
from xrm.rule_engine.problems import Problem, Where

MAX_BYTES: Final = 5_000_000

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)", re.ASCII)
_HEX = re.compile(r"0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII
)
_ENDLESS = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: Final[dict[str, Any]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_TAGS: Final = "tag:yaml.org,2002:"
_FAULTS: Final = (
    ("cannot start any token", "Quote the text, or use spaces instead of a tab."),
    ("did not find expected key", "Check the indentation and the quotes above."),
    ("mapping values are not allowed", 'Quote a text that contains ": ".'),
    ("did not find expected ',' or", "Close the bracket, or quote the text."),
    ("did not find expected '-' indicator", "Indent every item of a list alike."),
    ("could not find expected ':'", 'Write "key: value".'),
    ("unexpected end of stream", "Close the quote."),
    ("did not find expected <document start>", "Check the indentation."),
)


def load_yaml(content: str | bytes, file: str = "") -> LoadedNode:
    """Return what a YAML text says, or its problems; never raises for its content."""
    try:
        text = _checked_text(content, file)
    except Refused as refused:
        return LoadedNode(file, problems=(refused.problem,))
    builder = TreeBuilder(file, "YAML")
    try:
        _read(text, builder)
    except Refused as refused:
        builder.problems.append(refused.problem)
    except yaml.YAMLError as fault:
        builder.problems.append(_syntax_problem(fault, file))
    return builder.finish(text)


def plain_value(text: str) -> Any:
    """Return what an unquoted scalar means.

    Raises:
        ValueError: it is a number nothing can hold; the message says so.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        if len(text) > 39:
            raise ValueError("The number has more than 38 digits.")
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number - number != 0:
            raise ValueError("The number is too great.")
        return number
    if _HEX.fullmatch(text):
        if len(text) > 34:
            raise ValueError("The number has more than 32 hexadecimal digits.")
        return int(text, 16)
    if _ENDLESS.fullmatch(text):
        raise ValueError("There is no such number here.")
    return text


def _checked_text(content: str | bytes, file: str) -> str:
    """Return the text without byte order mark, once size and signs are checked."""

    def refuse(code: str, message: str, at: Position, hint: str) -> Refused:
        return Refused(Problem(code, message, Where(file, *at), hint))

    if isinstance(content, bytes):
        if len(content) > MAX_BYTES:
            raise refuse(*_too_long(len(content)))
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as fault:
            before = content[: fault.start].decode("utf-8", "replace")
            raise refuse(
                "D002",
                f"The file is not UTF-8: byte 0x{content[fault.start]:02x}.",
                _place(before, len(before)),
                "Save it as UTF-8.",
            ) from None
    else:
        text = content.removeprefix("\ufeff")
        if len(text) > MAX_BYTES:
            raise refuse(*_too_long(len(text)))
    found = _FORBIDDEN.search(text)
    if found:
        raise refuse(
            "D003",
            f"The character U+{ord(found.group()):04X} is not allowed.",
            _place(text, found.start()),
            "Remove it, or write it as an escape in double quotes.",
        )
    return text


def _too_long(size: int) -> tuple[str, str, Position, str]:
    return (
        "D001",
        f"The file has {size} bytes; at most {MAX_BYTES} are allowed.",
        (1, 1),
        "Split it into several files.",
    )


def _place(text: str, index: int) -> Position:
    before = _BREAK.split(text[:index])
    return len(before), len(before[-1]) + 1


def _at(event: yaml.Event) -> Position:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _read(text: str, builder: TreeBuilder) -> None:
    lines: list[str] = []
    documents = 0

    def all_lines() -> list[str]:
        if not lines:
            lines.extend(_BREAK.split(text))
        return lines

    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.ScalarEvent):
            _scalar(event, builder, all_lines)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            at = _at(event)
            _refuse_tag(event, builder, at)
            if builder.wants_key:
                raise _bad_key(builder, at)
            is_map = isinstance(event, yaml.MappingStartEvent)
            builder.open({} if is_map else [], at, event.anchor)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            builder.close()
        elif isinstance(event, yaml.AliasEvent):
            if builder.wants_key:
                raise _bad_key(builder, _at(event))
            builder.alias(event.anchor or "", _at(event))
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise builder.fail(
                    "D009",
                    'A second document begins here ("---").',
                    _at(event),
                    "Write one definition per file.",
                )


def _scalar(
    event: yaml.ScalarEvent, builder: TreeBuilder, lines: Callable[[], list[str]]
) -> None:
    at = _at(event)
    _refuse_tag(event, builder, at)
    value: Any = event.value
    if "\0" in value:
        raise builder.fail("D003", "The character U+0000 is not allowed.", at)
    if builder.wants_key:
        if event.anchor or "\n" in value:
            raise _bad_key(builder, at)
        builder.key(value, at)
        return
    if event.style in (None, ""):
        try:
            value = plain_value(value)
        except ValueError as fault:
            raise builder.fail(
                "D011", f'"{shorten(event.value)}": {fault}', at, "Quote it as a text."
            ) from None
    elif event.style in ("|", ">"):
        builder.texts[builder.path] = _block_place(at, value, lines())
    else:
        builder.texts[builder.path] = (at[0], at[1] + 1, 0)
    builder.scalar(value, at, event.anchor)


def _block_place(at: Position, value: str, lines: list[str]) -> tuple[int, int, int]:
    """Return line, column and indent of the content of a block scalar.

    The indent is what the file has before the first written line beyond what the value
    has there (an indentation indicator such as `|2` may leave some).
    """
    kept = next((line for line in value.split("\n") if line.strip()), "")
    own = len(kept) - len(kept.lstrip(" "))
    for line in lines[at[0] :]:
        if line.strip():
            indent = len(line) - len(line.lstrip(" ")) - own
            return at[0] + 1, indent + 1, indent
    return at[0] + 1, 1, 0


def _refuse_tag(event: Any, builder: TreeBuilder, at: Position) -> None:
    if event.tag is not None:
        raise builder.fail(
            "D008",
            f'The tag "{shorten(event.tag.replace(_TAGS, "!!"))}" is not allowed.',
            at,
            "Remove it; quote the value if it must be a text.",
        )


def _bad_key(builder: TreeBuilder, at: Position) -> Refused:
    return builder.fail(
        "D012", "A key must be a plain text on one line.", at, 'Write "key: value".'
    )


def _syntax_problem(fault: yaml.YAMLError, file: str) -> Problem:
    mark = getattr(fault, "problem_mark", None)
    where = Where(file, mark.line + 1, mark.column + 1) if mark else Where(file, 1, 1)
    words = str(getattr(fault, "problem", None) or fault)
    context = getattr(fault, "context", None)
    if "nesting depth" in words:
        most = MAX_DEPTH["YAML"]
        message = f"The YAML is nested deeper than {most} levels."
        return Problem("D004", message, where, "Make it flatter.")
    hint = next((text for part, text in _FAULTS if part in words), None)
    said = f"{context}, {words}" if context else words
    return Problem("D013", f"This is not YAML: {said}.", where, hint)
