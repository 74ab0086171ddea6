"""Calendar and tree in a real browser: dragged, by keyboard alone, without scripts."""

from datetime import UTC, datetime

from playwright.sync_api import expect

from tests.ui.journeys import Journey, make


def test_a_record_is_dragged_to_another_day(wide: Journey) -> None:
    make(wide.live, "opportunity", name="Dragged in time",
         estimatedclosedate="2031-05-07")  # fmt: skip
    page = wide.sign_in()
    wide.go("/app/sales/opportunity?as=calendar&by=estimatedclosedate&day=2031-05-01")
    page.locator("li[data-movable]:has-text('Dragged in time')").drag_to(
        page.locator("ul[data-day='2031-05-14']")
    )
    day = page.locator("ul[data-day='2031-05-14'] li")
    expect(day).to_have_count(1)
    expect(page.locator("#said")).to_contain_text("moved to")


def test_a_date_is_changed_without_scripts(plain: Journey) -> None:
    make(plain.live, "opportunity", name="Typed in time",
         estimatedclosedate="2032-05-07")  # fmt: skip
    page = plain.sign_in()
    plain.go(
        "/app/sales/opportunity?as=calendar&by=estimatedclosedate&day=2032-05-01"
        "&span=agenda"
    )
    page.click("[aria-label='Edit date of Typed in time']")
    page.fill("#f-estimatedclosedate", "2032-05-09")
    page.click("main button[type=submit]")
    assert "is saved" in plain.said()
    assert page.locator("#day-2032-05-09").count() == 1


def test_activities_are_begun_on_a_day(wide: Journey) -> None:
    page = wide.sign_in()
    now = datetime.now(UTC).date()
    wide.go("/app/sales/task?as=calendar")
    page.click("text=All activities")
    page.wait_for_url("**by=*")
    page.locator(f"td:has(ul[data-day='{now}']) .d > a").first.hover()
    page.click(f"td:has(ul[data-day='{now}']) .x-add")
    page.wait_for_selector("#f-subject")
    assert page.input_value("#f-scheduledstart").startswith(str(now))


def test_a_tree_is_walked_by_keyboard_alone(wide: Journey) -> None:
    top = make(wide.live, "account", name="Zz tree top")
    make(wide.live, "account", name="Zz tree leaf", parentaccountid=top)
    page = wide.sign_in()
    wide.go("/app/sales/account?as=tree&q=Zz+tree+top")
    page.locator("tbody tr").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("tr[aria-level='2']")
    page.keyboard.press("ArrowRight")
    assert "Zz tree leaf" in page.locator("tr:focus").inner_text()
    assert wide.axe() == []
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("tr[aria-level='2']", state="detached")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("tr[aria-level='2']")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.wait_for_selector("#f-name")
    assert page.input_value("#f-name") == "Zz tree leaf"


def test_a_tree_opens_without_scripts(plain: Journey) -> None:
    top = make(plain.live, "account", name="Yy tree top")
    make(plain.live, "account", name="Yy tree leaf", parentaccountid=top)
    page = plain.sign_in()
    plain.go("/app/sales/account?as=tree&q=Yy+tree+top")
    page.click("[aria-label='Open Yy tree top']")
    assert "Yy tree leaf" in page.locator("tr[aria-level='2']").inner_text()
