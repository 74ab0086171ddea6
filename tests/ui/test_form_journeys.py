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
