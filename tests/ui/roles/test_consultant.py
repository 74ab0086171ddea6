"""The days of a consultant, who brings solutions and knows what they change."""

import re
import zipfile
from io import BytesIO

from playwright.sync_api import expect

from tests.ui.roles.people import Keys, Person

WHO, START = "customizer", "/app/settings/role"


def initials(person: Person) -> str:
    """Return two letters of the look: a prefix is short."""
    return "".join(word[0] for word in person.look.split("-"))


def package(name: str, field: str) -> bytes:
    """Return the zip of a solution of one entity with one field besides its name."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(
            "solution.yaml",
            f"kind: solution\nname: {name}\nlabel: {name.title()}\npublisher: Tests\n"
            f"prefix: {name}\nversion: 1.0.0\nrequires: {{core: '>=1.0'}}\n",
        )
        archive.writestr(
            f"entities/{name}_thing/entity.yaml",
            f"kind: entity\nname: {name}_thing\nset_name: {name}_things\n"
            "label: Thing\nplural_label: Things\nownership: user\n"
            f"title: {name}_name\nfields:\n  {name}_name: {{type: text, label: Name}}\n"
            f"  {name}_size: {{type: {field}, label: Size}}\n",
        )
    return target.getvalue()


def plan(person: Person, content: bytes) -> None:
    """Show what a package would change."""
    person.go("/solutions")
    zipped = {"name": "a.zip", "mimeType": "application/zip", "buffer": content}
    person.page.set_input_files("#package", zipped)  # type: ignore[arg-type]  # a TypedDict
    person.page.click("button:has-text('Show the plan')")
    person.page.wait_for_selector("h1:has-text('Plan'), [role=alert]")


def test_a_solution_comes_and_goes(person: Person) -> None:
    """Show the plan of a package, apply it, read what was published, remove it."""
    name = "c" + initials(person)
    page = person.page
    plan(person, package(name, "integer"))
    expect(page.locator("main")).to_contain_text(f"{name}_thing")
    person.is_right()
    page.click("button:has-text('Apply')")
    person.says("is installed")
    expect(page.locator("main")).to_contain_text(name.title())
    person.is_right()
    person.go(f"/solutions/uninstall/{name}")
    person.is_right()
    if page.locator("#seen").count():
        page.check("#seen")
    page.click("button:has-text('Apply')")
    person.says("is removed")


def test_a_faulty_package_is_told_where(person: Person) -> None:
    """Bring a package with a slip, read file and hint, see that nothing changed."""
    name, page = "d" + initials(person), person.page
    plan(person, package(name, "intger"))
    main = page.locator("main")
    expect(main).to_contain_text("entity.yaml")
    expect(main).to_contain_text("integer")
    person.is_right()
    person.go("/solutions")
    assert name.title() not in main.inner_text()


def test_the_words_of_a_definition_are_looked_up(person: Person) -> None:
    """Ask the help about formulas, read a chapter and the reference behind it."""
    page = person.page
    person.go("/help")
    page.locator("main input[type=search], main input[name=q]").first.fill("rollup")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=rollup"))
    person.settle()
    page.locator("main a[href^='/help/']", has_text=re.compile("\\w")).first.click()
    page.wait_for_url(re.compile("/help/(?!\\?)"))
    person.is_right()
    person.go("/help/consultant/first_app")
    person.is_right()
    person.go("/help/reference/definitions")
    person.is_right()


def test_an_app_is_tried_by_keyboard_alone(keys: Keys) -> None:
    """Change to another app, make a record there and change it, without a pointer."""
    person, page = keys.person, keys.page
    name = person.named("Tried out")
    keys.press("Control+k")
    page.wait_for_selector("#palette[open] input:focus")
    keys.type(">sales")
    app = page.locator("#results [role=option]", has_text=re.compile("^Sales"))
    app.first.wait_for()
    while app.first.get_attribute("aria-selected") != "true":
        keys.press("ArrowDown")
    keys.press("Enter")
    page.wait_for_url(re.compile("/app/sales/"))
    person.settle()
    person.go("/app/sales/account/new")
    keys.into_main()
    keys.tab_to("#f-name")
    keys.type(name)
    keys.press("Control+s")
    person.says("is created")
    person.settle()
    keys.into_main()
    keys.tab_to("#f-telephone1")
    keys.type("+43 1 5550")
    keys.press("Control+s")
    person.says("is saved")
    assert page.input_value("#f-telephone1") == "+43 1 5550"
    person.is_right()


def test_somebody_elses_record_is_only_read(person: Person) -> None:
    """Open a record of others: the page says it is only read, and offers no change."""
    page = person.page
    person.go("/app/sales/opportunity?as=board")
    assert page.locator("[data-movable] .x-tile:not([data-fixed])").count() == 0
    person.is_right()
    page.locator(".x-tile a.x-lead").first.click()
    page.wait_for_selector("#record")
    person.settle()
    expect(page.locator(".x-note").first).to_be_visible()
    assert page.locator("button[form=record]:visible").count() == 0
    person.is_right()
    person.timeline()
    person.is_right()
