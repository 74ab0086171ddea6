"""The calendar over a small catalog: days of the reader, moves, every activity."""

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.ui.world import Screens
from xrm.metadata.fields.field_type import Formats
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.run import run
from xrm.ui import calendar_page
from xrm.ui.reading import Reader

LIST = "/app/work/sample?as=calendar"


def value(screens: Screens, entity: str, record: UUID, field: str) -> object:
    with screens.work() as work:
        where = Compare(f"{entity}id", "eq", (record,))
        if entity == "errand":
            where = Compare("activityid", "eq", (record,))
        return run(work, Query(entity, (field,), where)).rows[0][field]


def days(text: str) -> dict[str, list[str]]:
    """Return the titles of the records of each day that has some."""
    found = re.findall(r'<ul data-day="([^"]+)">(.*?)</ul>', text, re.S)
    titles = {day: re.findall(r'class="clip">([^<]+)', inner) for day, inner in found}
    return {day: names for day, names in titles.items() if names}


def test_a_month_shows_records_on_their_days(screens: Screens) -> None:
    screens.create("sample", name="A", day="2026-03-31")
    screens.create("sample", name="B", day="2026-03-31")
    screens.create("sample", name="C", day="2026-05-15")
    person = screens.client()
    text = person.get(f"{LIST}&by=day&day=2026-03-10").text
    assert days(text) == {"2026-03-31": ["A", "B"]}
    assert "March 2026" in text
    assert "day=2026-04-01" in text
    assert "set.day=2026-03-31" in text
    assert days(person.get(f"{LIST}&by=day&day=2026-03-10&q=A").text) == {
        "2026-03-31": ["A"]
    }
    week = person.get(f"{LIST}&by=day&day=2026-03-31&span=week").text
    assert days(week) == {"2026-03-31": ["A", "B"]}
    assert week.count("data-day=") == 7
    agenda = person.get(f"{LIST}&by=day&day=2026-03-31&span=agenda").text
    assert agenda.count('aria-label="Edit date of') == 2
    assert (
        "Nothing in these days" in person.get(f"{LIST}&day=1999-01-01&span=agenda").text
    )
    assert (
        person.get(f"{LIST}&day=nonsense&span=nonsense&by=nonsense").status_code == 200
    )


def test_a_day_with_many_records_says_how_many_more(screens: Screens) -> None:
    for number in range(6):
        screens.create("sample", name=f"N{number}", day="2026-03-31")
    text = screens.client().get(f"{LIST}&by=day&day=2026-03-01").text
    assert "2 more" in text


def test_a_record_moves_to_another_day_with_its_time(screens: Screens) -> None:
    record = screens.create("sample", name="A", day="2026-03-31",
                            moment="2026-03-31T08:30:00Z")  # fmt: skip
    person = screens.client()
    back = f"{LIST}&by=moment&day=2026-03-01"
    text = person.get(back).text
    version = re.search(r'data-version="(\d+)"', text)
    assert version
    address = f"/app/work/sample/{record}/reschedule"
    sent = {"by": "moment", "day": "2026-04-02", "version": version.group(1)}
    assert person.post(address, **sent, back=back).headers["Location"] == back
    assert "“A” moved to" in person.said(back)
    moment = value(screens, "sample", record, "moment")
    assert isinstance(moment, datetime)
    assert moment.date() == date(2026, 4, 2)
    person.post(address, **sent, back=back)
    assert "somebody changed the record meanwhile" in person.said(back)
    person.post(address, by="day", day="2026-04-05", back=back)
    assert value(screens, "sample", record, "day") == date(2026, 4, 5)
    headers = {"HX-Request": "true", "HX-Target": "list"}
    data = {"csrf_token": person.token, "by": "day", "day": "x", "back": back}
    answer = person.http.post(address, data=data, headers=headers)
    assert "Not moved: Say which day it shall move to." in answer.text
    assert "x-month" in answer.text


def test_activities_of_every_kind_stand_in_one_calendar(screens: Screens) -> None:
    record = screens.create("errand", subject="Fetch", scheduledend="2026-03-10T09:00Z")
    person = screens.client()
    text = person.get("/app/work/errand?as=calendar&day=2026-03-01").text
    assert list(days(text).values()) == [["Fetch"]]
    assert "All activities" in text
    every = person.get("/app/work/errand?as=calendar&by=*&day=2026-03-01").text
    assert list(days(every).values()) == [["Fetch"]]
    person.post(f"/app/work/errand/{record}/reschedule", by="", day="2026-03-12")
    moved = value(screens, "errand", record, "scheduledend")
    assert isinstance(moved, datetime)
    assert moved.day == 12


@pytest.mark.parametrize(
    ("span", "first", "count"),
    [("month", "2026-03-30", 35), ("week", "2026-04-06", 7), ("day", "2026-04-08", 1),
     ("agenda", "2026-04-08", 30)],
)  # fmt: skip
def test_spans_have_their_days(span: str, first: str, count: int) -> None:
    start, end = calendar_page.span_days(span, date(2026, 4, 8))
    assert (start.isoformat(), (end - start).days) == (first, count)


def test_a_time_of_day_is_kept_over_the_change_of_clocks() -> None:
    reader = Reader(Formats("en", "Europe/Berlin"), datetime(2026, 3, 1, tzinfo=UTC))
    field = calendar_page.Field("at", "datetime", "At")
    before = datetime(2026, 3, 28, 8, 0, tzinfo=UTC)
    after = calendar_page.shifted(before, field, date(2026, 3, 29), reader)
    berlin = ZoneInfo("Europe/Berlin")
    assert before.astimezone(berlin).hour == after.astimezone(berlin).hour == 9
    assert after - before == timedelta(hours=23)
