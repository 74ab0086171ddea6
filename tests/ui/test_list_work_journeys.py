"""Cells changed in place and many records edited, in a real browser."""

from playwright.sync_api import expect

from tests.ui.journeys import Journey, make

LIST = "/app/sales/opportunity?cols=name,estimatedvalue,salesstage,createdon&q="


def test_a_cell_is_changed_by_keyboard_alone(wide: Journey) -> None:
    make(wide.live, "opportunity", name="Keyed in place", estimatedvalue="10")
    page = wide.sign_in()
    wide.go(LIST + "keyed+in+place")
    page.keyboard.press("j")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("F2")
    page.wait_for_selector("#f-estimatedvalue")
    page.keyboard.type("nonsense")
    page.keyboard.press("Enter")
    expect(page.locator("td .x-says")).to_contain_text("must be a number")
    assert page.input_value("#f-estimatedvalue") == "nonsense"
    page.keyboard.press("Control+a")
    page.keyboard.type("2,500")
    page.keyboard.press("Enter")
    page.wait_for_selector("td:has-text('2,500')")
    page.keyboard.press("F2")
    page.wait_for_selector("#f-estimatedvalue")
    page.keyboard.type("7")
    page.keyboard.press("Escape")
    page.wait_for_selector("#f-estimatedvalue", state="detached")
    assert "2,500" in page.locator("tbody tr").inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("F2")
    expect(page.locator("[data-why]")).to_contain_text("Kept by the platform")
    page.keyboard.press("Escape")
    expect(page.locator("[data-why]")).to_have_count(0)


def test_a_cell_is_changed_by_double_click_and_is_accessible(wide: Journey) -> None:
    make(wide.live, "opportunity", name="Clicked in place", salesstage=0)
    page = wide.sign_in()
    wide.go(LIST + "clicked+in+place")
    page.locator("tbody td").nth(3).dblclick()
    page.wait_for_selector("#f-salesstage")
    assert wide.axe() == []
    page.select_option("#f-salesstage", label="Close")
    page.click(".x-cell-do button:has-text('Save')")
    page.wait_for_selector("td .x-choice:has-text('Close')")


def test_selected_records_are_edited_without_scripts(plain: Journey) -> None:
    for letter in "AB":
        make(plain.live, "opportunity", name=f"Bulk plain {letter}", salesstage=0)
    page = plain.sign_in()
    plain.go(LIST + "bulk+plain")
    for box in page.locator("tbody input[name=id]").all():
        box.check()
    page.click(".x-bulk button:has-text('Edit')")
    page.select_option("#field", "salesstage")
    page.click("text=Change this field")
    page.select_option("#f-salesstage", label="Propose")
    page.click("text=Change 2 opportunities")
    assert "2 opportunities changed" in plain.said()
    assert page.locator("tbody .x-choice:has-text('Propose')").count() == 2
