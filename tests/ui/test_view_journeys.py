"""Filters, columns and personal views in a real browser, with and without scripts."""

from playwright.sync_api import expect

from tests.ui.journeys import Journey, make

LIST = "/app/sales/opportunity"


def test_a_filter_is_built_saved_and_opened_again(wide: Journey) -> None:
    make(wide.live, "opportunity", name="Built view deal", estimatedvalue="4711")
    page = wide.sign_in()
    wide.go(LIST)
    page.click("text=Build filter")
    page.wait_for_selector("#dialog[open]")
    page.select_option("[name='f.r.0']", "name")
    page.wait_for_selector("[name='o.r.0']")
    page.fill("[name='v.r.0']", "built view")
    page.click("button[value='related:r']")
    page.wait_for_selector("[name='h.r.1']")
    assert page.input_value("[name='v.r.0']") == "built view"
    page.select_option("[name='h.r.1']", "-")
    page.select_option("[name='c.r.1']", label="Quotes")
    expect(page.locator(".x-in-words")).to_contain_text("has no quotes")
    page.click("#dialog button:has-text('Show records')")
    page.wait_for_selector(".x-chip:has-text('has no quotes')")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.click("a:has-text('Save view')")
    page.fill("#ask-name", "Built by hand")
    page.click("#dialog button[type=submit]")
    page.wait_for_selector("#said :text('is saved')")
    assert page.locator(".x-view").inner_text().strip() == "Built by hand"
    page.click(".x-view")
    page.click(".x-pop[open] a:has-text('Open opportunities')")
    page.wait_for_selector(".x-view:has-text('Open opportunities')")
    page.click(".x-view")
    page.click(".x-pop[open] a:has-text('Built by hand')")
    page.wait_for_selector(".x-chip:has-text('has no quotes')")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.click("[aria-label='More about this list']")
    page.click(".x-pop[open] a:has-text('Delete view')")
    page.click("#dialog button[type=submit]")
    page.wait_for_selector("#said :text('is deleted')")


def test_columns_are_picked_by_keyboard_alone(wide: Journey) -> None:
    page = wide.sign_in()
    wide.go(LIST)
    page.focus("a:has-text('Columns')")
    page.keyboard.press("Enter")
    page.wait_for_selector("#dialog[open]")
    page.focus("[aria-label='Remove Customer']")
    page.keyboard.press("Enter")
    page.wait_for_selector("[aria-label='Remove Customer']", state="detached")
    page.select_option("#field", label="Rating")
    page.focus("button[value=add]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[aria-label='Remove Rating']")
    page.focus("#dialog button:has-text('Show these columns')")
    page.keyboard.press("Enter")
    page.wait_for_selector("th:has-text('Rating')")
    expect(page.locator("th:has-text('Customer')")).to_have_count(0)


def test_filters_and_views_work_without_scripts(plain: Journey) -> None:
    make(plain.live, "opportunity", name="Plain view deal", estimatedvalue="815")
    page = plain.sign_in()
    plain.go(f"{LIST}/filter")
    page.select_option("[name='f.r.0']", "name")
    page.click("text=Update")
    page.fill("[name='v.r.0']", "plain view")
    page.click("button[value='add:r']")
    page.select_option("[name='f.r.1']", "estimatedvalue")
    page.click("text=Update")
    page.select_option("[name='o.r.1']", "ge")
    page.fill("[name='v.r.1']", "800")
    page.click("text=Show records")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.click("a:has-text('Columns')")
    page.click("[aria-label='Remove Customer']")
    page.click("text=Show these columns")
    expect(page.locator("th:has-text('Customer')")).to_have_count(0)
    page.click("a:has-text('Save view')")
    page.fill("#ask-name", "Plain and mine")
    page.click("main button[type=submit]")
    assert "is saved" in plain.said()
    expect(page.locator("tbody tr")).to_have_count(1)
    plain.go(LIST)
    page.click(".x-view")
    page.click("a:has-text('Plain and mine')")
    expect(page.locator("tbody tr")).to_have_count(1)
