"""Know which SQLite library is used, and whether its WAL is sound.

SQLite 3.7.0 to 3.51.2 has a data race between checkpoint and reset of the write-ahead
log that can lose committed pages (fixed in 3.51.3, and in 3.50.7 and 3.44.6).
`pysqlite3` brings a newer library than most systems; where it is missing, the standard
module is used, and with an affected library a rollback journal takes the place of the
WAL.

One process must never open one file by two SQLite libraries (POSIX locks are dropped
when either closes it): everything opens files through `module()`.
"""

import importlib
import importlib.util
import sqlite3
from functools import cache
from types import ModuleType

_FIXED = ((3, 51, 3), (3, 50, 7), (3, 44, 6))


@cache
def module() -> ModuleType:
    """Return the DB-API module of SQLite: pysqlite3 where it is installed."""
    if importlib.util.find_spec("pysqlite3") is None:
        return sqlite3
    return importlib.import_module("pysqlite3")


def version() -> tuple[int, int, int]:
    """Return the version of the SQLite library in use."""
    major, minor, patch = module().sqlite_version_info[:3]
    return (major, minor, patch)


def is_affected(version: tuple[int, int, int]) -> bool:
    """Return whether the WAL of this version can lose commits."""
    if version < (3, 7, 0) or version >= _FIXED[0]:
        return False
    return not any(version[:2] == f[:2] and version >= f for f in _FIXED)


def has_sound_wal() -> bool:
    """Return whether the library in use may write with a WAL."""
    return not is_affected(version())
