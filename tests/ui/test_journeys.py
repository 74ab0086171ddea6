"""Journeys in a real Chromium through the demonstration: two widths, two themes.

What they share stands in `journeys.py`; each part has its own file of journeys.
"""

import io
import re
import time
import zipfile

import pytest
from playwright.sync_api import Browser, Route

from tests.support.environment import ROOT
from tests.ui.journeys import LOOKS, NARROW, Journey, make, travel
from tests.ui.live import Live
from xrm.platform.database.work import open_work
from xrm.platform.records import service
from xrm.platform.security.actors import SYSTEM

XSS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'><svg onload=alert(3)>",
    "</textarea><script>alert(4)</script>",
    "</title><script>alert(5)</script>",
    "<iframe srcdoc='<script>parent.alert(6)</script>'></iframe>",
    "{{constructor.constructor('alert(7)')()}}",
    "javascript:alert(8)",
    '" autofocus onfocus=alert(9) x="',
    "<a href=javascript:alert(10)>click</a>",
)


def test_a_person_works_through_a_record(journey: Journey) -> None:
    """Sign in, list, create with a refusal, edit, conflict, history, delete."""
    page = journey.sign_in()
    journey.go("/app/sales/opportunity")
    assert "Open opportunities" in page.locator("#list .x-head").inner_text()
    journey.go("/app/sales/opportunity/new")
    page.fill("#f-estimatedvalue", "much")
    journey.save()
    assert "must be a number" in page.locator("#faults").inner_text()
    assert page.input_value("#f-estimatedvalue") == "much"
    page.fill("#f-name", "Journey of a record")
    page.fill("#f-estimatedvalue", "1,500")
    page.fill("#f-customerid", "Quarz")
    page.locator("#f-customerid-hits [role=option]", has_text="Quarz").first.click()
    journey.save()
    assert "is created" in journey.said()
    record = page.url
    assert page.input_value("#f-estimatedvalue") == "1,500.00"

    other = journey.context.new_page()
    other.goto(record)
    other.fill("#f-estimatedvalue", "1,600")
    place = ".x-save" if journey.is_narrow else ".x-head"
    with other.expect_navigation():
        other.click(f"{place} button[form=record]")
    other.close()
    page.fill("#f-estimatedvalue", "1,700")
    page.fill("#f-customerneed", "kept")
    journey.save()
    assert "choose what to keep" in page.locator("main").inner_text()
    with page.expect_navigation():
        page.click("text=Save the result")
    journey.settle()
    assert page.input_value("#f-estimatedvalue") == "1,700.00"
    assert page.input_value("#f-customerneed") == "kept"

    page.goto(record + "/history")
    assert "€1,600.00" in page.locator("main").inner_text()
    page.goto(record)
    page.locator("[aria-label='More actions']:visible").click()
    page.locator(".x-pop[open] a", has_text="Delete").click()
    page.click("#dialog button[type=submit]")
    page.wait_for_url(re.compile(r"/opportunity$"))
    assert "is deleted" in journey.said()


def test_lists_sort_filter_and_find(journey: Journey) -> None:
    page = journey.sign_in()
    journey.go("/app/sales/opportunity")
    page.click("summary:has-text('Add filter')")
    page.wait_for_selector("#filter-field")
    journey.settle()
    page.select_option("#filter-field", "estimatedvalue")
    page.select_option("#filter-op", "ge")
    page.fill("#filter-value", "20000")
    page.click(".x-filter button:has-text('Apply')")
    chip = page.locator(".x-chip").first
    chip.wait_for()
    assert "is at least" in chip.inner_text()
    if not journey.is_narrow:
        page.click("th a:has-text('Est. revenue')")
        page.wait_for_selector("th[aria-sort=ascending]:has-text('Est. revenue')")
    page.click(".x-chip-x")
    page.wait_for_selector(".x-chip", state="detached")
    word = page.locator("a.lead").first.inner_text().split()[0]
    page.focus("#find")
    page.keyboard.type(word)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"q={word}"))
    assert page.locator("tbody tr").count() >= 1


def test_rows_are_selected_by_key_and_assigned(wide: Journey) -> None:
    page = wide.sign_in()
    wide.go("/app/sales/opportunity")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    assert page.locator("[data-selected]").inner_text() == "2"
    page.click(".x-bulk button:has-text('Assign')")
    page.wait_for_selector("#dialog[open]")
    page.fill("#owner", "Lena")
    page.locator("#owner-hits [role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.click("#dialog button[type=submit]")
    page.wait_for_selector("#said :text('2 opportunities assigned')")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/opportunity/[0-9a-f-]{36}"))


def test_the_palette_by_keyboard_alone(wide: Journey) -> None:
    """Find a record, open it, pin it, come back to it, change the theme: no mouse."""
    page = wide.sign_in()
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette[open]")
    page.keyboard.type("quarz")
    page.locator("#results [aria-selected=true] b").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/app/sales/\w+/[0-9a-f-]{36}"))
    title = page.locator(".x-title").inner_text()
    pin = page.locator(".x-pin button")
    pin.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "Pinned" in wide.said()
    wide.go("/app/sales/opportunity")
    page.keyboard.press("Control+k")
    page.locator("#results [role=group]", has_text="Pinned").wait_for()
    assert title in page.locator("#results").inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/app/sales/\w+/[0-9a-f-]{36}"))
    assert page.locator(".x-title").inner_text() == title
    page.locator("[data-mine=recent] summary").focus()
    page.keyboard.press("Enter")
    page.locator("#nav-recent a", has_text=title).wait_for()
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette[open]")
    page.keyboard.type(">dark")
    page.locator("#results [aria-selected=true]", has_text="Theme: dark").wait_for()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_attribute("html", "data-bs-theme") == "dark"


def test_settings_and_search_without_scripts(plain: Journey) -> None:
    """Choose formats and room, search, pin and unpin: with forms alone."""
    page = plain.sign_in("salesmanager")
    plain.go("/settings/me")
    page.check("input[name=density][value=comfortable]")
    page.select_option("#date_format", "iso")
    page.click("text=Save settings")
    assert "Your settings are saved." in plain.said()
    assert page.get_attribute("html", "data-density") == "comfortable"
    plain.go("/search?q=quarz")
    page.locator("#found a", has_text="Quarz").first.click()
    page.click(".x-pin button")
    assert "Pinned" in plain.said()
    title = page.locator(".x-title").inner_text()
    plain.go("/me/shortcuts")
    page.locator("section", has_text="Pinned").locator("a", has_text=title).click()
    page.click(".x-pin button")
    assert "Unpinned" in plain.said()
    plain.go("/settings/me")
    page.check("input[name=density][value=compact]")
    page.select_option("#date_format", "medium")
    page.click("text=Save settings")
    assert page.get_attribute("html", "data-density") is None


def test_navigation_is_a_drawer_on_the_phone(live: Live, browser: Browser) -> None:
    for narrow in travel(live, browser, viewport=NARROW):
        page = narrow.sign_in()
        page.click(".x-top [data-nav]")
        page.locator(".x-nav a", has_text="Contacts").click()
        page.wait_for_url(re.compile(r"/app/sales/contact"))


def test_the_theme_is_remembered(wide: Journey) -> None:
    page = wide.sign_in()
    page.click(".x-top .x-pop:last-child > summary")
    with page.expect_navigation():
        page.click("button[name=theme][value=dark]")
    assert page.get_attribute("html", "data-bs-theme") == "dark"
    with page.expect_navigation():
        page.click("[data-rail]")
    assert "is-rail" in (page.get_attribute("#shell", "class") or "")


def small_package(version: str, fields: str) -> bytes:
    """Return the zip of a solution with one entity."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(
            "solution.yaml",
            "kind: solution\nname: pets\nlabel: Pets\npublisher: Tests\nprefix: pet\n"
            f"version: {version}\nrequires: {{core: '>=1.0'}}\n",
        )
        archive.writestr(
            "entities/pet_animal/entity.yaml",
            "kind: entity\nname: pet_animal\nset_name: pet_animals\nlabel: Animal\n"
            "plural_label: Animals\nownership: user\ntitle: pet_name\nfields:\n"
            f"  pet_name: {{type: text, label: Name}}\n{fields}",
        )
    return target.getvalue()


def _go_on_late(route: Route) -> None:
    """Let a request through when the page has waited long enough to ask how far."""
    time.sleep(0.8)
    route.continue_()


@pytest.mark.parametrize("journey", [LOOKS[0], LOOKS[3]], indirect=True)
def test_a_solution_is_planned_applied_and_undone(journey: Journey) -> None:
    page = journey.sign_in()

    def plan(version: str, fields: str) -> None:
        journey.go("/solutions")
        page.set_input_files(
            "#package",
            {
                "name": "pets.zip",
                "mimeType": "application/zip",
                "buffer": small_package(version, fields),
            },
        )
        page.click("button:has-text('Show the plan')")
        page.wait_for_selector("h1:has-text('Plan')")

    plan("1.0.0", "  pet_age: {type: integer, label: Age}\n")
    assert "pet_animal" in page.locator("main").inner_text()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/solutions/apply", _go_on_late)
    page.click("button:has-text('Apply')")
    page.wait_for_selector("#said :text('is installed')")
    assert [url for url in asked if "/solutions/progress/" in url]
    make(journey.live, "pet_animal", pet_name="Rex", pet_age=3)
    plan("1.1.0", "")
    assert re.search("records? ha(s|ve) a value", page.locator("main").inner_text())
    page.check("#seen")
    page.click("button:has-text('Apply')")
    page.wait_for_selector("#said :text('is upgraded')")
    page.click("a:has-text('Undo last publish')")
    page.click("#dialog button[type=submit]")
    page.wait_for_selector("#said :text('is undone')")
    journey.go("/solutions/uninstall/pets")
    page.check("#seen")
    page.click("button:has-text('Apply')")
    page.wait_for_selector("#said :text('is removed')")


def test_a_broken_package_lists_its_problems(wide: Journey) -> None:
    page = wide.sign_in()
    wide.go("/solutions")
    broken = small_package("1.0.0", "  pet_age: {type: intger, label: Age}\n")
    page.set_input_files(
        "#package",
        {"name": "pets.zip", "mimeType": "application/zip", "buffer": broken},
    )
    page.click("button:has-text('Show the plan')")
    page.wait_for_selector("[role=alert], h2:has-text('stands in the way')")
    text = page.locator("main").inner_text()
    assert "entity.yaml" in text
    assert "integer" in text


def test_everything_but_comfort_works_without_scripts(plain: Journey) -> None:
    page = plain.sign_in()
    plain.go("/app/sales/account/new")
    page.fill("#f-name", "Without scripts Ltd.")
    plain.save()
    assert "is created" in plain.said()
    page.fill("#f-name", "Still without scripts Ltd.")
    plain.save()
    assert "is saved" in plain.said()
    record = page.url
    plain.go("/app/sales/account?q=without+scripts")
    assert "Still without scripts" in page.locator("tbody").inner_text()
    page.check("tbody input[name=id]")
    page.click(".x-bulk button:has-text('Delete')")
    assert "Delete “Still without scripts Ltd.”?" in page.locator("main").inner_text()
    page.click("main button[type=submit]")
    assert "deleted" in plain.said()
    page.goto(record)
    assert "no such account" in page.locator("main").inner_text()


def test_texts_never_run(wide: Journey) -> None:
    page = wide.sign_in()
    records = [
        make(
            wide.live,
            "account",
            name=text,
            description=text,
            address1_city=text,
        )
        for text in XSS
    ]
    try:
        for address in (
            "/app/sales/account?q=alert",
            *(f"/app/sales/account/{record}" for record in records[:6]),
            f"/app/sales/account/{records[0]}/history",
            f"/search?q={XSS[1]}",
        ):
            wide.go(address)
            assert page.evaluate("window.canary") == [], address
    finally:
        with open_work(wide.live.database, wide.live.snapshots, SYSTEM) as work:
            service.delete_many(work, "account", records)


def test_the_picture_is_made_by_its_script() -> None:
    assert (ROOT / "docs" / "list.png").stat().st_size > 20_000
