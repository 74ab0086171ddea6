"""What tests of the screens share: a small world, and the demonstration."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support import postgres
from tests.ui.journeys import LOOKS, NAMES, WIDE, Journey, travel
from tests.ui.live import Live, serve_demo
from tests.ui.world import Screens, make_screens


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def kept_screens(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Screens]:
    """Give the small world of the session, once for each kind of database."""
    folder = tmp_path_factory.mktemp("screens")
    if request.param == "sqlite":
        yield from _opened(f"sqlite:///{folder / 'xrm.db'}", folder)
        return
    server = request.getfixturevalue("_postgres_server")
    admin = request.getfixturevalue("_postgres_admin")
    name = postgres.new_name()
    postgres.create_database(admin, name)
    yield from _opened(postgres.url_text(server, name), folder)
    postgres.drop_database(admin, name)


def _opened(url: str, folder: Path) -> Iterator[Screens]:
    made = make_screens(url, folder)
    yield made
    made.app.extensions["xrm"].database.dispose()
    made.world.database.dispose()


@pytest.fixture
def screens(kept_screens: Screens) -> Screens:
    """Give the small world with screens, without any samples and clients."""
    kept_screens.empty()
    return kept_screens


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Give the demonstration, served on a port of 127.0.0.1."""
    with serve_demo(tmp_path_factory.mktemp("demo")) as made:
        yield made


@pytest.fixture(params=LOOKS, ids=NAMES)
def journey(
    request: pytest.FixtureRequest, live: Live, browser: Browser
) -> Iterator[Journey]:
    """Give a browser of each width and theme."""
    size, theme = request.param
    yield from travel(live, browser, viewport=size, theme=theme)


@pytest.fixture
def wide(live: Live, browser: Browser) -> Iterator[Journey]:
    """Give one wide browser."""
    yield from travel(live, browser, viewport=WIDE)


@pytest.fixture
def plain(live: Live, browser: Browser) -> Iterator[Journey]:
    """Give a browser that runs no scripts."""
    yield from travel(live, browser, viewport=WIDE, java_script_enabled=False)
