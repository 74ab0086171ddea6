"""JSON texts made to break a reader: deep, huge, doubled, cut, and of wrong kinds."""

import json
import random
from collections.abc import Iterator

from tests.support.counts import count

SEED = 20_261_124
NUMBERS = (
    *("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e-400", "0x10", "1_000"),
    *("9" * 30, "9" * 309, "9" * 401, "1" + "0" * 5000, "0." + "1" * 500, "-0", "00"),
    *("1e99999999999999", "123456789012345678901234567890.123456789", "+1", ".5", "5."),
)
TEXTS = (
    *("\\u0000", "\\ud800", "\\udc00\\ud800", "\\uffff", "\\x41", "\\u12", "\\"),
    *("' OR 1=1 --", "<script>", "\u202e", "\U0001f600", "%00", "\\n" * 50),
    *("A" * 5_000, "ﬃ" * 300, "\u0301" * 500),
)
WORDS = ("null", "true", "false", "[]", "{}", "[null]", '{"a":[{}]}', "''", "undefined")


def corpus(
    keys: tuple[str, ...] = ("name", "amount", "x"), seed: int = SEED
) -> Iterator[bytes]:
    """Yield hostile texts: 1,000 in CI, 100,000 before a release."""
    chance = random.Random(seed)
    for _ in range(count(ci=1_000, release=100_000, quick=300)):
        yield _one(chance, keys)


def _one(chance: random.Random, keys: tuple[str, ...]) -> bytes:
    kind = chance.randrange(7)
    if kind == 0:
        depth = chance.choice((50, 99, 100, 101, 1_000, 100_000))
        opened, closed = chance.choice((("[", "]"), ('{"a":', "}")))
        return (opened * depth + "1" + closed * chance.choice((0, depth))).encode()
    if kind == 1:
        key = chance.choice(keys)
        return f'{{"{key}": {_value(chance)}, "{key}": {_value(chance)}}}'.encode()
    if kind == 2:
        return bytes(chance.randrange(256) for _ in range(chance.randrange(1, 60)))
    body = ", ".join(
        f'"{chance.choice(keys)}{n if kind == 3 else ""}": {_value(chance)}'
        for n in range(chance.randrange(1, 5))
    )
    text = "{" + body + "}"
    if kind == 4:
        return text[: chance.randrange(len(text))].encode()
    if kind == 5:
        made = bytearray(text.encode())
        made[chance.randrange(len(made))] = chance.randrange(256)
        return bytes(made)
    return text.encode()


def _value(chance: random.Random) -> str:
    kind = chance.randrange(4)
    if kind == 0:
        return chance.choice(NUMBERS)
    if kind == 1:
        return f'"{chance.choice(TEXTS)}"'
    if kind == 2:
        return json.dumps([chance.random(), {"a": [None] * chance.randrange(20)}])
    return chance.choice(WORDS)
