"""YAML means what YAML 1.2 says, and every value has its place."""

from typing import Any

import pytest

from xrm.metadata.documents import Document
from xrm.metadata.json_documents import load_json
from xrm.metadata.loading import load_document
from xrm.metadata.yaml_documents import load_yaml

MEANINGS: list[tuple[str, Any]] = [
    ("no", "no"), ("No", "No"), ("yes", "yes"), ("on", "on"), ("off", "off"),
    ("y", "y"), ("n", "n"), ("NO", "NO"), ("12:30:45", "12:30:45"), ("017", "017"),
    ("0o17", "0o17"), ("00", "00"), ("1_000", "1_000"), ("2026-03-31", "2026-03-31"),
    ("2026-03-31T10:00:00Z", "2026-03-31T10:00:00Z"), ("=", "="), ("<<", "<<"),
    ("true", True), ("True", True), ("TRUE", True), ("tRue", "tRue"), ("false", False),
    ("null", None), ("~", None), ("", None), ("NULL", None), ("nULL", "nULL"),
    ("0", 0), ("-12", -12), ("+12", 12), ("12", 12), ("0x1F", 31), ("1.5", 1.5),
    ("-.5", -0.5), ("1.", 1.0), ("1e3", 1000.0), ("1.5E-2", 0.015), ("1e", "1e"),
    ('"no"', "no"), ("'true'", "true"), ('"12"', "12"), ("1.2.3", "1.2.3"),
    ("0b11", "0b11"), ("12e", "12e"), (".5.5", ".5.5"), ("١٢", "١٢"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), MEANINGS)
def test_a_scalar_means_what_yaml_1_2_says(text: str, value: Any) -> None:
    node = load_yaml(f"a: {text}\nb: [{text}]\n" if text else "a:\nb: [~]\n")
    assert node.problems == ()
    assert node.data == {"a": value, "b": [value]}
    assert type(node.data["a"]) is type(value)


@pytest.mark.parametrize("key", ["no", "on", "yes", "12", "true", "~", "1.5", "<<"])
def test_a_key_is_a_text(key: str) -> None:
    assert load_yaml(f"{key}: 1").data == {key: 1}


def test_every_value_and_key_has_its_place() -> None:
    node = load_yaml("kind: choice\noptions:\n  - {value: 1,\n     label: A}\n  - B\n")
    assert node.positions == {
        (): (1, 1),
        ("kind",): (1, 7),
        ("options",): (3, 3),
        ("options", 0): (3, 5),
        ("options", 0, "value"): (3, 13),
        ("options", 0, "label"): (4, 13),
        ("options", 1): (5, 5),
    }
    assert node.keys[("options", 0, "label")] == (4, 6)
    assert str(node.where(("options", 0, "label", "x"))) == ":4:13"
    assert str(node.where(("options", 0, "label"), key=True)) == ":4:6"
    assert str(node.where(("nowhere",), key=True)) == ":1:1"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: x", (1, 4, 0)),
        ('a: "x"', (1, 5, 0)),
        ("a: |\n  x", (2, 3, 2)),
        ("a: |-\n    x\n    y", (2, 5, 4)),
        ("b:\n  a: 1\na: |\n  x", (4, 3, 2)),
        ("a: |2\n    x\n  y", (2, 3, 2)),
        ("a: |\n\n   x", (2, 4, 3)),
        ("a: >\n  x", (2, 3, 2)),
        ("a: |", (1, 1, 0)),
    ],
)
def test_the_place_of_a_text_is_where_its_first_line_begins(
    text: str, place: tuple[int, int, int]
) -> None:
    node = load_yaml(text, "f.yaml")
    document = Document(
        "x", "x", node.data, "f.yaml", node.positions, node.keys, node.texts
    )
    found = document.text_place(("a",))
    assert (found["line"], found["column"], found["indent"]) in (place, (2, 1, 0))


def test_an_alias_gives_the_anchored_value() -> None:
    node = load_yaml("a: &x {b: 1}\nc: *x\nd: [*x, *x]\n")
    assert node.data == {"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}, {"b": 1}]}
    assert node.where(("c", "b")).line == 2


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert load_yaml(b"\xef\xbb\xbfa: 1").data == {"a": 1}
    assert load_yaml("\ufeffa: 1").data == {"a": 1}
    assert load_json(b'\xef\xbb\xbf{"a": 1}').data == {"a": 1}


def test_the_text_is_kept_byte_for_byte() -> None:
    text = "# why\nkind:   choice\r\nname: x\noptions: [a]   # so\n"
    document, problems = load_document(text.encode(), "x.yaml")
    assert problems == ()
    assert document is not None
    assert document.source == text


def test_json_gives_the_same_document_with_places() -> None:
    text = '{"kind": "choice",\n "name": "x", "options": ["a", {"label": "b"}]}'
    document, problems = load_document(text, "x.json")
    assert problems == ()
    assert document is not None
    assert document.data["options"] == ["a", {"label": "b"}]
    assert str(document.where(("options", 1, "label"))) == "x.json:2:42"
    assert str(document.where(("options",), key=True)) == "x.json:2:15"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":1,"a":2}',
         '1:8 D010 The key "a" stands twice; the first one is in line 1. '
         "Remove one of them."),
        ('{"a": NaN}',
         '1:7 D014 This is not JSON: "NaN" stands where a value is expected. '
         "Write it in double quotes if it is a text."),
        ('{"a": -Infinity}', '1:7 D014 This is not JSON: "-" stands where a value is '
         "expected. Write it in double quotes if it is a text."),
        ('[1, 2', "1:6 D014 This is not JSON: the text ends too early. "
         "Close every bracket."),
        ('{"a": 1,}',
         '1:9 D014 This is not JSON: "}" stands where a key in double '
         "quotes is expected."),
        ("{'a': 1}",
         "1:2 D014 This is not JSON: \"'\" stands where a value is expected. "
         "Write it in double quotes if it is a text."),
        ('{"a": 1e999}', "1:7 D011 The number 1e999 is too great or too long. "
         "Write it as a text, or shorter."),
        ('"\\x"', '1:1 D014 This is not JSON: "\\x" has a wrong escape. '
         "Write a backslash as two."),
        ('"\\ud800"',
         '1:1 D003 The text "\\ud800" has a character that is not allowed. '
         "Remove it."),
        ("",
         "1:1 D014 This is not JSON: the text ends too early. Close every bracket."),
        ("// c", '1:1 D014 This is not JSON: "/" stands where a value is expected. '
         "Write it in double quotes if it is a text."),
        ("1 2", '1:3 D014 This is not JSON: "2" stands where the end of the file is '
         "expected. Write it in double quotes if it is a text."),
    ],
)  # fmt: skip
def test_broken_json_is_answered_exactly(text: str, message: str) -> None:
    node = load_json(text, "f.json")
    assert [str(problem) for problem in node.problems] == [f"f.json:{message}"]
    assert node.data is None
