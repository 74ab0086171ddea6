"""The board in a real browser: dragged, moved by keyboard alone, without scripts."""

from uuid import UUID

from playwright.sync_api import Page, expect

from tests.ui.journeys import Journey, make
from xrm.platform.database.work import open_work
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.run import run
from xrm.platform.security.actors import SYSTEM

BOARD = "/app/sales/opportunity?as=board&q=Travelling+deal"


def stage_of(journey: Journey, record: UUID) -> int | None:
    live = journey.live
    with open_work(live.database, live.snapshots, SYSTEM, write=False) as work:
        where = Compare("opportunityid", "eq", (record,))
        row = run(work, Query("opportunity", ("salesstage",), where)).rows[0]
        found: int | None = row["salesstage"]
        return found


def lane(page: Page, label: str) -> str:
    return page.locator(f"[data-label='{label}']").inner_text()


def test_a_card_is_dragged_to_another_lane(wide: Journey) -> None:
    record = make(wide.live, "opportunity", name="Travelling deal A", salesstage=0)
    page = wide.sign_in()
    wide.go(BOARD + "+A")
    page.locator(".x-tile").drag_to(page.locator("[data-label=Propose]"))
    expect(page.locator("[data-label=Propose] .x-tile")).to_have_count(1)
    expect(page.locator("#said")).to_contain_text("moved to Propose")
    assert stage_of(wide, record) == 2


def test_a_card_is_moved_by_keyboard_alone(wide: Journey) -> None:
    record = make(wide.live, "opportunity", name="Travelling deal B", salesstage=0)
    page = wide.sign_in()
    wide.go(BOARD + "+B")
    page.locator(".x-tile a.x-lead").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#dialog[open]")
    page.focus("#reason")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#said :text('moved to Develop')")
    assert "Travelling deal B" in lane(page, "Develop")
    assert stage_of(wide, record) == 1


def test_a_card_is_moved_without_scripts(plain: Journey) -> None:
    record = make(plain.live, "opportunity", name="Travelling deal C", salesstage=0)
    page = plain.sign_in()
    plain.go(BOARD + "+C")
    page.click("[aria-label='Move Travelling deal C to …']")
    page.select_option("#reason", label="Close")
    page.click("main button[type=submit]")
    assert "moved to Close" in plain.said()
    assert "Travelling deal C" in lane(page, "Close")
    assert stage_of(plain, record) == 3
