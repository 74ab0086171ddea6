"""Fixtures that any test may ask for, and what a skip means.

`database_url`   an empty database, once on SQLite and once on PostgreSQL
`postgres_url`   an empty PostgreSQL database of this worker, for the whole session
`new_postgres`   makes further empty PostgreSQL databases
`shared`         the folder of reference data beside the checkout
`browser`        a headless Chromium; `chromium_path` is its program

Tests that use them get the markers `postgresql`, `shared` and `browser` from here.
"""

import contextlib
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, Verbosity, settings
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import URL

from tests.support import counts, postgres
from tests.support.counts import campaign
from tests.support.environment import CHROMIUM_NAMES, is_ci, lacking, shared_folder

MARKED_BY_FIXTURE = {
    "postgres_url": "postgresql",
    "new_postgres": "postgresql",
    "shared": "shared",
    "browser": "browser",
    "chromium_path": "browser",
}
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)

_SLOW_IS_NO_FAULT = (HealthCheck.too_slow,)
settings.register_profile(
    "default", deadline=None, suppress_health_check=_SLOW_IS_NO_FAULT
)
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    print_blob=True,
    max_examples=200,
    suppress_health_check=_SLOW_IS_NO_FAULT,
)
settings.register_profile(
    "soak",
    deadline=None,
    print_blob=True,
    max_examples=5000,
    verbosity=Verbosity.normal,
    suppress_health_check=_SLOW_IS_NO_FAULT,
)


def pytest_configure(config: pytest.Config) -> None:
    """Choose Hypothesis' profile; name the run's folder before workers start."""
    profiles = {"quick": "default", "ci": "ci", "release": "soak"}
    settings.load_profile(profiles[campaign()])
    if not hasattr(config, "workerinput"):
        postgres.announce_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the run's PostgreSQL where the run began."""
    if not hasattr(config, "workerinput"):
        postgres.end_run()


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Mark each test by what it needs; leave out what this count leaves out."""
    for item in items:
        for name in getattr(item, "fixturenames", ()):
            if name in MARKED_BY_FIXTURE:
                item.add_marker(MARKED_BY_FIXTURE[name])
        call = getattr(item, "callspec", None)
        if call is not None and "postgresql" in map(str, call.params.values()):
            item.add_marker("postgresql")
    if campaign() == "quick":
        kept, left = counts.on_one_database(items)
        items[:] = kept
        config.hook.pytest_deselected(items=left)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip for want of a server, browser or data into a failure under CI."""
    report = yield
    needed = set(MARKED_BY_FIXTURE.values()) & {m.name for m in item.iter_markers()}
    if report.skipped and needed and is_ci() and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def _postgres_server() -> URL:
    try:
        return postgres.server_url()
    except postgres.NoPostgres as fault:
        lacking(str(fault), setting="XRM_REQUIRE_POSTGRES")
        raise


@pytest.fixture(scope="session")
def _postgres_admin(_postgres_server: URL) -> Iterator[psycopg.Connection]:
    with postgres.connection(_postgres_server) as admin:
        yield admin


@pytest.fixture(scope="session")
def postgres_url(
    _postgres_server: URL, _postgres_admin: psycopg.Connection
) -> Iterator[str]:
    """Give the URL of one PostgreSQL database that lives as long as the session."""
    name = postgres.new_name()
    postgres.create_database(_postgres_admin, name)
    yield postgres.url_text(_postgres_server, name)
    postgres.drop_database(_postgres_admin, name)


@pytest.fixture
def new_postgres(
    _postgres_server: URL, _postgres_admin: psycopg.Connection
) -> Iterator[Callable[[], str]]:
    """Give a function that makes an empty PostgreSQL database and returns its URL."""
    made: list[str] = []

    def make() -> str:
        made.append(postgres.new_name())
        postgres.create_database(_postgres_admin, made[-1])
        return postgres.url_text(_postgres_server, made[-1])

    yield make
    for name in made:
        postgres.drop_database(_postgres_admin, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty database, once for each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'xrm.db'}"
    make: Callable[[], str] = request.getfixturevalue("new_postgres")
    return make()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder of reference data beside the checkout."""
    folder = shared_folder()
    if not folder.is_dir():
        lacking(
            "no reference data: set XRM_SHARED to its folder",
            setting="XRM_REQUIRE_SHARED",
        )
    return folder


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Give the path of the machine's Chromium."""
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found:
            return found
    lacking("no Chromium on this machine", setting="XRM_REQUIRE_BROWSER")
    raise AssertionError("unreachable")


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    """Give a headless Chromium; make a context per test with `new_context()`."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium_path, headless=True, args=list(CHROMIUM_ARGUMENTS)
        )
        with contextlib.closing(started):
            yield started
