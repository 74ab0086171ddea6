"""Know how data becomes YAML that a person likes to read, always the same text.

Keys keep their order; texts have no quotes where none are needed; texts of several
lines are block scalars; small mappings and lists stand on one line. What is written
reads back as the same data (`yaml_documents`).
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from xrm.metadata.yaml_documents import plain_value

WIDTH: Final = 88
_PLAIN = re.compile(r"([^\W\d_]|_)(.*\S)?")
_NUMBER_LIKE = re.compile(r"[\d.+-][\w.+:-]*")


def write_yaml(data: Mapping[str, Any]) -> str:
    """Return the YAML of a mapping, ending in a newline."""
    lines: list[str] = []
    _mapping(data, 0, lines)
    return "\n".join(lines) + "\n" if lines else "{}\n"


def _mapping(data: Mapping[str, Any], depth: int, lines: list[str]) -> None:
    pad = "  " * depth
    for key, value in data.items():
        _value(f"{pad}{_text(str(key))}:", value, depth, lines)


def _value(head: str, value: Any, depth: int, lines: list[str]) -> None:
    """Write `head` (a key or a dash) and the value after or below it."""
    if isinstance(value, str) and _is_block(value):
        keep = "" if value.endswith("\n") else "-"
        first = value.split("\n")[0]
        mark = "2" if first.startswith(" ") else ""
        lines.append(f"{head} |{mark}{keep}")
        pad = "  " * (depth + 1)
        lines += [pad + line if line else "" for line in _lines_of(value)]
        return
    if isinstance(value, Mapping) or _is_list(value):
        inline = _inline(value) if depth or not _nests(value) else None
        fits = inline is not None and len(head) + 1 + len(inline) <= WIDTH
        if fits or not value:
            lines.append(f"{head} {inline or _inline(value)}")
            return
        if isinstance(value, Mapping):
            lines.append(head)
            _mapping(value, depth + 1, lines)
        else:
            lines.append(head)
            for item in value:
                _item(item, depth + 1, lines)
        return
    lines.append(f"{head} {_scalar(value)}")


def _item(item: Any, depth: int, lines: list[str]) -> None:
    pad = "  " * depth
    if isinstance(item, Mapping) and item:
        inline = _inline(item)
        if inline is not None and len(pad) + 2 + len(inline) <= WIDTH:
            lines.append(f"{pad}- {inline}")
            return
        inner: list[str] = []
        _mapping(item, depth + 1, inner)
        inner[0] = f"{pad}- {inner[0][len(pad) + 2 :]}"
        lines += inner
        return
    _value(f"{pad}-", item, depth, lines)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _nests(value: Any) -> bool:
    items = value.values() if isinstance(value, Mapping) else value
    return any(isinstance(item, Mapping) or _is_list(item) for item in items)


def _is_block(value: str) -> bool:
    if "\n" not in value.rstrip("\n") and not value.endswith("\n"):
        return False
    if value.endswith("\n\n") or not value.strip():
        return False
    lines = value.split("\n")
    return (
        bool(lines[0].strip())
        and all(line.isprintable() for line in lines)
        and not any(line and not line.strip() for line in lines)
    )


def _lines_of(value: str) -> list[str]:
    return value.removesuffix("\n").split("\n")


def _inline(value: Any) -> str | None:
    """Return a value on one line, or `None` when it does not belong on one."""
    if isinstance(value, Mapping):
        parts = []
        for key, item in value.items():
            inner = _inline(item)
            if inner is None:
                return None
            parts.append(f"{_flow_text(str(key))}: {inner}")
        return "{" + ", ".join(parts) + "}"
    if _is_list(value):
        items = [_inline(item) for item in value]
        if None in items:
            return None
        return "[" + ", ".join(str(item) for item in items) + "]"
    if isinstance(value, str):
        return None if _is_block(value) else _flow_text(value)
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return _text(str(value))


def _flow_text(text: str) -> str:
    if any(sign in text for sign in ",[]{}") or ":" in text:
        return _quoted(text)
    return _text(text)


def _text(text: str) -> str:
    if not _is_safe(text):
        return _quoted(text)
    try:
        is_text = plain_value(text) is text or plain_value(text) == text
    except ValueError:
        is_text = False
    return text if is_text else _quoted(text)


def _is_safe(text: str) -> bool:
    """Say whether a text needs no quotes outside of brackets."""
    if not text.isprintable() or not (
        _PLAIN.fullmatch(text) or _NUMBER_LIKE.fullmatch(text)
    ):
        return False
    if text.startswith(("---", "...", "- ", "-")) or text == "...":
        return False
    return ": " not in text and " #" not in text and not text.endswith(":")


def _quoted(text: str) -> str:
    if ('"' in text or "\\" in text) and "\n" not in text and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    made = json.dumps(text, ensure_ascii=False)
    return "".join(
        c
        if c.isprintable()
        else f"\\u{ord(c):04x}"
        if ord(c) < 65536
        else f"\\U{ord(c):08x}"
        for c in made
    )
