"""Journeys through charts and dashboards in a real browser: draw, click, filter."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.ui.journeys import NARROW, WIDE, Journey, travel
from tests.ui.live import Live

DRAWN = (
    "[...document.querySelectorAll('[data-chart] canvas')].map(c => Chart.getChart(c))"
)


def wait_for_charts(page: Page, count: int = 1) -> None:
    """Wait until so many charts are drawn."""
    page.wait_for_function(f"window.Chart && {DRAWN}.filter(Boolean).length >= {count}")


def click_first_bar(page: Page) -> None:
    """Click the middle of the first bar, slice or point of the first chart."""
    place: dict[str, Any] = page.evaluate(
        """() => {
            const canvas = document.querySelector('[data-chart] canvas');
            const bar = Chart.getChart(canvas).getDatasetMeta(0).data[0];
            const at = bar.getCenterPoint();
            const box = canvas.getBoundingClientRect();
            return {x: box.x + at.x, y: box.y + at.y};
        }"""
    )
    page.mouse.click(place["x"], place["y"])


def test_a_click_on_a_bar_opens_its_records(wide: Journey) -> None:
    page = wide.sign_in()
    wide.go("/app/sales/opportunity/charts/won_by_owner")
    wait_for_charts(page)
    figure = page.locator(".x-chart-table tbody td").first
    href = figure.locator("a").get_attribute("href")
    click_first_bar(page)
    page.wait_for_url("**/app/sales/opportunity?chart=won_by_owner**")
    assert page.url == wide.live.address + (href or "")
    assert "Won revenue by owner" in page.locator(".x-bar").first.inner_text()
    rows = page.locator("tbody tr").count()
    page.go_back()
    wait_for_charts(page)
    assert rows > 0


def test_the_figures_are_reached_by_keyboard(wide: Journey) -> None:
    page = wide.sign_in()
    wide.go("/app/sales/dashboards/salesmanager?owner=everyone&period=any")
    wait_for_charts(page, 5)
    tile = page.locator(".x-card", has=page.locator("h2:text('Won revenue by owner')"))
    button = tile.locator("[data-chart-table]")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert not tile.locator("canvas").is_visible()
    tile.locator(".x-chart-table a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**chart=won_by_owner**")


def test_a_dashboard_is_filtered_for_all_tiles(journey: Journey) -> None:
    page = journey.sign_in()
    journey.go("/app/sales/dashboards/sales?owner=everyone")
    wait_for_charts(page, 3)
    assert page.locator(".x-skeleton").count() == 0
    before = page.locator(".x-funnel").inner_text()
    page.click("summary:has-text('Any time')")
    page.click("main .x-menu a:text-is('This month')")
    journey.settle()
    assert "period=this-month" in page.url
    assert page.locator(".x-funnel, .x-chart-empty").first.inner_text() != before
    page.click("a.btn:text-is('Me')")
    journey.settle()
    assert "period=this-month&owner=me" in page.url


def test_colours_follow_the_theme_at_once(wide: Journey) -> None:
    page = wide.sign_in()
    wide.go("/app/sales/opportunity/charts/won_by_quarter")
    wait_for_charts(page)
    color = f"{DRAWN}[0].data.datasets[0].backgroundColor[0]"
    light = page.evaluate(color)
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    page.wait_for_function(f"({color}) !== '{light}'")


def test_the_app_opens_its_dashboard(wide: Journey) -> None:
    for user, name in (("salesmanager", "salesmanager"), ("salesperson", "sales")):
        page = wide.sign_in(user)
        wide.go("/")
        assert page.url.endswith(f"/app/sales/dashboards/{name}")
        wide.context.clear_cookies()
    page = wide.sign_in()
    wide.go("/app/sales/dashboards/sales")
    page.click("summary[aria-label^='Dashboard:']")
    page.click("main .x-menu a:text-is('Service')")
    page.wait_for_url("**/app/sales/dashboards/service")


def test_dashboards_and_charts_work_without_scripts(plain: Journey) -> None:
    page = plain.sign_in()
    plain.go("/app/sales/dashboards/sales?owner=everyone")
    page.click("noscript a")
    assert page.locator(".x-skeleton").count() == 0
    assert page.locator(".x-chart-table table").count() >= 3
    page.click(".x-chart-table a >> nth=0")
    assert re.search("chart=[a-z_]+&at=", page.url)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_dashboard_is_accessible(
    live: Live, browser: Browser, theme: str
) -> None:
    found = {}
    for size in (WIDE, NARROW):
        for look in travel(live, browser, viewport=size, theme=theme):
            look.sign_in()
            for name in ("sales", "salesmanager", "service", "marketing", "management"):
                look.go(f"/app/sales/dashboards/{name}?owner=everyone")
                wait_for_charts(look.page, 2)
                found[f"{name} {size['width']}"] = look.axe()
                over = look.page.evaluate(
                    "document.documentElement.scrollWidth - innerWidth"
                )
                assert over <= 0, name
    assert {name: faults for name, faults in found.items() if faults} == {}
