"""Chart models are pure: groups, gaps, the rest, labels, colours, parts, numbers."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from werkzeug.datastructures import MultiDict

from tests.ui.test_models import catalog
from xrm.metadata.charts import Chart, Grouping, from_document
from xrm.metadata.fields.field_type import Formats
from xrm.platform.errors import Forbidden, Refused
from xrm.platform.query.query import And, Compare, Or
from xrm.ui import chart_page, chart_query, chart_words, list_state, number_page
from xrm.ui.chart_figures import Figure
from xrm.ui.chart_page import ChartModel, Context
from xrm.ui.chart_parts import Part, code_of_rest, part_condition, read_part
from xrm.ui.chart_query import Plan, Readable, Span
from xrm.ui.list_state import Filter, ListState
from xrm.ui.reading import Reader

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
READER = Reader(Formats(currency="EUR"), NOW, UUID(int=1), {})
EVERY = {name: frozenset(e.fields) for name, e in catalog().entities.items()}
LIST = "/app/work/sample"


def plan(**keys: Any) -> Plan:
    data = {"kind": "chart", "entity": "sample", "name": "c", **keys}
    chart = from_document(data)
    entity = catalog().entity("sample")
    return chart_query.plan_of(catalog(), entity, chart, Readable(EVERY))


def model(
    rows: list[dict[str, Any]], state: str = "", reader: Reader = READER, **keys: Any
) -> ChartModel:
    context = Context(reader, ListState(LIST, state))
    return chart_page.build(plan(**keys), rows, context)


def shown(made: ChartModel) -> list[tuple[str, ...]]:
    return [(row.label, *(point.text for point in row.points)) for row in made.rows]


def counts(*pairs: tuple[Any, int], **more: Any) -> list[dict[str, Any]]:
    return [{"g": key, "n": count, **more} for key, count in pairs]


# Groups


def test_options_come_in_their_order_with_those_that_have_none_last() -> None:
    made = model(counts((None, 4), (2, 9), (1, 3)), group="kind_of", type="column")
    assert shown(made) == [("Red", "3"), ("Blue", "9"), ("No kind", "4")]
    assert [row.hue for row in made.rows] == ["red", "blue", "gray"]
    assert made.total is not None
    assert made.total.text == "16"


def test_sorting_by_value_puts_the_greatest_first() -> None:
    made = model(counts((2, 3), (1, 9)), group="kind_of", type="bar", sort="value")
    assert shown(made) == [("Red", "9"), ("Blue", "3")]


def test_months_without_records_are_zero() -> None:
    rows = counts((date(2026, 1, 1), 2), (date(2026, 4, 1), 1), (None, 5))
    made = model(rows, group={"field": "day", "period": "month"}, type="line")
    assert shown(made) == [
        ("Jan 2026", "2"),
        ("Feb 2026", "0"),
        ("Mar 2026", "0"),
        ("Apr 2026", "1"),
        ("No day", "5"),
    ]
    assert [row.is_drawn for row in made.rows] == [True, True, True, True, False]
    assert made.note == "No day: 5."
    assert made.rows[1].points[0].href == ""


def test_a_limit_of_dates_keeps_the_latest() -> None:
    rows = counts(*((date(2026, month, 1), month) for month in range(1, 6)))
    period = {"field": "day", "period": "month"}
    made = model(rows, group=period, type="column", limit=2)
    assert shown(made) == [("Apr 2026", "4"), ("May 2026", "5")]
    assert made.note == "The last 2 months."
    assert made.total is None


def test_a_stray_date_makes_no_thousand_columns() -> None:
    rows = counts((date(1900, 1, 1), 1), (date(2026, 1, 1), 1))
    made = model(rows, group={"field": "day", "period": "day"}, type="column")
    assert len(made.rows) == 2


def test_what_is_beyond_the_limit_is_one_group() -> None:
    people = [(UUID(int=n), 10 - n) for n in range(1, 6)]
    rows = [
        {"g": key, "n": count, "g@name": f"Client {count}"} for key, count in people
    ]
    made = model(rows, group="clientid", type="bar", limit=2)
    assert shown(made) == [("Client 9", "9"), ("Client 8", "8"), ("Other", "18")]
    part = part_of(made.rows[-1].points[0].href)
    assert part.at == code_of_rest([str(UUID(int=1)), str(UUID(int=2))])


def test_one_more_than_the_limit_needs_no_rest() -> None:
    rows = [{"g": UUID(int=n), "n": n, "g@name": str(n)} for n in (1, 2, 3)]
    made = model(rows, group="clientid", type="bar", limit=2)
    assert [row.label for row in made.rows] == ["3", "2", "1"]


def test_an_average_of_the_rest_is_an_average_of_its_records() -> None:
    rows = [
        {"g": "a", "n": 1, "c": 1, "v": Decimal(90)},
        {"g": "b", "n": 3, "c": 2, "v": Decimal(20)},
        {"g": "c", "n": 1, "c": 1, "v": Decimal(40)},
    ]
    made = model(
        rows,
        group="story",
        type="bar",
        limit=1,
        measure={"aggregate": "avg", "field": "share"},
    )
    assert shown(made) == [("a", "90 %"), ("Other", "20 %")]
    assert made.total is None


def test_a_text_has_one_group_for_all_its_spellings() -> None:
    rows = [
        {"g": "Rome", "s": 1, "n": 2},
        {"g": "ROME", "s": 2, "n": 3},
    ]
    made = model(rows, group="story", series="kind_of", type="stacked")
    assert shown(made) == [("Rome", "2", "3")]


def test_series_have_colours_and_no_gaps() -> None:
    rows = [
        {"g": date(2026, 1, 1), "s": 2, "n": 1},
        {"g": date(2026, 3, 1), "s": None, "n": 4},
    ]
    made = model(
        rows,
        group={"field": "day", "period": "month"},
        series="kind_of",
        type="stacked",
    )
    assert [(one.label, one.hue) for one in made.series] == [
        ("Blue", "blue"),
        ("No kind", "gray"),
    ]
    assert [row[1:] for row in shown(made)] == [("1", "0"), ("0", "0"), ("0", "4")]
    assert made.drawn == "stacked-column"


def test_more_groups_than_rows_are_known_by_what_is_left() -> None:
    context = Context(READER, ListState(LIST))
    made = chart_page.build(
        plan(group="story", type="bar", limit=1),
        counts(("a", 7), ("b", 2), ("c", 1)),
        context,
        Figure(records=50),
    )
    assert shown(made) == [("a", "7"), ("Other", "43")]


def test_a_funnel_says_length_and_share() -> None:
    made = model(counts((1, 30), (2, 10)), group="kind_of", type="funnel")
    assert [(row.width, row.share) for row in made.rows] == [
        ("100.0", "75 %"),
        ("33.3", "25 %"),
    ]


def test_a_chart_of_nothing_says_so() -> None:
    assert model([], group="kind_of", type="pie").empty == "No samples to show yet."


def test_slices_never_share_a_colour() -> None:
    rows = counts((1, 1), (2, 2), (3, 3), (None, 1))
    made = model(rows, group="kind_of", type="pie")
    hues = [row.hue for row in made.rows]
    assert len(set(hues)) == len(hues)
    assert made.rows[0].share == "14 %"


# Words


@pytest.mark.parametrize(
    ("period", "locale", "words"),
    [
        ("day", "en-GB", "2 Mar 2026"),
        ("week", "de", "02.03.2026"),
        ("month", "de", "März 2026"),
        ("quarter", "en", "Q1 2026"),
        ("quarter", "de", "Q1 2026"),
        ("year", "fr", "2026"),
    ],
)
def test_periods_read_in_the_readers_language(
    period: Any, locale: str, words: str
) -> None:
    assert chart_words.period_label(date(2026, 3, 2), period, locale) == words


@pytest.mark.parametrize(
    ("locale", "value", "full", "short"),
    [
        ("en", "1420000", "€1,420,000", "€1.42M"),
        ("de", "1420000", "1.420.000 €", "1,42 Mio. €"),
        ("en", "12.5", "€12.50", "€12.50"),
    ],
)
def test_money_is_the_base_currencys(
    locale: str, value: str, full: str, short: str
) -> None:
    made = plan(
        group="kind_of", measure={"aggregate": "sum", "field": "price"}, type="bar"
    )
    assert made.path == "price_base"
    formats = Formats(locale=locale, currency="EUR")
    texts = (
        chart_words.figure_text(made, Decimal(value), formats),
        chart_words.short_text(made, Decimal(value), formats),
    )
    assert [text.replace("\xa0", " ") for text in texts] == [full, short]


# Parts


def state_of(address: str) -> ListState:
    """Read the state of a list's address."""
    found = urlsplit(address)
    return list_state.read(found.path, MultiDict(parse_qsl(found.query)))


def part_of(href: str) -> Part:
    """Return the part of a chart that an address names."""
    found = state_of(href).part
    assert found is not None
    return found


BY_DAY = Chart("sample", "c", "C", "bar", group=Grouping("day", "quarter"))
BY_KIND = Chart("sample", "c", "C", "bar", group=Grouping("kind_of"))


@pytest.mark.parametrize(
    ("chart", "at", "condition"),
    [
        (BY_KIND, "=2", Compare("kind_of", "eq", ("2",))),
        (BY_KIND, "~", Compare("kind_of", "null")),
        (BY_KIND, "!~", Compare("kind_of", "not-null")),
        (BY_KIND, "!=1|=2|~", Compare("kind_of", "not-in", ("1", "2"))),
        (
            BY_KIND,
            "!=a%7Cb",
            Or((Compare("kind_of", "null"), Compare("kind_of", "not-in", ("a|b",)))),
        ),
        (
            BY_DAY,
            "=2026-01-01",
            And(
                (
                    Compare("day", "on-or-after", ("2026-01-01",)),
                    Compare("day", "on-or-before", ("2026-03-31",)),
                )
            ),
        ),
        (BY_DAY, "", None),
    ],
)
def test_a_part_is_a_condition(chart: Chart, at: str, condition: Any) -> None:
    assert part_condition(chart, Part("c", at)) == condition


@pytest.mark.parametrize(
    ("chart", "part"),
    [
        (BY_DAY, Part("c", "=yesterday")),
        (BY_KIND, Part("c", "2")),
        (BY_KIND, Part("c", "!")),
        (BY_KIND, Part("c", "=1", "=2")),
    ],
)
def test_a_part_that_makes_no_sense_is_refused(chart: Chart, part: Part) -> None:
    with pytest.raises(Refused, match="names a part that the chart does not have"):
        part_condition(chart, part)


def test_a_part_too_long_for_an_address_is_none() -> None:
    assert read_part("c", "=" + "x" * 3_000, "") is None


def test_the_list_behind_a_figure_keeps_view_and_filters() -> None:
    state = ListState(
        LIST,
        "active",
        sort=("-price",),
        filters=(Filter("ready", "eq", ("true",)),),
        search="nord",
    )
    address = Context(READER, state).address(plan(group="kind_of"), "=2")
    assert address == (f"{LIST}?view=active&chart=c&at=%3D2&f=ready%3Aeq%3Atrue&q=nord")


# Rights


def test_a_chart_of_a_hidden_field_is_refused_kindly() -> None:
    hidden = {**EVERY, "sample": EVERY["sample"] - {"price_base"}}
    chart = Chart("sample", "c", "C", "number", "sum", "price")
    with pytest.raises(Forbidden, match="your roles do not let you read"):
        chart_query.plan_of(
            catalog(), catalog().entity("sample"), chart, Readable(hidden)
        )


def test_a_chart_of_a_hidden_field_of_a_related_record_is_refused() -> None:
    hidden = {**EVERY, "client": EVERY["client"] - {"city"}}
    chart = Chart("sample", "c", "C", "bar", group=Grouping("clientid.city"))
    with pytest.raises(Forbidden, match="“City”"):
        chart_query.plan_of(
            catalog(), catalog().entity("sample"), chart, Readable(hidden)
        )


# Numbers


TREND: dict[str, Any] = {
    "type": "number",
    "group": {"field": "day", "period": "month"},
}


def trend(
    days: dict[date, int], asked: str = "", **more: Any
) -> number_page.NumberModel:
    made = plan(**{**TREND, **more})
    rows = counts(*days.items())
    span = chart_query.span_of(made, READER.today, asked)
    return number_page.build_trend(made, rows, Context(READER, ListState(LIST)), span)


@pytest.mark.parametrize(
    ("days", "text", "change", "direction"),
    [
        (
            {date(2026, 5, 3): 3, date(2026, 4, 10): 2, date(2026, 4, 28): 9},
            "3",
            "50 % above the same time last month",
            "up",
        ),
        (
            {date(2026, 5, 30): 3, date(2026, 4, 28): 12},
            "3",
            "75 % below last month",
            "down",
        ),
        (
            {date(2026, 5, 3): 9, date(2026, 4, 3): 2},
            "9",
            "4.5 times the same time last month",
            "up",
        ),
        ({date(2026, 5, 3): 3}, "3", "None the same time last month", ""),
        ({date(2026, 4, 3): 3}, "0", "100 % below the same time last month", "down"),
        (
            {date(2026, 5, 3): 3, date(2026, 4, 3): 3},
            "3",
            "No change from the same time last month",
            "",
        ),
    ],
)
def test_a_number_is_compared_with_the_same_time_before(
    days: dict[date, int], text: str, change: str, direction: str
) -> None:
    made = trend(days)
    assert (made.text, made.change, made.direction) == (text, change, direction)


def test_a_filter_says_which_period_a_number_is_about() -> None:
    days = {date(2026, 2, 3): 4, date(2025, 11, 30): 2}
    made = trend(days, "last-quarter")
    assert (made.text, made.when) == ("4", "Q1 2026")
    assert made.change == "100 % above Q4 2025"
    assert len(made.past) == chart_query.SPARK


def test_less_may_be_better() -> None:
    days = {date(2026, 5, 3): 3, date(2026, 4, 3): 2}
    assert trend(days).is_good
    assert not trend(days, better="lower").is_good


def test_a_small_line_stays_within_its_box() -> None:
    points = number_page.spark([0, 5, 10])
    assert points == "0,29 44,16 88,3"
    assert number_page.spark([0, 0]) == ""
    assert number_page.spark([7, 7]) == "0,16 88,16"


def test_spans_end_on_their_last_day() -> None:
    assert Span("month", date(2026, 2, 1)).end == date(2026, 2, 28)
    assert Span("quarter", date(2026, 1, 1)).before(1).start == date(2025, 10, 1)
