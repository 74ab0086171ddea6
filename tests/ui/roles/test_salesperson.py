"""The days of a salesperson, who works on own leads, deals and activities."""

import re

from playwright.sync_api import expect

from tests.ui.roles.people import Keys, Person

WHO, START = "salesperson", "/app/sales/my-activities"


def test_a_lead_is_called_and_given_up(person: Person) -> None:
    """Find a lead, log the call in its timeline, correct it, disqualify it."""
    name = person.named("Arlo")
    lead = person.owns(
        "lead", subject="Cold store", firstname=name, lastname="Quimby", telephone1="1"
    )
    page = person.page
    person.find(name, name)
    assert str(lead) in page.url
    person.timeline()
    page.click("a[aria-label='New phone call']")
    page.fill("#t-subject", "Asked for the budget")
    page.click(".x-entry button.btn-primary")
    call = page.locator("#timeline-stream li", has_text="Asked for the budget")
    call.get_by_role("button", name="Mark as").click()
    person.says("The phone call is")
    person.is_right()
    person.show("sales", "lead", lead, "?tab=qualification")
    page.select_option("#f-budgetstatus", index=1)
    page.fill("#f-qualificationcomments", "Nothing before next year")
    person.save()
    assert "is saved" in person.said()
    person.act("Mark as disqualified")
    page.select_option("#dialog #reason", label="No Longer Interested")
    person.confirm()
    expect(page.locator(".x-pill").first).to_have_text("No Longer Interested")
    person.is_right()
    person.go("/app/sales/lead?q=" + name.replace(" ", "+"))
    expect(page.locator("a.lead", has_text="Quimby")).to_have_count(0)


def test_a_deal_is_made_with_its_lines(person: Person) -> None:
    """Make an opportunity of a customer, add a product, see the sum, quote it."""
    page, name = person.page, person.named("Deal of a day")
    person.enter("Opportunities")
    person.go("/app/sales/opportunity/new")
    page.fill("#f-name", name)
    person.pick("f-customerid", "Quarz")
    page.fill("#f-estimatedvalue", "9,000")
    page.fill("#f-estimatedclosedate", "2031-04-01")
    person.save()
    assert "is created" in person.said()
    person.tab("Products")
    page.click("[data-add-line]")
    line = page.locator(".x-line.is-new")
    line.locator("[name='line.productid.text']").fill("G200")
    line.locator("[role=option]").first.click()
    line.locator("[name='line.quantity']").fill("3")
    page.keyboard.press("Enter")
    expect(page.locator(".x-line:not(.is-new)")).to_have_count(1)
    total = page.locator("tfoot")
    expect(total).to_contain_text(re.compile(r"\d"))
    person.is_right()
    person.go("/app/sales/opportunity?view=my")
    expect(page.locator(".x-list")).to_contain_text(name)


def test_a_deal_moves_on_by_keyboard_alone(keys: Keys) -> None:
    """Move a card on the board, open the deal, write a note: without a pointer."""
    person, page = keys.person, keys.page
    name = person.named("Deal for keys")
    person.owns("opportunity", name=name, salesstage=0)
    person.go(f"/app/sales/opportunity?as=board&q={name.replace(' ', '+')}")
    keys.move(name, "Develop")
    keys.follow(".x-tile a.x-lead", "/opportunity/[0-9a-f-]{36}")
    if person.is_narrow:
        keys.follow(".x-tabs a:text-is('Timeline')", "/timeline")
    page.wait_for_selector("#timeline-stream")
    keys.tab_to("#note")
    keys.type("They decide in spring")
    keys.press("Control+Enter")
    expect(page.locator("#timeline-stream")).to_contain_text("They decide in spring")
    person.is_right()


def test_tomorrow_is_planned(person: Person) -> None:
    """Put off what is due, complete a task, enter an appointment in the calendar."""
    page, name = person.page, person.named("Visit")
    task, call = person.named("Send papers"), person.named("Ring them")
    person.owns("task", subject=task, scheduledend="2020-01-02T10:00:00Z")
    person.owns("phonecall", subject=call, scheduledend="2020-01-03T10:00:00Z")
    person.enter("To do")
    late = page.locator(".x-reminders li", has_text=call)
    late.locator("summary").click()
    late.get_by_role("button", name="Tomorrow").click()
    person.says("is put off")
    page.get_by_role("button", name=f"Mark as completed: {task}").click()
    person.says("is completed")
    expect(page.locator(".x-reminders li", has_text=task)).to_have_count(0)
    person.is_right()
    person.go("/app/sales/appointment/new?set.scheduledstart=2031-06-03T09:00:00Z")
    page.fill("#f-subject", name)
    page.fill("#f-scheduledend", "2031-06-03T12:00")
    person.save()
    assert "is created" in person.said()
    person.go("/app/sales/appointment?as=calendar&day=2031-06-03&span=week")
    page.locator(".x-ev", has_text=name).first.click()
    expect(page.locator(".x-title")).to_contain_text(name)
    person.is_right()


def test_a_list_of_ones_own_is_kept_and_exported(person: Person) -> None:
    """Filter accounts, keep that as a view, export it, delete it again."""
    page, view = person.page, person.named("Big ones")
    city = person.named("Town")
    for number in range(2):
        person.owns("account", name=f"{city} {number}", address1_city=city)
    person.go("/app/sales/account/filter")
    page.select_option("[name='f.r.0']", "address1_city")
    page.wait_for_selector("[name='v.r.0']")
    page.fill("[name='v.r.0']", city)
    page.click("button:has-text('Show records')")
    expect(page.locator(".x-chip").first).to_contain_text(city)
    page.click("a:has-text('Save view')")
    page.fill("#ask-name", view)
    page.click("#dialog button[type=submit]")
    person.says("is saved")
    expect(page.locator(".x-view")).to_contain_text(view)
    person.is_right()
    text = person.downloaded(lambda: person.tool("Export to CSV"))
    assert text.count(city) >= 2, text
    person.tool("Delete view")
    page.click("#dialog button[type=submit]")
    person.says("is deleted")
