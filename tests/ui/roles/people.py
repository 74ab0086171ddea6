"""Know the six people of the demonstration, each with one role, and what they do.

A person goes through pages as people do: by the navigation, by buttons that have these
words, by the palette. Nothing here signs in as somebody with more rights.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID
from zlib import crc32

from playwright.sync_api import Locator, Page, expect

from tests.support.counts import campaign
from tests.ui.journeys import LOOKS, NAMES, Journey, make
from xrm.metadata.fields.field_type import Ref
from xrm.rule_engine import core_names
from xrm.solutions.records_files import record_key

RECORD = re.compile(r"/app/\w+/\w+/[0-9a-f-]{36}")
MORE = "summary[aria-label='More about this list']"
NO_MOUSE = """addEventListener("pointerdown", (event) => {
    if (event.isTrusted) console.error("a pointer was used");
}, true);"""


def looks_of(test: str) -> list[str]:
    """Return the widths and themes of a journey: all four, in a quick run one of them.

    Which one changes from journey to journey.
    """
    names = list(NAMES)
    return names if campaign() != "quick" else [names[crc32(test.encode()) % 4]]


@dataclass
class Person(Journey):
    """Somebody at work in a browser."""

    user: str = ""
    look: str = ""

    def begin(self, path: str) -> Page:
        """Sign in, by the kept session where there is one, and open a page."""
        kept = self.live.sessions.get(self.user)
        if kept is None:
            self.sign_in(self.user)
        else:
            cookie = {"name": "xrm_session", "value": kept, "url": self.live.address}
            self.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict
        return self.go(path)

    @property
    def key(self) -> UUID:
        """Return the key of the person's own record."""
        return record_key(core_names.USER, self.user)

    def named(self, name: str) -> str:
        """Return a name that only this journey in this look gives."""
        return f"{name} {self.look}"

    def owns(self, entity: str, **values: Any) -> UUID:
        """Return a new record that belongs to the person."""
        owner = Ref(core_names.USER, self.key)
        return make(self.live, entity, ownerid=owner, **values)

    def show(self, app: str, entity: str, record: UUID, more: str = "") -> Page:
        """Open a record."""
        return self.go(f"/app/{app}/{entity}/{record}{more}")

    def enter(self, label: str) -> None:
        """Open an entry of the navigation."""
        if self.is_narrow and self.has_scripts:
            self.page.click(".x-bottom [data-nav]")
        nav = self.page.locator(".x-nav")
        if self.is_narrow and not self.has_scripts:
            self.page.click(".x-top [data-nav]")
        self.follow(nav.get_by_role("link", name=label, exact=True))

    def follow(self, control: Locator | str) -> None:
        """Press a link or button that leads to another page, and wait for that page."""
        found = self.page.locator(control) if isinstance(control, str) else control
        with self.page.expect_navigation():
            found.first.click()
        self.settle()

    def act(self, words: str) -> None:
        """Choose what can be done with the record: a button, or in its menu."""
        bar = self.page.locator(".x-save" if self.is_narrow else ".x-head.record")
        named = re.compile(rf"^\s*{re.escape(words)}\s*$")
        own = bar.locator("> a, .hstack > a").filter(has_text=named)
        if own.count() == 0:
            bar.locator("summary").click()
            own = bar.locator(".x-menu a").filter(has_text=named)
        own.click()
        self.page.wait_for_selector("#dialog[open]")
        self.settle()

    def confirm(self) -> None:
        """Press the button that does what a dialog asks."""
        with self.page.expect_navigation():
            self.page.click("#dialog .foot button[type=submit]")
        self.settle()

    def tool(self, words: str) -> None:
        """Choose something in the menu of a list."""
        menu = self.page.locator("details", has=self.page.locator(f"> {MORE}"))
        if menu.get_attribute("open") is None:
            self.page.click(MORE)
        menu.get_by_text(words, exact=True).click()

    def pick(self, field: str, text: str) -> None:
        """Type into a lookup and choose the first record it offers."""
        self.page.fill(f"#{field}", text)
        hit = self.page.locator(f"#{field}-hits [role=option]", has_text=text).first
        hit.click()
        expect(self.page.locator(f"#{field}-hits [role=option]")).to_have_count(0)

    def find(self, text: str, title: str) -> None:
        """Find a record by the palette and open it."""
        self.page.locator("[data-palette]:visible").first.click()
        self.page.wait_for_selector("#palette[open]")
        self.page.fill("#palette input[name=q]", text)
        hit = self.page.locator("#results [role=option]", has_text=title).first
        hit.click()
        self.page.wait_for_url(RECORD)
        self.settle()

    def says(self, text: str) -> None:
        """Wait until the page says what was done."""
        expect(self.page.locator("#said")).to_contain_text(text)

    def downloaded(self, act: Callable[[], None]) -> str:
        """Return the text of the file that something downloads."""
        with self.page.expect_download() as waiting:
            act()
        return Path(waiting.value.path()).read_text("utf-8-sig")

    def timeline(self) -> None:
        """Bring the timeline of the open record into sight."""
        if self.is_narrow:
            self.page.click(".x-tabs a:text-is('Timeline')")
            self.page.wait_for_load_state("load")
        self.page.wait_for_selector("#timeline-stream")
        self.settle()

    def related(self, collection: str) -> Locator:
        """Return a list of the open record, scrolled to: it is read when it is seen."""
        place = f"#related-{collection}"
        self.page.wait_for_selector(place, state="attached")
        self.page.evaluate(f"document.querySelector('{place}').scrollIntoView()")
        self.page.wait_for_selector(f"{place}[data-no-count]")
        self.settle()
        return self.page.locator(place)

    def tab(self, label: str) -> None:
        """Open a tab of the record."""
        self.page.locator(".x-tabs a", has_text=label).first.click()
        self.settle()

    def is_right(self) -> None:
        """Hold that the page fits its width, and refuses nothing it offers."""
        over = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{self.page.url} is {over} px too wide"
        text = self.page.locator("body").inner_text()
        for word in ("None", "undefined", "NaN", "Undefined"):
            assert not re.search(rf"(?<!\w){word}(?!\w)", text), (self.page.url, word)
        assert (
            self.page.locator(".x-main .x-blank :text('not for your roles')").count()
            == 0
        )


def file(name: str, text: str) -> Any:
    """Return a file as a person chooses it."""
    kind = "text/csv" if Path(name).suffix == ".csv" else "text/plain"
    return {"name": name, "mimeType": kind, "buffer": text.encode()}


class Keys:
    """The keyboard of a person who has no mouse; a pointer would be a fault."""

    def __init__(self, person: Person) -> None:
        self.person, self.page = person, person.page

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type a text into what has the focus."""
        self.page.keyboard.type(text)

    def is_on(self, selector: str) -> bool:
        """Say whether the focus is on what a selector of Playwright finds."""
        return bool(
            self.page.locator(f"{selector} >> visible=true").evaluate_all(
                "found => found.includes(document.activeElement)"
            )
        )

    def tab_to(self, selector: str, *, back: bool = False, most: int = 90) -> None:
        """Press Tab until the focus is on something, as often as anybody would."""
        self.page.locator(selector).first.wait_for(state="attached")
        for _ in range(most):
            if self.is_on(selector):
                return
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"{most} times Tab never reach {selector}")

    def move(self, card: str, lane: str) -> None:
        """Move a card of a board to the next lane, by its menu."""
        self.into_main()
        self.tab_to(f"[aria-label='Move {card} to …']")
        self.press("Enter")
        self.page.wait_for_selector("#dialog[open] #reason")
        self.tab_to("#dialog #reason")
        self.press("ArrowDown")
        self.tab_to("#dialog button[type=submit]")
        self.press("Enter")
        self.person.says(f"moved to {lane}")
        self.person.settle()

    def into_main(self) -> None:
        """Go past the navigation by the link that skips it."""
        self.tab_to("a.x-skip")
        self.page.keyboard.press("Enter")

    def follow(self, selector: str, url: str) -> None:
        """Go to a link or button by Tab and open what it leads to."""
        self.tab_to(selector)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(re.compile(url))
        self.person.settle()


LOOK_OF = dict(zip(NAMES, LOOKS, strict=True))
