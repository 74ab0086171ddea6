"""Dates of demonstration records: so many days from the loading, or a working day."""

from datetime import UTC, datetime

import pytest

from tests.solutions.support import own_catalog
from xrm.rule_engine.problems import Where
from xrm.solutions.records_files import (
    Records,
    RecordSet,
    day_value,
    name_of,
    record_problems,
)

NOW = datetime(2026, 11, 30, 15, 20, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("given", "days", "day"),
    [
        ("scheduledend@days", 0, "2026-11-30T00:00:00+00:00"),
        ("scheduledend@days", -0.5, "2026-11-29T12:00:00+00:00"),
        ("scheduledend@workdays", -0.5, "2026-11-27T12:00:00+00:00"),
        ("scheduledend@workdays", "-1.25", "2026-11-27T18:00:00+00:00"),
        ("scheduledend@workdays", -4, "2026-11-25T00:00:00+00:00"),
        ("scheduledend@workdays", -7, "2026-11-23T00:00:00+00:00"),
        ("scheduledend@workdays", 4.5, "2026-12-03T12:00:00+00:00"),
        ("scheduledend@workdays", 7, "2026-12-07T00:00:00+00:00"),
    ],
)
def test_a_date_counts_from_the_day_of_loading(
    given: str, days: object, day: str
) -> None:
    catalog, _ = own_catalog()
    field = catalog.entity("task").field(name_of(given))
    assert day_value(field, given, days, NOW) == day


@pytest.mark.parametrize("day", range(1, 8))
def test_working_days_go_one_way_and_leave_out_weekends(day: int) -> None:
    catalog, _ = own_catalog()
    field = catalog.entity("task").field("scheduledend")
    now = datetime(2026, 11, day, 9, tzinfo=UTC)
    found = [
        datetime.fromisoformat(day_value(field, "scheduledend@workdays", days, now))
        for days in range(-400, 30)
    ]
    assert found == sorted(found)
    assert {one.weekday() for one in found} == set(range(5))
    assert abs((now - found[0]).days - 400) < 4


@pytest.mark.parametrize("days", ["soon", "nan", "1e9", [3], -500_001])
@pytest.mark.parametrize("given", ["scheduledend@days", "scheduledend@workdays"])
def test_what_is_no_number_of_days_is_refused(given: str, days: object) -> None:
    rows = ({"id": "a", given: -12.5}, {"id": "b", given: days})
    records = Records((RecordSet("samples/task.csv", "task", rows, (2, 3)),))
    catalog, _ = own_catalog()
    (problem,) = record_problems(records, catalog)
    assert (problem.code, problem.where) == ("S028", Where("samples/task.csv", 3, 1))
    assert "Write a number of days, like -12.5" in problem.message


@pytest.mark.parametrize("given", ["duedate", "duedate@days", "duedate@workdays"])
def test_the_name_of_the_field_is_what_stands_before(given: str) -> None:
    assert name_of(given) == "duedate"
