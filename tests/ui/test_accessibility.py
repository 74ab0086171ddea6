"""No page of any app has a fault that axe finds, or is wider than the screen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.support.counts import campaign
from tests.ui.journeys import Journey, travel
from tests.ui.live import Live
from tests.ui.page_types import APPS, GENERAL, Spot, entities_in, kinds_in
from tests.ui.roles.people import LOOK_OF, looks_of
from xrm.platform.database.work import open_work
from xrm.platform.security.actors import SYSTEM


def _looks(app: str) -> list[str]:
    """Return the looks of this count: in CI each width and each theme once."""
    return ["wide-light", "narrow-dark"] if campaign() == "ci" else looks_of(app)


RUNS = [
    pytest.param(spots, app, look, id=f"{part}-{app}-{look}")
    for part, spots in (("kinds", kinds_in), ("entities", entities_in))
    for app in APPS
    for look in _looks(app)
]


def _quick(look: Journey) -> str:
    if look.is_narrow:
        look.page.click(".x-bottom a[data-dialog]")
    else:
        look.page.click(".x-top summary:has-text('New')")
        look.page.locator(".x-top .x-pop[open] .x-menu a").first.click()
    look.page.wait_for_selector("dialog[open] .x-quick")
    return ""


def _palette(look: Journey) -> str:
    look.page.keyboard.press("Control+k")
    look.page.wait_for_selector("#palette[open] #results")
    return ""


def _nav(look: Journey) -> str:
    if look.is_narrow:
        look.page.click(".x-bottom [data-nav]")
    look.page.click(".x-nav .x-app")
    return ".x-nav .x-pop[open]"


def _menu(look: Journey) -> str:
    look.page.click("summary[aria-label='More about this list']")
    return ".x-list .x-pop[open]"


OPENERS: dict[str, Callable[[Journey], str]] = {
    "quick": _quick,
    "palette": _palette,
    "nav": _nav,
    "menu": _menu,
}
"""How something is opened on a page, and the part that is then looked at: what a menu
lies upon is not meant to be pressed while it is open."""


def faults_at(look: Journey, spot: Spot) -> list[str]:
    """Return what is wrong with a page."""
    look.go(spot.path)
    part = ""
    if spot.opens:
        part = OPENERS[spot.opens](look)
        look.settle()
    over = look.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    wide = [f"{over} px too wide"] if over > 0 else []
    return look.axe(part) + wide


@pytest.mark.parametrize(("spots", "app", "name"), RUNS)
def test_every_page_of_an_app_is_accessible(
    live: Live,
    browser: Browser,
    spots: Callable[[Live, str], list[Spot]],
    app: str,
    name: str,
) -> None:
    size, theme = LOOK_OF[name]
    found = {}
    for look in travel(live, browser, viewport=size, theme=theme):
        look.sign_in()
        for spot in spots(live, app):
            found[f"{spot.kind} {spot.path}"] = faults_at(look, spot)
    assert found
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("name", looks_of("general"))
def test_every_other_page_is_accessible(
    live: Live, browser: Browser, name: str
) -> None:
    size, theme = LOOK_OF[name]
    found = {}
    for look in travel(live, browser, viewport=size, theme=theme):
        look.go("/sign-in")
        found["sign-in"] = look.axe()
        look.page.evaluate("document.querySelector('label').remove()")
        assert look.axe(), "axe finds nothing, not even an input without a label"
        look.sign_in()
        for kind, path in GENERAL.items():
            found[kind] = faults_at(look, Spot(kind, path))
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("name", looks_of("refused"))
def test_a_page_that_is_not_for_somebody_is_accessible(
    live: Live, browser: Browser, name: str
) -> None:
    size, theme = LOOK_OF[name]
    steps = travel(live, browser, viewport=size, theme=theme)
    look = next(steps)
    look.sign_in("salesperson")
    assert faults_at(look, Spot("refused", "/solutions")) == []
    assert "Nothing is here" not in look.page.locator("main").inner_text()
    with pytest.raises(AssertionError, match="status of 403"):
        next(steps)


def test_the_apps_are_those_that_are_installed(live: Live) -> None:
    with open_work(live.database, live.snapshots, SYSTEM, write=False) as work:
        assert sorted(work.catalog.apps) == APPS
