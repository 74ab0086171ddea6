"""The period of a moment in SQL: the day on which it begins, whatever the time zone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Connection, literal, select

from xrm.metadata.fields.storage import UtcDateTime
from xrm.platform.database.engine import open_database
from xrm.platform.query.date_groups import period_start
from xrm.platform.query.periods import start_of
from xrm.platform.query.query import Period

ZONES = (
    "UTC",
    "Europe/Vienna",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    folder = tmp_path_factory.mktemp("periods")
    database = open_database(f"sqlite:///{folder / 'xrm.db'}")
    with database.reader.connect() as made:
        yield made
    database.dispose()


@given(
    st.datetimes(datetime(1950, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001
    st.sampled_from(ZONES),
    st.sampled_from(get_args(Period)),
)
@example(datetime(2026, 9, 30, 22, 0), "Europe/Vienna", "quarter")  # noqa: DTZ001
@example(datetime(2026, 12, 31, 10, 0), "Pacific/Kiritimati", "year")  # noqa: DTZ001
@example(datetime(2026, 2, 1, 11, 59), "Etc/GMT+12", "month")  # noqa: DTZ001
def test_a_moment_lies_in_the_period_of_its_local_day(
    connection: Connection, moment: datetime, zone: str, period: Period
) -> None:
    value = literal(moment.replace(tzinfo=UTC), UtcDateTime())
    asked = period_start(value, period, "sqlite", is_moment=True, zone=zone)
    local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert connection.execute(select(asked)).scalar() == start_of(period, local.date())


@given(st.dates(), st.sampled_from(get_args(Period)))
def test_a_date_lies_in_its_own_period(
    connection: Connection, day: object, period: Period
) -> None:
    asked = period_start(literal(day), period, "sqlite", is_moment=False, zone=None)
    assert connection.execute(select(asked)).scalar() == start_of(period, day)  # type: ignore[arg-type]
