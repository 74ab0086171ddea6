"""How databases are opened, and which SQLite libraries are trusted."""

import pytest
import sqlalchemy as sa

from tests.platform.database.worlds import World
from xrm.platform.database import sqlite_library
from xrm.platform.database.engine import (
    BUSY_SECONDS,
    BadDatabaseUrl,
    at_once,
    is_busy,
    is_stopped,
    open_database,
    patiently,
)

BAD_URLS = {
    "nonsense": "The database URL is not a URL. Write sqlite:///path/to/file or "
    "postgresql://user:password@host/name.",
    "sqlite://": "SQLite needs a file: sqlite:///path/to/file. A database in memory "
    "would be another one for each connection.",
    "mysql://u:p@h/n": 'The database URL begins with "mysql"; it must be sqlite or '
    "postgresql.",
}


@pytest.mark.parametrize(("url", "message"), BAD_URLS.items())
def test_a_bad_url_is_explained(url: str, message: str) -> None:
    with pytest.raises(BadDatabaseUrl) as refused:
        open_database(url)
    assert str(refused.value) == message


AFFECTED = {
    (3, 6, 23): False,
    (3, 7, 0): True,
    (3, 40, 1): True,
    (3, 44, 5): True,
    (3, 44, 6): False,
    (3, 50, 6): True,
    (3, 50, 7): False,
    (3, 51, 2): True,
    (3, 51, 3): False,
    (3, 53, 4): False,
}


@pytest.mark.parametrize(("version", "is_affected"), AFFECTED.items())
def test_libraries_with_the_wal_race_are_known(
    version: tuple[int, int, int], is_affected: bool
) -> None:
    assert sqlite_library.is_affected(version) is is_affected


def test_an_affected_library_gets_a_rollback_journal(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_library, "has_sound_wal", lambda: False)
    database = open_database(f"sqlite:///{tmp_path}/x.db")
    with database.engine.connect() as connection:
        mode = sa.func.pragma_journal_mode().table_valued("journal_mode")
        assert connection.scalar(sa.select(mode)) == "truncate"
    database.dispose()


def test_sqlite_is_set_up_for_safety(tmp_path: object) -> None:
    database = open_database(f"sqlite:///{tmp_path}/x.db")
    found = {}
    with database.engine.connect() as connection:
        for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema"):
            pragma = getattr(sa.func, f"pragma_{name}")().table_valued(name)
            found[name] = connection.scalar(sa.select(pragma))
    database.dispose()
    wal = "wal" if sqlite_library.has_sound_wal() else "truncate"
    assert found == {
        "journal_mode": wal,
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
    }


def test_a_table_made_in_a_transaction_goes_with_it(world: World) -> None:
    table = sa.Table("passing", sa.MetaData(), sa.Column("x", sa.Integer))
    with world.database.engine.connect() as connection:
        table.create(connection)
        connection.rollback()
        assert not sa.inspect(connection).has_table("passing")


def test_a_long_reading_statement_is_stopped(database_url: str) -> None:
    database = open_database(database_url, threads=1, statement_timeout=1)
    with database.reader.connect() as connection:
        with pytest.raises(sa.exc.DBAPIError) as stopped:
            connection.execute(_slow(database.dialect)).all()
        assert is_stopped(stopped.value)
        assert not is_busy(stopped.value)
    with database.reader.connect() as connection, patiently(database, connection):
        assert connection.scalar(sa.select(sa.literal(1))) == 1
    database.dispose()


def _slow(dialect: str) -> sa.Select[tuple[int]]:
    if dialect == "postgresql":
        return sa.select(sa.func.pg_sleep(30))
    numbers = sa.select(sa.literal(1).label("n")).cte("numbers", recursive=True)
    more = sa.select(numbers.c.n + 1).where(numbers.c.n < 1_000_000_000)
    numbers = numbers.union_all(more)
    return sa.select(sa.func.max(numbers.c.n))


def test_the_functions_of_the_rule_language_are_there(world: World) -> None:
    folded = sa.select(sa.func.xrm_fold("STRAßE ΣΊΣΥΦΟΣ"))
    for engine in (world.database.engine, world.database.reader):
        with engine.connect() as connection:
            assert connection.scalar(folded) == "strasse σίσυφοσ"


def test_what_begins_at_once_does_not_wait_for_a_writer(database_url: str) -> None:
    database = open_database(database_url, threads=1)
    with database.engine.begin() as writer:
        writer.execute(sa.select(1))
        if database.dialect == "sqlite":
            with pytest.raises(sa.exc.OperationalError), at_once(database):
                pass
        else:
            with at_once(database) as connection:
                assert connection.scalar(sa.select(1)) == 1
    with at_once(database) as connection:
        assert connection.scalar(sa.select(1)) == 1
    with database.engine.connect() as connection:
        if database.dialect == "sqlite":
            waits = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
            assert waits == BUSY_SECONDS * 1000
    database.dispose()
