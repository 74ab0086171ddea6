"""No text but a name becomes a name: 400 injection strings in every place of a name."""

import itertools
from typing import Any

import pytest

from tests.metadata.worlds import base_documents, problems_in
from xrm.metadata.checks.names import reserved_entity
from xrm.metadata.definitions import NAME
from xrm.metadata.documents import Document
from xrm.metadata.schemas import schema_problems

HEADS = ["", "a", "name", "account", "1", "'", '"', "`", "a'", 'a"']
TAILS = [
    "'; drop table account; --", '"; drop table account; --', "' or '1'='1",
    '" or "1"="1', "') or ('1'='1", "; select pg_sleep(9)", " union select 1, 2",
    "/*x*/", "--", "#", " ", "\t", "\n", "\r\n", "\x00", "\u00a0", "`", "]", ")", "(",
    "%27", "%", "\\", "\\'", "${jndi:x}", "{{7*7}}", "<script>", "a.b", "a,b", "a b",
    "a-b", "aA", "ä", "ａ", "ı", "K", "\u200b", "\u202e", "=1", "x" * 64,
]  # fmt: skip
INJECTIONS = [head + tail for head, tail in itertools.product(HEADS, TAILS)]

PLACES: dict[str, Any] = {
    "entity": lambda n: {"kind": "entity", "name": n},
    "set name": lambda n: {"kind": "entity", "name": "a", "set_name": n},
    "title": lambda n: {"kind": "entity", "name": "a", "title": n},
    "field": lambda n: {"kind": "entity", "name": "a", "fields": {n: {"type": "text"}}},
    "key": lambda n: {"kind": "entity", "name": "a", "keys": {n: ["b"]}},
    "key field": lambda n: {"kind": "entity", "name": "a", "keys": {"k": [n]}},
    "target": lambda n: {"kind": "entity", "name": "a",
                         "fields": {"b": {"type": "lookup", "to": n}}},
    "collection": lambda n: {"kind": "entity", "name": "a", "fields": {
        "b": {"type": "lookup", "to": "account", "collection": n}}},
    "relationship": lambda n: {"kind": "relationship", "name": n,
                               "entities": ["account", "contact"]},
    "table of pairs": lambda n: {"kind": "relationship", "name": "r", "table": n,
                                 "entities": ["account", "contact"]},
    "choice": lambda n: {"kind": "choice", "name": n, "options": ["x"]},
    "column": lambda n: {"kind": "view", "entity": "account", "name": "v",
                         "columns": [n]},
    "sort": lambda n: {"kind": "view", "entity": "account", "name": "v",
                       "columns": ["name"], "sort": [n]},
    "cell": lambda n: {"kind": "form", "entity": "account", "name": "f",
                       "sections": [{"fields": [n]}]},
    "group": lambda n: {"kind": "chart", "entity": "account", "name": "c", "group": n},
    "role": lambda n: {"kind": "role", "name": n},
}  # fmt: skip


def test_there_are_four_hundred_of_them_and_none_is_a_name() -> None:
    assert len(set(INJECTIONS)) >= 390
    assert len(INJECTIONS) == 400
    assert [text for text in INJECTIONS if NAME.fullmatch(text)] == []


@pytest.mark.parametrize("place", PLACES)
def test_an_injection_is_no_name(place: str) -> None:
    for text in INJECTIONS:
        data = PLACES[place](text)
        document = Document(data["kind"], data["name"], data)
        problems = schema_problems(document) or problems_in(base_documents(), document)
        assert problems, (place, text)
        assert all(p.code in ("K005", "K009", "V002") for p in problems), (
            text,
            problems,
        )
        assert all(str(p).isprintable() for p in problems)


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_injection_in_an_expression_is_a_problem_or_a_harmless_text(
    text: str,
) -> None:
    if not text.strip() or text == "1=1":
        return  # nothing, or a condition like any other
    data = {"kind": "view", "entity": "account", "name": "v", "columns": ["name"],
            "filter": text}  # fmt: skip
    document = Document("view", "v", data)
    assert schema_problems(document) or problems_in(base_documents(), document)


@pytest.mark.parametrize("name", ["select", "order", "user", "xrm_audit", "pg_class",
                                  "sqlite_master", "table", "old", "this"])  # fmt: skip
def test_a_reserved_word_is_no_entity(name: str) -> None:
    assert reserved_entity(name)


@pytest.mark.parametrize("name", ["account", "list", "service", "position", "team"])
def test_a_common_word_may_be_an_entity(name: str) -> None:
    assert reserved_entity(name) is None
