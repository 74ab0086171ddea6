"""Random expressions that the checker accepts, and random texts that it may not."""

import random
from collections.abc import Callable

from xrm.rule_engine.functions import ALL
from xrm.rule_engine.functions.registry import Function
from xrm.rule_engine.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    DURATION,
    INTEGER,
    MONTHS,
    TEXT,
    RuleType,
)

NUMBERS = (
    "amount",
    "cost",
    "price",
    "qty",
    "big",
    "rate",
    "share",
    "accountid.revenue",
)
TEXTS = (
    "name",
    "note",
    "`to`",
    "customerid.name",
    "accountid.parentid.name",
    "this.name",
)
DATES = ("due", "start")
MOMENTS = ("createdon", "closedon", "now()")
FLAGS = ("won", "hot")
WORDS = (
    "Contoso",
    "o",
    "STRASSE",
    "ß",
    "ΣΊΣΥΦΟΣ",
    "σ",
    "привет",
    "İ",
    "i̇",
    " ",
    "12.5",
)
DIGITS = ("0", "1", "2", "-1", "7", "100", "0.5", "1.25", "-3.75", "1000000", "12.3456")
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_SKIPPED = {"changed", "switch"}


def _callable(kind: RuleType) -> list[Function]:
    return [
        f for f in ALL if f.result == kind and f.is_called and f.name not in _SKIPPED
    ]


class Generator:
    """Makes expressions of a wanted type; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._makers: dict[RuleType, Callable[[int], str]] = {
            BOOLEAN: self.condition,
            DECIMAL: self.number,
            INTEGER: self.number,
            TEXT: self.text,
            DATE: self.date,
            DATETIME: self.moment,
            DURATION: self.duration,
            MONTHS: self.months,
        }

    def any(self, depth: int) -> tuple[RuleType, str]:
        kind = self.chance.choice(
            (
                BOOLEAN,
                BOOLEAN,
                BOOLEAN,
                DECIMAL,
                DECIMAL,
                TEXT,
                DATE,
                DATETIME,
                DURATION,
            )
        )
        return kind, self._makers[kind](depth)

    def _call(self, kinds: tuple[RuleType, ...], depth: int) -> str:
        functions = [f for kind in kinds for f in _callable(kind)]
        function = self.chance.choice(functions)
        parts = []
        for parameter in function.parameters:
            if parameter.default is not None and self.chance.random() < 0.5:
                break
            parts.append(self._makers[parameter.type](depth - 1))
            if parameter.repeats and self.chance.random() < 0.4:
                parts.append(self._makers[parameter.type](depth - 1))
        return f"{function.name}({', '.join(parts)})"

    def _either(self, maker: Callable[[int], str], depth: int) -> str:
        condition = self.condition(depth - 1)
        first, second = maker(depth - 1), maker(depth - 1)
        form = self.chance.randrange(3)
        if form == 0:
            return f"(if {condition} then {first} else {second})"
        if form == 1:
            return f"coalesce({first}, {second})"
        return f"switch({condition}, {first}, {second})"

    def number(self, depth: int) -> str:
        pick = self.chance.random()
        if depth <= 0 or pick < 0.2:
            return self.chance.choice(NUMBERS if pick < 0.13 else DIGITS)
        if pick < 0.5:
            sign = self.chance.choice("+-*/")
            return f"({self.number(depth - 1)} {sign} {self.number(depth - 1)})"
        if pick < 0.55:
            return f"-({self.number(depth - 1)})"
        if pick < 0.65:
            return self._either(self.number, depth)
        if pick < 0.75:
            return self._aggregate(depth)
        return self._call((DECIMAL, INTEGER), depth)

    def _aggregate(self, depth: int) -> str:
        name = self.chance.choice(("sum", "avg", "min", "max", "count"))
        condition = self.chance.choice(
            (
                "",
                " where active",
                " where quantity > 3 and not active",
                " where price > parent.amount",
                " where weight * 3 > 0.5 or title is empty",
                ' where title contains "o"',
                " where shipped <= this.due",
            )
        )
        if name == "count":
            return f"count(lines{condition})"
        value = self.chance.choice(
            (
                "price",
                "quantity",
                "price * quantity",
                "weight * price",
                "price / quantity",
            )
        )
        return f"{name}({value} of lines{condition})"

    def text(self, depth: int) -> str:
        pick = self.chance.random()
        if depth <= 0 or pick < 0.25:
            return (
                self.chance.choice(TEXTS)
                if pick < 0.15
                else f'"{self.chance.choice(WORDS)}"'
            )
        if pick < 0.45:
            return f"({self.text(depth - 1)} + {self.text(depth - 1)})"
        if pick < 0.55:
            return self._either(self.text, depth)
        return self._call((TEXT,), depth)

    def date(self, depth: int) -> str:
        pick = self.chance.random()
        if depth <= 0 or pick < 0.3:
            return self.chance.choice((*DATES, "today()"))
        if pick < 0.5:
            sign = self.chance.choice("+-")
            amount = self.chance.choice(
                (self.months(depth - 1), "10 days", "1 month", "2 years", "3 weeks")
            )
            return f"({self.date(depth - 1)} {sign} {amount})"
        if pick < 0.6:
            return self._either(self.date, depth)
        return self._call((DATE,), depth)

    def moment(self, depth: int) -> str:
        pick = self.chance.random()
        if depth <= 0 or pick < 0.3:
            return self.chance.choice(MOMENTS)
        if pick < 0.6:
            sign = self.chance.choice("+-")
            amount = self.chance.choice(
                (self.duration(depth - 1), "90 minutes", "1 month")
            )
            return f"({self.moment(depth - 1)} {sign} {amount})"
        if pick < 0.7:
            return self._either(self.moment, depth)
        return self._call((DATETIME,), depth)

    def duration(self, depth: int) -> str:
        pick = self.chance.random()
        if depth <= 0 or pick < 0.3:
            return self.chance.choice(("3 days", "36 hours", "5 minutes", "2 weeks"))
        if pick < 0.6:
            maker = self.date if pick < 0.45 else self.moment
            return f"({maker(depth - 1)} - {maker(depth - 1)})"
        if pick < 0.7:
            return f"({self.duration(depth - 1)} + {self.duration(depth - 1)})"
        return self._call((DURATION,), depth)

    def months(self, depth: int) -> str:
        if self.chance.random() < 0.5:
            return self.chance.choice(("1 month", "13 months", "4 years"))
        return self._call((MONTHS,), depth)

    def condition(self, depth: int) -> str:
        pick = self.chance.random()
        if depth <= 0 or pick < 0.1:
            return self.chance.choice(
                (
                    *FLAGS,
                    'statecode = "Won"',
                    "statecode != laststate",
                    'statecode in ("Open", "On hold")',
                    'interests contains "Golf"',
                    "ownerid = currentuser()",
                    'customerid.name = "contoso"',
                    "exists(lines where price > 3)",
                )
            )
        if pick < 0.3:
            word = self.chance.choice(("and", "or"))
            return f"({self.condition(depth - 1)} {word} {self.condition(depth - 1)})"
        if pick < 0.4:
            return f"not ({self.condition(depth - 1)})"
        kind = self.chance.choice((DECIMAL, DECIMAL, TEXT, DATE, DATETIME, DURATION))
        maker, less = self._makers[kind], depth - 1
        if pick < 0.65:
            sign = self.chance.choice(COMPARISONS)
            return f"({maker(less)} {sign} {maker(less)})"
        if pick < 0.72:
            word = self.chance.choice(("is empty", "is not empty"))
            return f"({maker(less)} {word})"
        if pick < 0.78:
            return f"({maker(less)} between {maker(less)} and {maker(less)})"
        if pick < 0.84:
            word = self.chance.choice(("in", "not in"))
            return f"({maker(less)} {word} ({maker(less)}, {maker(less)}))"
        if pick < 0.9:
            word = self.chance.choice(("contains", "starts with", "ends with"))
            return f"({self.text(less)} {word} {self.text(less)})"
        if pick < 0.93:
            return self._either(self.condition, depth)
        return self._call((BOOLEAN,), depth)
