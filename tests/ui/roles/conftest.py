"""Give each journey its person: signed in, at both widths, light and dark."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.ui.journeys import Journey, travel
from tests.ui.live import Live
from tests.ui.roles.people import LOOK_OF, NO_MOUSE, Keys, Person, looks_of

PEOPLE = ("person", "keys", "without_scripts")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a journey in the looks of this count."""
    for name in PEOPLE:
        if name in metafunc.fixturenames:
            looks = looks_of(metafunc.function.__name__)
            metafunc.parametrize(name, looks, indirect=True)


def _person(
    request: pytest.FixtureRequest, live: Live, browser: Browser, **more: Any
) -> Iterator[Person]:
    size, theme = LOOK_OF[request.param]
    user = request.module.WHO
    made: Iterator[Journey] = travel(live, browser, viewport=size, theme=theme, **more)
    for one in made:
        yield Person(
            one.live, one.context, one.page, one.seen, one.has_scripts, user,
            request.param,
        )  # fmt: skip


@pytest.fixture
def person(
    request: pytest.FixtureRequest, live: Live, browser: Browser
) -> Iterator[Person]:
    """Give the person of the module, at the first page."""
    for one in _person(request, live, browser):
        one.begin(request.module.START)
        yield one


@pytest.fixture
def keys(
    request: pytest.FixtureRequest, live: Live, browser: Browser
) -> Iterator[Keys]:
    """Give the keyboard of the person; a pointer that is used is a fault."""
    for one in _person(request, live, browser):
        one.begin(request.module.START)
        one.context.add_init_script(NO_MOUSE)
        one.page.reload()
        one.settle()
        yield Keys(one)


@pytest.fixture
def without_scripts(
    request: pytest.FixtureRequest, live: Live, browser: Browser
) -> Iterator[Person]:
    """Give the person of the module, whose browser runs no scripts."""
    for one in _person(request, live, browser, java_script_enabled=False):
        one.begin(request.module.START)
        yield one
