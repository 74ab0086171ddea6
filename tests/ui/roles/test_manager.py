"""The days of a sales manager, who sees and leads what the unit owns."""

import re

from playwright.sync_api import expect

from tests.ui.journeys import make
from tests.ui.roles.people import Keys, Person
from xrm.metadata.fields.field_type import Ref
from xrm.rule_engine import core_names
from xrm.solutions.records_files import record_key

WHO, START = "salesmanager", "/app/sales/my-activities"
DRAWN = (
    "window.Chart && [...document.querySelectorAll('[data-chart] canvas')]"
    ".map(c => Chart.getChart(c)).filter(Boolean).length"
)


def test_the_week_begins_with_the_dashboard(person: Person) -> None:
    """Choose a period for all tiles, open a chart, then the deals behind a figure."""
    page = person.page
    person.enter("Team dashboard")
    page.wait_for_function(f"({DRAWN}) >= 3")
    page.locator("main summary", has_text="year").first.click()
    page.click("main .x-menu a:text-is('Any time')")
    page.wait_for_url("**period=any**")
    person.settle()
    page.wait_for_function(f"({DRAWN}) >= 3")
    person.is_right()
    tile = page.locator(".x-card", has=page.locator("h2:text('Won revenue by owner')"))
    tile.locator("summary").click()
    tile.get_by_text("Open the chart").click()
    page.wait_for_url("**/charts/won_by_owner**")
    page.wait_for_function(f"({DRAWN}) >= 1")
    page.locator(".x-chart-table tbody a").first.click()
    page.wait_for_url("**chart=won_by_owner**")
    person.settle()
    page.locator("#rows tbody tr").first.wait_for()
    person.is_right()


def test_deals_go_to_another_person(person: Person) -> None:
    """Assign deals of the team; on the phone, change one field of all of them."""
    page, name = person.page, person.named("Handed over")
    lena = Ref(core_names.USER, record_key(core_names.USER, "salesperson"))
    for letter in "AB":
        make(person.live, "opportunity", name=f"{name} {letter}", ownerid=lena)
    person.go(f"/app/sales/opportunity?q={name.replace(' ', '+')}")
    boxes = page.locator("tbody input[name=id]")
    expect(boxes).to_have_count(2)
    if person.is_narrow:
        person.tool("Edit all of them")
        page.wait_for_selector("#field")
        page.select_option("#field", "opportunityratingcode")
        page.click("text=Change this field")
        page.select_option("#f-opportunityratingcode", label="Hot")
        page.click("text=Change 2 opportunities")
        person.says("2 opportunities changed")
    else:
        for box in boxes.all():
            box.check()
        page.click(".x-bulk button:has-text('Assign')")
        page.wait_for_selector("#dialog[open]")
        page.fill("#owner", "Jonas")
        page.locator("#owner-hits [role=option]", has_text="Jonas").first.click()
        page.click("#dialog button[type=submit]")
        person.says("2 opportunities assigned")
        expect(page.locator("tbody tr").first).to_contain_text("Jonas Berg")
    person.is_right()


def test_a_goal_is_set_for_somebody(person: Person) -> None:
    """Set a goal in money for a salesperson, change the target, look at its history."""
    page, name = person.page, person.named("Spring")
    metric = person.named("Revenue")
    make(person.live, "metric", name=metric)
    person.enter("Goals")
    person.go("/app/sales/goal/new")
    page.fill("#f-title", name)
    person.pick("f-metricid", metric)
    person.pick("f-goalownerid", "Lena Hofer")
    page.fill("#f-targetmoney", "50,000")
    person.save()
    assert "is created" in person.said()
    page.fill("#f-targetmoney", "60,000")
    person.save()
    assert "is saved" in person.said()
    record = page.url.partition("?")[0].removeprefix(person.live.address)
    person.go(f"{record}/history")
    expect(page.locator("main")).to_contain_text("60,000.00")
    person.is_right()


def test_the_pipeline_is_gone_through_by_keyboard_alone(keys: Keys) -> None:
    """Find a deal on the board, move it, look into the menu: without a pointer."""
    person, page = keys.person, keys.page
    name = person.named("Stuck deal")
    clara = Ref(core_names.USER, record_key(core_names.USER, "clara.moreau"))
    make(person.live, "opportunity", name=name, salesstage=1, ownerid=clara)
    person.go("/app/sales/opportunity?as=board")
    keys.into_main()
    keys.tab_to("#find")
    keys.type(name)
    keys.press("Enter")
    page.wait_for_url(re.compile("q="))
    person.settle()
    keys.move(name, "Propose")
    keys.into_main()
    keys.tab_to("summary[aria-label='More about this list']")
    keys.press("Enter")
    keys.tab_to(".x-pop[open] a:has-text('Choose columns')")
    keys.press("Escape")
    expect(page.locator(".x-pop[open]")).to_have_count(0)
    person.is_right()


def test_figures_are_read_without_scripts(without_scripts: Person) -> None:
    """Open the dashboard as tables, go to the records, assign one by a form."""
    person, page = without_scripts, without_scripts.page
    name = person.named("Plain handover")
    made = person.owns("opportunity", name=name)
    person.go("/app/sales/dashboards/salesmanager?owner=everyone&period=any")
    person.follow("noscript a")
    assert page.locator(".x-chart-table table").count() >= 3
    person.follow(".x-chart-table a:visible")
    assert "chart=" in page.url
    person.show("sales", "opportunity", made, "/assign")
    page.fill("#owner", "Paolo Conti")
    person.follow("main button[type=submit]")
    if page.locator("#owner option, select#owner").count():
        page.select_option("#owner", index=1)
        person.follow("main button[type=submit]")
    assert "belongs to Paolo Conti now" in person.said()
