"""Hostile texts are answered with a place and a message, and end."""

import json
import random
import string
from collections.abc import Callable
from functools import cache

import pytest

from tests.metadata.worlds import BASE, problems_of
from tests.support.counts import count
from xrm.metadata.documents import LoadedNode
from xrm.metadata.json_documents import load_json
from xrm.metadata.loading import document_of
from xrm.metadata.yaml_documents import load_yaml

# A bomb that goes off does not end: the timeout of every test is what catches it.
BOMBS = {
    "brackets": ("[" * 1_000_000, "D004"),
    "braces": ("{a: " * 500_000, "D004"),
    "dashes": ("- " * 100_000, "D004"),
    "block": ("\n".join(" " * i + f"k{i}:" for i in range(2_000)), "D004"),
    "just too deep": ("[" * 65 + "]" * 65, "D004"),
    "laughs": (
        "\n".join(
            f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9) if i else 1}]"
            for i in range(11)
        ),
        "D005",
    ),
    "aliases": ("a: &a 1\nb: [" + "*a, " * 101 + "]", "D006"),
    "itself": ("a: &a [*a]", "D007"),
    "nodes": ("[" + "1," * 200_001 + "]", "D005"),
    "size": ("a: " + "x" * 5_000_001, "D001"),
}


@pytest.mark.parametrize(("text", "code"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_stopped_by_a_budget(text: str, code: str) -> None:
    node = load_yaml(text, "bomb.yaml")
    assert [problem.code for problem in node.problems] == [code]


@pytest.mark.parametrize(
    "text",
    ["[" * 64 + "]" * 64, "a: &a 1\nb: [" + "*a, " * 100 + "]",
     "[" + "1," * 199_999 + "]", "a: " + "x" * 4_999_990],
    ids=["depth", "aliases", "nodes", "size"],
)  # fmt: skip
def test_what_just_fits_is_read(text: str) -> None:
    assert load_yaml(text).problems == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 1_000_000, "D004"),
        ('{"a":' * 101 + "1" + "}" * 101, "D004"),
        ("[" + "1," * 200_001 + "1]", "D005"),
        ('"' + "x" * 10_000_001 + '"', "D001"),
        ("[" + "9" * 100_000 + "]", "D011"),
        ("[1e400000]", "D011"),
    ],
    ids=["deep", "deep mappings", "nodes", "size", "digits", "exponent"],
)
def test_a_json_bomb_is_stopped_by_a_budget(text: str, code: str) -> None:
    node = load_json(text, "bomb.json")
    assert [problem.code for problem in node.problems] == [code]


def test_json_that_just_fits_is_read() -> None:
    assert load_json("[" * 100 + "]" * 100).problems == ()
    assert load_json("[" + "9" * 38 + "]").data == [int("9" * 38)]


TRAPS = ["no", "on", "off", "12:30:45", "017", "0o17", "1e3", "1e999", ".inf", ".nan",
         "!!binary aGk=", "!!python/name:os.system", "!x y", "&a *a", "*b", "<<: *c",
         "? x", "'", '"', "|", ">", "%YAML 1.1", "---", "...", "@x", "`x", "\t", "\x85",
         "\u2028", "\ufeff", "\x07", "\ud800", "\x00", "\\", "{", "}", "[", "]", ",",
         ": ", "- ", "#", "\r", "\r\n", "\n\n", "é", "日本", "🜁", "null",
         "~"]  # fmt: skip


@cache
def seeds() -> tuple[str, ...]:
    return tuple(BASE.values())


def mutated(text: str, chance: random.Random) -> str:
    """Return a text with cuts, doubled lines, traps, and moved pieces."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        match chance.randrange(7):
            case 0:
                text = text[:at]
            case 1:
                text = text[:at] + chance.choice(TRAPS) + text[at:]
            case 2:
                lines = text.split("\n")
                lines.insert(chance.randrange(len(lines)), chance.choice(lines))
                text = "\n".join(lines)
            case 3:
                end = min(len(text), at + chance.randint(1, 12))
                text = text[:at] + text[end:]
            case 4:
                text = text[:at] + chance.choice(string.printable) + text[at:]
            case 5:
                text = text.replace(": ", f": {chance.choice(TRAPS)} ", 1)
            case _:
                text = text[:at] + " " * chance.randint(1, 5) + text[at:]
    return text


def generated(chance: random.Random) -> str | bytes:
    """Return a hostile YAML text of one of several families."""
    match chance.randrange(5):
        case 0:
            size = chance.randint(1, 200)
            return bytes(chance.randrange(256) for _ in range(size))
        case 1:
            return "".join(chance.choice(TRAPS) for _ in range(chance.randint(1, 30)))
        case 2:
            depth = chance.randint(1, 3_000)
            return chance.choice(["[", "{a: ", "- ", "? ", "a:\n "]) * depth
        case _:
            return mutated(chance.choice(seeds()), chance)


def answered(read: Callable[[], LoadedNode]) -> LoadedNode:
    """Read, and see that every problem is complete and has a place in the text."""
    node = read()
    for problem in node.problems:
        assert problem.where is not None
        assert problem.where.line >= 1
        assert problem.where.column >= 1
        assert problem.message.endswith(".")
        assert str(problem).isprintable(), repr(str(problem))
    assert (node.data is None) or not node.problems
    return node


def test_hostile_yaml_gets_an_answer() -> None:
    chance = random.Random(2026)
    for _ in range(count(ci=2_000, release=200_000)):
        text = generated(chance)
        answered(lambda text=text: load_yaml(text, "f.yaml"))  # type: ignore[misc]  # bound now


def test_hostile_documents_get_an_answer_from_schemas_and_checks() -> None:
    chance = random.Random(7)
    for _ in range(count(ci=1_000, release=20_000)):
        text = mutated(chance.choice(seeds()), chance)
        for problem in problems_of(text, "f.yaml"):
            assert problem.where is not None
            assert str(problem).isprintable(), repr(str(problem))


def test_hostile_json_gets_an_answer() -> None:
    chance = random.Random(11)
    for _ in range(count(ci=1_000, release=100_000)):
        seed = json.dumps(load_yaml(chance.choice(seeds())).data, indent=1)
        text = mutated(seed, chance)
        node = answered(lambda text=text: load_json(text, "f.json"))  # type: ignore[misc]  # bound now
        document_of(node)


def test_json_is_refused_where_python_refuses_it() -> None:
    chance = random.Random(13)
    for _ in range(count(ci=1_000, release=50_000)):
        seed = json.dumps(load_yaml(chance.choice(seeds())).data)
        text = mutated(seed, chance).removeprefix("\ufeff")
        node = load_json(text)
        if node.problems:
            continue
        assert json.loads(text) == node.data
