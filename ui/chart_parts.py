"""Know the parts of a chart: how an address names one, which records belong to it.

A part is one bar, slice or point: a group and perhaps a series of it. It is named by
what its records have in common, so that a list of just these records can be asked for:

    =3           the value 3 (a date: the first day of the period)
    ~            no value
    !3|5|~       everything but these: what a chart shows as "Other"

    ?chart=pipeline_by_stage&at==3
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote, unquote

from xrm.metadata.charts import Chart, Grouping
from xrm.platform.errors import Refused
from xrm.platform.query.periods import shifted
from xrm.platform.query.query import And, Compare, Condition, Expr, Or

NOTHING = "~"
LONGEST = 2_000
"""Characters of a part in an address; a longer one has no list of its own."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a chart, as the address of a list names it."""

    chart: str
    at: str = ""
    within: str = ""
    """The series."""

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return it as it stands in the address."""
        found = (("chart", self.chart), ("at", self.at), ("in", self.within))
        return tuple((name, value) for name, value in found if value)


def read_part(chart: str, at: str, within: str) -> Part | None:
    """Read the part an address names, `None` where it names no chart."""
    if not chart or len(at) > LONGEST or len(within) > LONGEST:
        return None
    return Part(chart, at, within)


def code_of(value: str | None) -> str:
    """Return how an address names a value."""
    return NOTHING if value is None else f"={value}"


def code_of_rest(shown: Iterable[str | None]) -> str:
    """Return how an address names everything but these values."""
    return "!" + "|".join(
        NOTHING if value is None else "=" + quote(value, safe="-: ") for value in shown
    )


def part_condition(chart: Chart, part: Part) -> Condition | None:
    """Return the condition of a part's records, the chart's own filter included.

    Raises:
        Refused: the address names something that the chart does not have.
    """
    found: list[Condition] = [Expr(chart.filter)] if chart.filter else []
    for grouping, code in ((chart.group, part.at), (chart.series, part.within)):
        if not code:
            continue
        if grouping is None:
            raise _broken()
        found.append(_of_code(grouping, code))
    if chart.aggregate == "count" and chart.field is not None:
        found.append(Compare(chart.field, "not-null"))
    if not found:
        return None
    return found[0] if len(found) == 1 else And(tuple(found))


def _of_code(grouping: Grouping, code: str) -> Condition:
    path = grouping.field
    if code == NOTHING:
        return Compare(path, "null")
    if code.startswith("!"):
        return _of_rest(path, code[1:].split("|"))
    if not code.startswith("="):
        raise _broken()
    value = code[1:]
    if grouping.period is None:
        return Compare(path, "eq", (value,))
    return within_period(path, grouping.period, _day(value))


def within_period(path: str, period: str, start: date) -> Condition:
    """Return the condition that a date lies in the period that begins on a day."""
    last = shifted(period, start, 1) - timedelta(days=1)
    return between(path, start, last)


def between(path: str, first: date, last: date) -> Condition:
    """Return the condition that a date lies between two days, both included."""
    return And(
        (
            Compare(path, "on-or-after", (first.isoformat(),)),
            Compare(path, "on-or-before", (last.isoformat(),)),
        )
    )


def _of_rest(path: str, codes: list[str]) -> Condition:
    values = tuple(unquote(one[1:]) for one in codes if one.startswith("="))
    if NOTHING in codes:
        return Compare(path, "not-in", values) if values else Compare(path, "not-null")
    if not values:
        raise _broken()
    return Or((Compare(path, "null"), Compare(path, "not-in", values)))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _broken() from None


def _broken() -> Refused:
    return Refused(
        "This link names a part that the chart does not have. Open the chart and "
        "choose the part there.",
        code="bad_part",
        target="at",
    )
