"""The days of an administrator, who keeps people, rights, units and currencies."""

import re

from playwright.sync_api import expect

from tests.ui.journeys import first, make
from tests.ui.roles.people import Person
from xrm.metadata.fields.field_type import Ref

WHO, START = "admin", "/app/settings/systemuser"


def test_somebody_new_begins(person: Person) -> None:
    """Make a user, give a role to the user, see both ends of the link."""
    page, name = person.page, person.named("Novak").replace(" ", "-")
    person.enter("Users")
    person.go("/app/settings/systemuser/new")
    page.fill("#f-domainname", name.lower())
    page.fill("#f-firstname", "Eva")
    page.fill("#f-lastname", name)
    person.pick("f-businessunitid", "Sales North")
    person.save()
    assert "is created" in person.said()
    person.tab("Roles and teams")
    person.related("roles").get_by_text("Link role").click()
    page.wait_for_selector("#dialog[open] [role=combobox]")
    page.locator("#dialog [role=combobox]").fill("Salesperson")
    page.locator("#dialog [role=option]", has_text="Salesperson").first.click()
    page.click("#dialog button[type=submit]")
    person.says("linked")
    person.tab("Roles and teams")
    expect(person.related("roles")).to_contain_text("Salesperson")
    person.is_right()


def test_a_unit_and_its_team_are_made(person: Person) -> None:
    """Make a unit below another, find it in the tree, make a team in it."""
    page, name = person.page, person.named("Branch")
    person.enter("Business units")
    person.go("/app/settings/businessunit/new")
    page.fill("#f-name", name)
    person.pick("f-parentbusinessunitid", "Sales")
    person.save()
    assert "is created" in person.said()
    person.go(f"/app/settings/businessunit?as=tree&q={name.replace(' ', '+')}")
    expect(page.locator("tbody")).to_contain_text(name)
    person.is_right()
    person.go("/app/settings/team/new")
    page.fill("#f-name", person.named("Crew"))
    person.pick("f-businessunitid", name)
    person.save()
    assert "is created" in person.said()
    person.is_right()


def test_a_currency_is_entered(person: Person) -> None:
    """Enter a currency with a refusal, mend it, use it in a deal."""
    page, name = person.page, person.named("Krone")
    code = {"wide-light": "DKK", "wide-dark": "SEK", "narrow-light": "NOK",
            "narrow-dark": "ISK"}[person.look]  # fmt: skip
    person.enter("Currencies")
    person.go("/app/settings/transactioncurrency/new")
    page.fill("#f-currencyname", name)
    page.fill("#f-isocurrencycode", code)
    page.fill("#f-currencysymbol", "kr")
    page.fill("#f-exchangerate", "seven")
    person.save()
    expect(page.locator("#faults")).to_contain_text("Exchange rate")
    assert page.input_value("#f-currencyname") == name
    page.fill("#f-exchangerate", "7.46")
    person.save()
    assert "is created" in person.said()
    person.go("/app/settings/transactioncurrency")
    expect(page.locator("#list")).to_contain_text(name)
    person.is_right()


def test_somebody_leaves(person: Person) -> None:
    """Disable a user with the reason, read it in the history, look at all jobs."""
    page, name = person.page, person.named("Leaver")
    unit = Ref("businessunit", first(person.live, "businessunit"))
    user = make(person.live, "systemuser", domainname=name.replace(" ", "-"),
                lastname=name, businessunitid=unit)  # fmt: skip
    person.show("settings", "systemuser", user)
    page.check("#f-isdisabled")
    page.fill("#f-disabledreason", "Left the company")
    person.save()
    assert "is saved" in person.said()
    person.show("settings", "systemuser", user, "/history")
    expect(page.locator("main")).to_contain_text("Left the company")
    person.is_right()
    person.go("/jobs")
    page.click("text=Show everyone’s jobs")
    page.wait_for_url(re.compile("everyone|all|of="))
    expect(page.get_by_text("Show my jobs")).to_be_visible()
    person.is_right()


def test_rights_are_looked_up_without_scripts(without_scripts: Person) -> None:
    """Open a role, see who holds it, read the help about access, change a setting."""
    person, page = without_scripts, without_scripts.page
    person.go("/app/settings/role?q=Marketing")
    person.follow(page.locator("a.lead", has_text="Marketing"))
    person.follow(page.locator("a:visible", has_text="Show Users"))
    expect(page.locator("main")).to_contain_text("Tomás Reyes")
    person.go("/help/administrator/access")
    expect(page.locator("h1").first).to_be_visible()
    person.go("/settings/me")
    page.select_option("#page_size", "100")
    person.follow("text=Save settings")
    assert "Your settings are saved." in person.said()
    page.select_option("#page_size", "50")
    person.follow("text=Save settings")
