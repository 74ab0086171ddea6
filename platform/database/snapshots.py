"""Know the snapshot a request works with, and when a newer one is needed.

A snapshot is one catalog, its tables and what the rooms compiled of it. It never
changes; a publish by any process makes a new one, in force at the next request: each
request reads the stored version (one cheap read) and compares.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

from xrm.metadata.catalog import Catalog
from xrm.platform.database.catalog_store import (
    CatalogState,
    catalog_state,
    load_catalog,
)
from xrm.platform.database.engine import Database, Dialect
from xrm.platform.database.tables import Tables

Value = TypeVar("Value")

KEPT = 3
"""How many snapshots are kept: a long reading transaction may need an older one."""
CACHE_SIZE = 2_000
"""How many compiled things a room may keep in one snapshot."""


class Cache:
    """A bounded memory of compiled things; the longest unused goes first."""

    def __init__(self, size: int = CACHE_SIZE) -> None:
        self._items: OrderedDict[Hashable, Any] = OrderedDict()
        self._size = size
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return what is kept under a key; `make` it when it is not there.

        Two threads may make it at once; both get the first one's.
        """
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                return self._items[key]  # type: ignore[no-any-return]  # kept as made
        made = make()
        with self._lock:
            kept = self._items.setdefault(key, made)
            if len(self._items) > self._size:
                self._items.popitem(last=False)
        return kept  # type: ignore[no-any-return]  # kept as made

    def __len__(self) -> int:
        return len(self._items)


class Snapshot:
    """One catalog with its tables and caches."""

    def __init__(self, catalog: Catalog, dialect: Dialect) -> None:
        self.catalog = catalog
        self.dialect = dialect
        self.tables = Tables(catalog, dialect)
        self.memo: dict[str, Any] = {}
        """One thing per room that lives as long as the snapshot."""
        self._caches: dict[str, Cache] = {}
        self._lock = Lock()

    @property
    def version(self) -> int:
        """Return the catalog's version."""
        return self.catalog.version

    def cache(self, room: str, size: int = CACHE_SIZE) -> Cache:
        """Return a room's bounded cache, made on first use."""
        found = self._caches.get(room)
        if found is None:
            with self._lock:
                found = self._caches.setdefault(room, Cache(size))
        return found


class Snapshots:
    """The snapshots of one database in this process; shared by all threads."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._kept: OrderedDict[int, Snapshot] = OrderedDict()
        self._lock = Lock()

    def current(self, connection: Connection) -> Snapshot:
        """Return the snapshot of what this connection's transaction sees."""
        return self.with_state(connection)[0]

    def with_state(
        self, connection: Connection, state: CatalogState | None = None
    ) -> tuple[Snapshot, CatalogState]:
        """Return the snapshot, and the state with the counter of changes to rights.

        `state` is what the caller has just read in this transaction.
        """
        if state is None:
            state = catalog_state(connection)
        _forget_statements(connection, state.version)
        found = self._kept.get(state.version)
        if found is not None:
            return found, state
        with self._lock:
            found = self._kept.get(state.version)
            if found is None:
                catalog, state = load_catalog(connection, self._newest())
                found = self._keep(Snapshot(catalog, self.database.dialect))
        return found, state

    def _newest(self) -> Catalog | None:
        """Return the newest catalog that is kept."""
        return self._kept[max(self._kept)].catalog if self._kept else None

    def put(self, snapshot: Snapshot) -> None:
        """Keep a snapshot that a publish of this process has just committed."""
        with self._lock:
            self._keep(snapshot)

    def _keep(self, snapshot: Snapshot) -> Snapshot:
        kept = self._kept.setdefault(snapshot.version, snapshot)
        while len(self._kept) > KEPT:
            self._kept.pop(min(self._kept))
        return kept


def _forget_statements(connection: Connection, version: int) -> None:
    """Let PostgreSQL forget what a connection prepared for an older catalog.

    A prepared statement whose columns have changed their type is refused for good.
    """
    known = connection.info.get("xrm_version")
    if known != version:
        connection.info["xrm_version"] = version
        if known is not None and connection.dialect.name == "postgresql":
            # psycopg notices a command it has not met yet: hence the version
            connection.exec_driver_sql("DEALLOCATE ALL -- catalog " + str(version))
