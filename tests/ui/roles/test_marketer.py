"""The days of a marketer, who works on campaigns, lists, responses and leads."""

import re

from playwright.sync_api import expect

from tests.ui.journeys import make, work_off
from tests.ui.roles.people import Keys, Person, file
from xrm.metadata.fields.field_type import Ref

WHO, START = "marketing", "/app/marketing/my-activities"


def test_a_campaign_is_prepared(person: Person) -> None:
    """Make a campaign, an activity of it and a response to it, launch it."""
    page, name = person.page, person.named("Open day")
    person.enter("Campaigns")
    person.go("/app/marketing/campaign/new")
    page.fill("#f-name", name)
    page.fill("#f-budgetedcost", "12,000")
    person.save()
    assert "is created" in person.said()
    campaign = page.url.rpartition("/")[2].partition("?")[0]
    person.timeline()
    page.click("a[aria-label='New campaign activity']")
    page.fill("#t-subject", "Print the invitations")
    page.click(".x-entry button.btn-primary")
    person.says("The campaign activity is added.")
    page.click("a[aria-label='New campaign response']")
    page.fill("#t-subject", "Comes with two colleagues")
    page.click(".x-entry button.btn-primary")
    person.says("The campaign response is added.")
    expect(page.locator("#timeline-stream")).to_contain_text("Print the invitations")
    person.is_right()
    person.go(f"/app/marketing/campaign/{campaign}")
    page.select_option("#f-typecode", label="Event")
    person.save()
    assert "is saved" in person.said()
    person.is_right()


def test_a_list_gets_its_members(person: Person) -> None:
    """Make a marketing list of contacts, put a contact on it, see it is counted."""
    page, name = person.page, person.named("Guests")
    guest = person.named("Marlow")
    person.owns("contact", firstname="Ada", lastname=guest)
    person.go("/app/marketing/list/new")
    page.fill("#f-listname", name)
    page.select_option("#f-createdfromcode", label="Contact")
    person.save()
    assert "is created" in person.said()
    person.tab("Members")
    person.related("members").get_by_text("Add list member").click()
    page.wait_for_selector("dialog[open] .x-quick")
    person.pick("q-entityid", guest)
    page.fill("#q-name", guest)
    page.click("dialog button.btn-primary")
    expect(person.related("members")).to_contain_text(guest)
    person.is_right()


def test_leads_of_a_fair_are_imported(person: Person) -> None:
    """Import a file of leads, read which row is refused and why, see the good one."""
    page, name = person.page, person.named("Fairs")
    rows = f"Topic,Last name,Email\n{name},Ade,a@x.example\n{name},,b@x.example\n"
    person.go("/app/marketing/lead")
    person.tool("Import a file")
    page.set_input_files("#file", file("fair.csv", rows))
    page.click("text=Match columns")
    expect(page.locator("select[name='field.1']")).to_have_value("lastname")
    person.is_right()
    page.click(".x-head button.btn-primary")
    page.wait_for_url(re.compile(r"/jobs$"))
    job = page.locator("#jobs li").first
    expect(job).to_contain_text("fair.csv")
    work_off(person.live)
    expect(job).to_contain_text("1 added")
    expect(job).to_contain_text("1 refused")
    person.is_right()
    person.go(f"/app/marketing/lead?q={name.replace(' ', '+')}")
    expect(page.locator("a.lead")).to_have_count(1)


def test_responses_are_read_by_keyboard_alone(keys: Keys) -> None:
    """Open the chart of leads by keys, go to the figures, open the leads behind one."""
    person, page = keys.person, keys.page
    person.go("/app/marketing/lead/charts/by_source")
    keys.into_main()
    keys.follow(".x-chart-table tbody a", "chart=by_source")
    page.locator("#rows tbody tr").first.wait_for()
    keys.into_main()
    keys.tab_to("summary:has-text('Add filter')")
    keys.press("Enter")
    page.wait_for_selector("#filter-field")
    person.settle()
    keys.tab_to("#filter-field")
    keys.type("Topic")
    page.wait_for_selector("#filter-value")
    person.settle()
    keys.tab_to("#filter-value")
    keys.type("cloud")
    keys.press("Enter")
    expect(page.locator(".x-bar").first).to_contain_text("cloud")
    person.is_right()


def test_campaigns_are_kept_without_scripts(without_scripts: Person) -> None:
    """Change a campaign, filter the list and keep it as a view, by forms alone."""
    person, page = without_scripts, without_scripts.page
    name, view = person.named("Letters"), person.named("My letters")
    made = person.owns("campaign", name=name)
    account = Ref("account", make(person.live, "account", name=person.named("Print")))
    make(person.live, "campaignresponse", subject="By letter",
         regardingobjectid=Ref("campaign", made), ownerid=Ref("systemuser", person.key),
         description=str(account.id))  # fmt: skip
    person.show("marketing", "campaign", made)
    page.fill("#f-expectedrevenue", "2,500")
    person.save()
    assert "is saved" in person.said()
    person.show("marketing", "campaign", made, "/timeline")
    person.follow(page.locator("#timeline-stream a", has_text="By letter"))
    assert "/campaignresponse/" in page.url
    person.go("/app/marketing/campaign/filter")
    page.select_option("[name='f.r.0']", "name")
    person.follow("text=Update")
    page.fill("[name='v.r.0']", name)
    person.follow("text=Show records")
    assert page.locator("#rows tbody tr").count() == 1
    person.follow("a:has-text('Save view')")
    page.fill("#ask-name", view)
    person.follow("main button[type=submit]")
    assert "is saved" in person.said()
    expect(page.locator(".x-view")).to_contain_text(view)
