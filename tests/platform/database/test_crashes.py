"""Campaigns C1, C3 and C5: a publish is all or nothing, whenever it is killed."""

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.platform.database.crashes import (
    FailPoint,
    Points,
    Seesaw,
    die_here,
    in_child,
    kill_a_publish,
    raise_here,
)
from tests.support.counts import count
from xrm.platform.database.ddl import perform, site
from xrm.platform.database.engine import open_database
from xrm.platform.database.publish import apply
from xrm.platform.database.quarantine import Quarantine

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(0), pytest.mark.one_database]

SEED = int(os.environ.get("XRM_SEED", "20261124"))
PER_DATABASE = 100
"""PostgreSQL counts dropped columns for ever: a table lives for so many publishes."""


def report(line: str) -> None:
    """Show what a campaign did, with its seed (`pytest -s`, or when it fails)."""
    sys.stdout.write(f"{line}\n")


def test_c1_killed_publishes_on_sqlite_leave_no_half(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    done = 0
    trials = count(ci=1_000, release=10_000, quick=60)
    seesaw = Seesaw(f"sqlite:///{tmp_path / 'xrm.db'}")
    seesaw.set_up()
    for _ in range(trials):
        done += kill_a_publish(seesaw, chance.random())
    report(f"C1: {trials} kills, {done} publishes came to their end, seed {SEED}")
    assert 0 < done < trials


def test_c3_killed_clients_on_postgresql_leave_no_half(
    new_postgres: Callable[[], str],
) -> None:
    chance = random.Random(SEED)
    done = 0
    trials = count(ci=300, release=10_000, quick=30)
    seesaw = Seesaw("")
    for trial in range(trials):
        if trial % PER_DATABASE == 0:
            seesaw = Seesaw(new_postgres())
            seesaw.set_up()
        done += kill_a_publish(seesaw, chance.random())
        assert _sessions_in_transaction(seesaw.url) == 0
    report(f"C3: {trials} kills, {done} publishes came to their end, seed {SEED}")
    assert 0 < done < trials


def test_half_a_publish_would_be_found(database_url: str) -> None:
    seesaw = Seesaw(database_url)
    seesaw.set_up()
    database = open_database(database_url, threads=1)
    prepared = seesaw.next(database)
    assert not seesaw.check(database, prepared.base_version)
    with database.engine.begin() as connection:
        at = site(connection, database.dialect, Quarantine(connection, "sqlite", 9))
        perform(prepared.changes[0], at)
    with pytest.raises(AssertionError):
        seesaw.check(database, prepared.base_version)
    database.dispose()


def _sessions_in_transaction(url: str) -> int:
    """Return how many other sessions are in a transaction, once the dead are gone."""
    activity = sa.table(
        "pg_stat_activity",
        sa.column("datname"),
        sa.column("state"),
        sa.column("pid"),
        schema="pg_catalog",
    )
    waiting = (
        sa.select(sa.func.count())
        .select_from(activity)
        .where(
            activity.c.datname == sa.func.current_database(),
            activity.c.pid != sa.func.pg_backend_pid(),
            activity.c.state.like("idle in transaction%"),
        )
    )
    database = open_database(url, threads=1)
    with database.reader.connect() as connection:
        until = time.monotonic() + 5
        found = connection.scalar(waiting) or 0
        while found and time.monotonic() < until:
            found = connection.scalar(waiting) or 0
    database.dispose()
    return found


def _points_of_a_publish(url: str) -> int:
    """Return how many points a publish passes, one way or back, whichever has more."""
    database = open_database(url, threads=1)
    most = 0
    for _ in range(2):
        points = Points(act=lambda: None)
        prepared = Seesaw(url).next(database)
        with points.on(database):
            apply(database, prepared)
        most = max(most, points.passed)
    database.dispose()
    return most


def _chosen(points: int) -> list[int]:
    """Return all points; in a quick run every seventh, the first and the last ones."""
    step = count(ci=1, release=1, quick=7)
    return sorted({*range(1, points + 1, step), points - 1, points, points + 1})


def test_c5_an_exception_at_any_statement_changes_nothing(database_url: str) -> None:
    seesaw = Seesaw(database_url)
    seesaw.set_up()
    points = _points_of_a_publish(database_url)
    for at in _chosen(points):
        database = open_database(database_url, threads=1)
        prepared = seesaw.next(database)
        watched = Points(act=raise_here, at=at)
        with watched.on(database):
            try:
                apply(database, prepared)
            except FailPoint:
                pass
            else:
                assert watched.passed < at
        finished = seesaw.check(database, prepared.base_version)
        assert finished == (watched.passed < at)
        database.dispose()
    report(f"C5: exceptions at {len(_chosen(points))} of {points} points")


def test_c5_death_at_any_statement_changes_nothing(database_url: str) -> None:
    seesaw = Seesaw(database_url)
    seesaw.set_up()
    points = _points_of_a_publish(database_url)
    for at in _chosen(points):
        database = open_database(database_url, threads=1)
        prepared = seesaw.next(database)
        database.dispose()

        def publish() -> None:
            own = open_database(database_url, threads=1)
            with Points(act=die_here, at=at).on(own):  # noqa: B023  runs at once
                apply(own, prepared)  # noqa: B023

        _, status = os.waitpid(in_child(publish), 0)
        database = open_database(database_url, threads=1)
        finished = seesaw.check(database, prepared.base_version)
        assert finished == (not os.WIFSIGNALED(status))
        database.dispose()
    report(f"C5: deaths at {len(_chosen(points))} of {points} points")
