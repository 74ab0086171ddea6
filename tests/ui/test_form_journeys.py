"""Journeys through a record's page in a real Chromium: timeline, dialogs, lines."""

import re

import pytest

from tests.ui.journeys import Journey, first, make
from xrm.metadata.fields.field_type import Ref


@pytest.fixture
def deal(wide: Journey) -> str:
    """Give the address of a fresh opportunity."""
    made = make(wide.live, "opportunity", name="Cold store")
    return f"/app/sales/opportunity/{made}"


def test_the_timeline_takes_notes_and_activities_without_leaving(
    wide: Journey, deal: str
) -> None:
    page = wide.sign_in()
    wide.go(deal)
    page.fill("#f-name", "Cold store, typed")
    page.fill("#note", "They want two doors")
    page.keyboard.press("Control+Enter")
    page.get_by_text("They want two doors").wait_for()
    page.click("a[aria-label='New task']")
    page.click(".x-entry button.btn-primary")
    page.get_by_text("Subject is required").first.wait_for()
    page.fill("#t-subject", "Measure the hall")
    page.fill("#t-scheduledend", "2020-01-02T10:00")
    page.click(".x-entry button.btn-primary")
    page.get_by_text("days late").wait_for()
    assert "The task is added." in wide.said()
    assert page.input_value("#f-name") == "Cold store, typed"
    page.click("text=Mark as completed")
    page.get_by_text("The task is completed.").wait_for()
    assert page.get_by_text("days late").count() == 0
    page.click(".x-kinds >> text=Notes")
    page.locator("#timeline-stream >> text=Measure the hall").wait_for(state="detached")
    wide.settle()
    page.fill("#timeline-q", "nothing like it")
    page.get_by_text("Nothing fits.").wait_for()
    assert page.evaluate("document.activeElement.id") == "timeline-q"
    page.click("text=Show everything")
    page.click("[aria-label='Edit Note by Ines Adler']")
    page.fill(".x-events textarea", "They want three doors")
    page.click(".x-events button.btn-primary")
    page.get_by_text("three doors").wait_for()
    page.fill("#f-name", "Cold store")


def test_the_timeline_works_without_scripts(plain: Journey) -> None:
    account = make(plain.live, "account", name="Plain Ltd")
    make(plain.live, "task", subject="Old", regardingobjectid=Ref("account", account))
    page = plain.sign_in()
    plain.go(f"/app/sales/account/{account}")
    page.click("text=Show the timeline")
    page.fill("#note", "No scripts here")
    page.click(".x-compose button.btn-primary")
    page.get_by_text("No scripts here").wait_for()
    page.click("a[aria-label='New phone call']")
    page.fill("#t-subject", "Ring them")
    page.click(".x-entry button.btn-primary")
    page.get_by_text("Ring them").wait_for()
    page.locator("li", has_text="Old").get_by_role("button").click()
    page.get_by_text("The task is completed.").wait_for()
    page.click("[aria-label^='Delete Note']")
    page.click("button.btn-danger")
    assert page.get_by_text("No scripts here").count() == 0


def test_the_timeline_is_accessible(journey: Journey) -> None:
    page = journey.sign_in()
    address = f"/app/sales/opportunity/{first(journey.live, 'opportunity')}"
    journey.go(f"{address}/timeline")
    assert journey.axe() == []
    page.click("a[aria-label='New task']")
    page.wait_for_selector("#t-subject")
    assert journey.axe() == []
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    assert re.search("/timeline$", page.url)


def test_a_record_is_made_from_anywhere(wide: Journey) -> None:
    page = wide.sign_in()
    page.click(".x-top summary:has-text('New')")
    page.click(".x-top .x-menu >> text=Contact")
    page.fill("#q-firstname", "Ada")
    page.click("dialog >> text=Save and new")
    page.get_by_text("Last name is required").first.wait_for()
    assert page.input_value("#q-firstname") == "Ada"
    assert page.evaluate("document.activeElement.id") == "q-lastname"
    page.fill("#q-lastname", "Lindqvist")
    page.click("dialog >> text=Save and new")
    page.get_by_text("“Ada Lindqvist” is saved.").wait_for()
    assert page.input_value("#q-lastname") == ""
    page.fill("#q-lastname", "Berg")
    page.keyboard.press("Control+Enter")
    page.click("text=Open “Berg”")
    page.wait_for_url(re.compile("/contact/"))
    assert page.input_value("#f-lastname") == "Berg"


def test_a_lookup_is_filled_by_keyboard_and_by_what_it_makes(
    wide: Journey, deal: str
) -> None:
    make(wide.live, "account", name="Quince Logistics", accountnumber="Q-77")
    page = wide.sign_in()
    wide.go(deal)
    page.focus("#f-customerid")
    page.locator(".x-hits [role=option]").first.wait_for()
    page.keyboard.press("Escape")
    assert page.locator(".x-hits [role=option]").count() == 0
    page.keyboard.type("quince")
    page.get_by_text("Q-77").wait_for()
    page.wait_for_selector("[aria-selected=true]")
    page.keyboard.press("Enter")
    assert page.input_value("#f-customerid") == "Quince Logistics"
    assert page.locator(".x-hits [role=option]").count() == 0
    page.click("[aria-label='Clear customer']")
    assert page.input_value("[name=customerid]") == ""
    page.keyboard.type("Zebra Works")
    page.click("text=Create account “Zebra Works”")
    page.wait_for_selector("dialog[open] #q-name")
    assert page.input_value("#q-name") == "Zebra Works"
    page.click("dialog button.btn-primary")
    page.wait_for_selector("dialog", state="hidden")
    assert page.input_value("#f-customerid") == "Zebra Works"
    assert page.input_value("[name=customerid]").startswith("account:")
    wide.save()
    assert page.input_value("#f-customerid") == "Zebra Works"


def test_a_lookup_offers_records_without_scripts(plain: Journey) -> None:
    make(plain.live, "account", name="Quillon Mills")
    made = make(plain.live, "opportunity", name="Plain deal")
    page = plain.sign_in()
    plain.go(f"/app/sales/opportunity/{made}")
    page.fill("#f-name", "Plain deal, typed")
    page.fill("#f-customerid", "quillon")
    page.click("[aria-label='Find customer']")
    assert page.input_value("#f-name") == "Plain deal, typed"
    option = page.locator("#f-customerid option", has_text="Quillon Mills")
    page.select_option("#f-customerid", option.get_attribute("value"))
    plain.save()
    assert page.input_value("#f-customerid") == "Quillon Mills"


def test_a_related_list_takes_a_new_record_where_it_stands(wide: Journey) -> None:
    made = make(wide.live, "account", name="Tarn Foods")
    page = wide.sign_in()
    wide.go(f"/app/sales/account/{made}")
    page.click("text=Add contact")
    page.fill("#q-lastname", "Okafor")
    page.click("dialog button.btn-primary")
    page.locator(".x-section td >> text=Okafor").wait_for()


def test_quick_create_is_accessible(journey: Journey) -> None:
    page = journey.sign_in()
    journey.go("/app/sales/opportunity")
    if journey.is_narrow:
        page.click(".x-bottom >> text=New")
    else:
        page.click(".x-top summary:has-text('New')")
        page.click(".x-top .x-menu >> text=Opportunity")
    page.wait_for_selector("dialog[open] .x-quick")
    assert journey.axe() == []


def test_lines_are_written_by_keyboard_alone(wide: Journey, deal: str) -> None:
    page = wide.sign_in()
    wide.go(f"{deal}?tab=products")
    page.wait_for_selector(".x-line.is-new")
    page.focus("[data-add-line]")
    page.keyboard.press("Enter")
    for name, number in (("gateway g200", "20"), ("cable set", "3")):
        page.keyboard.type(name)
        page.wait_for_selector(".x-line.is-new [aria-selected=true]")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type(number)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type("12.50")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "n => document.querySelectorAll('.x-line:not(.is-new)').length === n"
            " && document.activeElement.name === 'line.productid.text'",
            arg=1 if number == "20" else 2,
        )
    page.locator("tfoot", has_text="287.50").wait_for()
    lines = page.locator(".x-line:not(.is-new)")
    products = [
        lines.nth(n).locator("[name='line.productid.text']").input_value()
        for n in range(2)
    ]
    assert ["G200" in products[0], "cable set" in products[1].lower()] == [True] * 2
    page.locator("#f-totallineitemamount-field", has_text="287.50").wait_for()
    quantity = lines.nth(0).locator("[name='line.quantity']")
    quantity.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.name") == "line.quantity"
    page.keyboard.press("ArrowUp")
    page.keyboard.type("many")
    page.keyboard.press("Enter")
    page.get_by_text("Not saved, ").wait_for()
    assert quantity.input_value() == "many"
    quantity.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    page.locator("tfoot", has_text="87.50").wait_for()
    assert wide.axe() == []
    page.once("dialog", lambda asked: asked.accept())
    lines.nth(0).get_by_role("button", name=re.compile("^Delete")).click()
    page.locator("tfoot", has_text="37.50").wait_for()
    page.fill("#f-discountpercentage", "10")
    wide.save()
    assert "is saved" in wide.said()


def test_a_line_is_changed_without_scripts(plain: Journey) -> None:
    made = make(plain.live, "opportunity", name="Plain lines")
    make(plain.live, "opportunityproduct", opportunityid=Ref("opportunity", made),
         productdescription="Odd job", quantity=1, priceperunit=10)  # fmt: skip
    page = plain.sign_in()
    plain.go(f"/app/sales/opportunity/{made}?tab=products")
    page.click("text=Show Lines")
    page.click("td a >> nth=0")
    page.fill("#f-quantity", "6")
    plain.save()
    plain.go(f"/app/sales/opportunity/{made}/related/opportunity_products")
    assert page.get_by_text("60.00").count() or page.get_by_text("60").count()


def test_a_note_takes_a_file(wide: Journey, deal: str) -> None:
    page = wide.sign_in()
    wide.go(deal)
    page.fill("#note", "The plan of the hall")
    page.set_input_files(
        "[data-attach]",
        {"name": "plan.txt", "mimeType": "text/html", "buffer": b"two doors"},
    )
    page.get_by_text("plan.txt").wait_for()
    page.click(".x-compose button.btn-primary")
    page.locator(".x-attached", has_text="plan.txt").wait_for()
    with page.expect_download() as waiting:
        page.click(".x-attached")
    assert waiting.value.suggested_filename == "plan.txt"
    assert waiting.value.path().read_bytes() == b"two doors"
    assert wide.axe() == []


def test_a_note_takes_a_file_without_scripts(plain: Journey) -> None:
    made = make(plain.live, "account", name="Plain files")
    page = plain.sign_in()
    plain.go(f"/app/sales/account/{made}/timeline")
    page.set_input_files(
        "[data-attach]",
        {"name": "offer.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 x"},
    )
    page.click(".x-compose button.btn-primary")
    page.locator(".x-attached", has_text="offer.pdf").wait_for()


def test_own_activities_are_put_off_and_completed(journey: Journey) -> None:
    page = journey.sign_in("salesperson")
    journey.go("/app/sales/my-activities")
    assert journey.axe() == []
    first_one = page.locator(".x-reminders li").first
    title = first_one.locator(".x-lead").inner_text()
    first_one.locator("summary").click()
    page.get_by_role("button", name="In a week").first.click()
    page.get_by_text("is put off.").wait_for()
    page.locator(".x-reminders li", has_text=title).first.get_by_role(
        "button", name="Mark as"
    ).click()
    page.get_by_text("is completed.").or_(page.get_by_text("is sent.")).first.wait_for()
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
