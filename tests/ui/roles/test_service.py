"""The days of a service agent, who works on the cases of the unit."""

import re

from playwright.sync_api import expect

from tests.ui.journeys import make
from tests.ui.roles.people import Keys, Person, file
from xrm.metadata.fields.field_type import Ref

WHO, START = "service", "/app/service/my-activities"


def case_of(person: Person, title: str, customer: str) -> str:
    """Return the address of a new case of the person."""
    account = Ref("account", make(person.live, "account", name=customer))
    made = person.owns("incident", title=title, customerid=account, prioritycode=2)
    return f"/app/service/incident/{made}"


def test_a_case_is_taken_and_solved(person: Person) -> None:
    """Open a case of the list, write what was done, attach a file, resolve it."""
    title = person.named("Sensor is dead")
    case_of(person, title, person.named("Mill"))
    page = person.page
    person.enter("Cases")
    person.go("/app/service/incident?view=my")
    page.locator("a.lead", has_text=title).click()
    page.wait_for_selector("#record")
    page.select_option("#f-prioritycode", label="High")
    person.save()
    assert "is saved" in person.said()
    person.timeline()
    page.fill("#note", "Changed the battery")
    page.set_input_files("[data-attach]", file("battery.txt", "model 7"))
    page.click(".x-compose button.btn-primary")
    page.locator(".x-attached", has_text="battery.txt").wait_for()
    text = person.downloaded(lambda: page.click(".x-attached"))
    assert text == "model 7"
    person.is_right()
    person.find(title, title)
    person.act("Mark as resolved")
    page.select_option("#dialog #reason", label="Problem Solved")
    person.confirm()
    expect(page.locator(".x-pill").first).to_have_text("Problem Solved")
    expect(page.locator("#record .btn-primary:visible")).to_have_count(0)
    person.is_right()


def test_a_customer_calls_about_something_new(person: Person) -> None:
    """Find the customer, make a contact and a case for it, then the call as a task."""
    page, name = person.page, person.named("Brook Dairy")
    made = person.owns("account", name=name)
    person.find(name, name)
    assert str(made) in page.url
    person.related("contacts").get_by_text("Add contact").click()
    page.wait_for_selector("dialog[open] #q-lastname")
    page.fill("#q-lastname", "Okafor")
    page.click("dialog button.btn-primary")
    page.locator(".x-section td >> text=Okafor").wait_for()
    person.go(f"/app/service/incident/new?by=customerid&from=account:{made}")
    assert page.input_value("#f-customerid") == name
    page.fill("#f-title", person.named("Meter counts backwards"))
    page.select_option("#f-caseorigincode", label="Phone")
    person.save()
    assert "is created" in person.said()
    person.timeline()
    page.click("a[aria-label='New task']")
    page.fill("#t-subject", "Send a technician")
    page.click(".x-entry button.btn-primary")
    person.says("The task is added.")
    person.is_right()


def test_an_answer_becomes_an_article(person: Person) -> None:
    """Write an article, find it by search as the next agent would, rate it."""
    page, title = person.page, person.named("Counts backwards")
    person.enter("Knowledge articles")
    person.go("/app/service/knowledgearticle/new")
    page.fill("#f-title", title)
    person.save()
    assert "is created" in person.said()
    person.go(f"/search?q={title.replace(' ', '+')}")
    page.locator("#found a[href*='/knowledgearticle/']", has_text=title).click()
    page.wait_for_url(re.compile(r"/knowledgearticle/"))
    person.settle()
    person.is_right()
    page.locator(".x-pin button").click()
    person.says("Pinned")
    person.go("/me/shortcuts")
    expect(page.locator("main")).to_contain_text(title)
    page.locator("main a", has_text=title).first.click()
    page.locator(".x-pin button").click()
    person.says("Unpinned")


def test_cases_are_worked_off_by_keyboard_alone(keys: Keys) -> None:
    """Open the list by the palette, go through rows, open one, change it, save it."""
    person, page = keys.person, keys.page
    title = person.named("Keyed case")
    case_of(person, title, person.named("Keyed mill"))
    keys.press("Control+k")
    page.wait_for_selector("#palette[open] input:focus")
    keys.type(title)
    page.locator("#results [aria-selected=true]", has_text=title).wait_for()
    keys.press("Enter")
    page.wait_for_url(re.compile(r"/incident/[0-9a-f-]{36}"))
    person.settle()
    keys.into_main()
    keys.tab_to("#f-title")
    keys.press("End")
    keys.type(", again")
    keys.tab_to("#f-casetypecode")
    keys.type("Problem")
    keys.press("Control+s")
    person.says("is saved")
    person.settle()
    assert page.input_value("#f-title") == title + ", again"
    person.go(f"/app/service/incident?q={title.replace(' ', '+')}")
    keys.press("j", "x")
    if not person.is_narrow:
        assert page.locator("[data-selected]").inner_text() == "1"
    keys.press("Enter")
    page.wait_for_url(re.compile(r"/incident/[0-9a-f-]{36}"))
    person.is_right()


def test_a_case_is_answered_without_scripts(without_scripts: Person) -> None:
    """Search, open, write a note, put it on hold, all by forms and links."""
    person, page = without_scripts, without_scripts.page
    title = person.named("Plain case")
    address = case_of(person, title, person.named("Plain mill"))
    person.go(f"/app/service/incident?q={title.replace(' ', '+')}")
    person.follow(page.locator("a.lead", has_text=title))
    assert address in page.url
    page.fill("#f-description", "Came by letter")
    person.save()
    assert "is saved" in person.said()
    person.go(address + "/timeline")
    page.fill("#note", "Asked for the serial number")
    page.click(".x-compose button.btn-primary")
    page.get_by_text("Asked for the serial number").wait_for()
    person.go(address)
    bar = page.locator(".x-save" if person.is_narrow else ".x-head.record")
    bar.locator("a", has_text="Mark as resolved").first.click()
    page.select_option("#reason", label="Information Provided")
    page.click("main button[type=submit]")
    expect(page.locator(".x-pill").first).to_have_text("Information Provided")
