"""What journeys in a real browser share: who watches, who signs in, what axe finds.

Nothing may be said on the console, reported by the Content-Security-Policy, or asked of
another host, whatever the journey.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from playwright.sync_api import Browser, BrowserContext, Page, Request
from sqlalchemy import select

from tests.ui.live import PASSWORD, Live
from xrm.platform.automation.job_kinds import by_name
from xrm.platform.automation.steps import Steps
from xrm.platform.database.system_tables import OUTBOX
from xrm.platform.database.work import open_work
from xrm.platform.query.query import Query
from xrm.platform.query.run import rows
from xrm.platform.records import service
from xrm.platform.security.actors import SYSTEM

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LOOKS = [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")]
NAMES = ["wide-light", "wide-dark", "narrow-light", "narrow-dark"]
REFUSED = re.compile(r"status of (400|401|404|409|412)")
"""Chromium notes every refused page on the console; that is the page's own status."""
LEFT = re.compile(r"htmx:(afterRequest|sendAbort),")
"""What htmx says of a part that was still coming when the person left the page. A part
that fails is told by other words."""
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
CANARY = "window.canary = []; window.alert = (text) => window.canary.push(text);"


@dataclass
class Seen:
    """What a browser said that it should not have."""

    host: str
    faults: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """Listen to every page of a browser.

        Chromium says what the Content-Security-Policy forbids on the console too.
        """
        context.on("weberror", lambda one: self.faults.append(f"error: {one.error}"))
        context.on("console", lambda m: self.say(m.type, m.text))
        context.on("request", self.asked)

    def say(self, kind: str, text: str) -> None:
        """Note a line of the console."""
        is_own = REFUSED.search(text) or LEFT.search(text)
        if kind in ("error", "warning") and not is_own:
            self.faults.append(f"{kind}: {text}")

    def asked(self, request: Request) -> None:
        """Note a request to somewhere else."""
        if not request.url.startswith((self.host, "data:", "about:", "blob:")):
            self.faults.append(f"asked {request.url}")


@dataclass
class Journey:
    """One person's browser."""

    live: Live
    context: BrowserContext
    page: Page
    seen: Seen
    has_scripts: bool = True

    @property
    def is_narrow(self) -> bool:
        """Say whether this is the phone."""
        size = self.page.viewport_size
        return size is not None and size["width"] < 768

    def go(self, path: str) -> Page:
        """Open a page and wait for its parts."""
        self.page.goto(self.live.address + path)
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until the page and what htmx fetches for it are there."""
        self.page.wait_for_load_state("load")
        if self.has_scripts:
            for mark in (".htmx-request", ".htmx-settling", ".htmx-added"):
                self.page.wait_for_selector(mark, state="detached")

    def sign_in(self, user: str = "admin") -> Page:
        """Sign in by the form the first time, by the kept session later."""
        kept = self.live.sessions.get(user)
        if kept is not None:
            cookie = {"name": "xrm_session", "value": kept, "url": self.live.address}
            self.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict
            return self.go("/")
        self.go("/sign-in")
        self.page.fill("#name", user)
        self.page.fill("#password", PASSWORD)
        self.page.click("button[type=submit]")
        self.page.wait_for_url(re.compile(r"/app/"))
        found = {c["name"]: c["value"] for c in self.context.cookies()}
        self.live.sessions[user] = found["xrm_session"]
        return self.page

    def save(self) -> None:
        """Press the button that saves."""
        place = ".x-save" if self.is_narrow else ".x-head"
        with self.page.expect_navigation():
            self.page.click(f"{place} button[form=record]")
        self.settle()

    def said(self) -> str:
        """Return what the page says was done."""
        return self.page.locator("#said").inner_text()

    def axe(self, part: str = "") -> list[str]:
        """Return the faults that axe finds on the page or in a part, WCAG 2.2 AA."""
        self.page.evaluate(AXE.read_text("utf-8"))
        place = f"{part!r}, " if part else ""
        found: dict[str, Any] = self.page.evaluate(
            f"axe.run({place}{{runOnly: {list(RULES)}, resultTypes: ['violations']}})"
        )
        return [
            f"{v['id']}: {node['target']} {node['html'][:160]}"
            for v in found["violations"]
            for node in v["nodes"][:3]
        ]


def travel(live: Live, browser: Browser, **more: Any) -> Iterator[Journey]:
    theme = more.pop("theme", "light")
    context = browser.new_context(**more)
    context.add_cookies([{"name": "xrm_theme", "value": theme, "url": live.address}])
    context.set_default_timeout(15_000)
    context.add_init_script(CANARY)
    seen = Seen(live.address)
    seen.watch(context)
    page = context.new_page()
    yield Journey(live, context, page, seen, more.get("java_script_enabled", True))
    context.close()
    assert not seen.faults, seen.faults


def work_off(live: Live) -> None:
    """Do what waits in the background, as a worker would."""
    folder = Path(live.database.url.database or "").parent / "files" / "jobs"
    steps = Steps(live.database, live.snapshots, by_name(), folder)
    with live.database.reader.connect() as connection:
        runs = list(connection.execute(select(OUTBOX.c.run)).scalars())
    for run in runs:
        steps.run(run)


def first(live: Live, entity: str) -> UUID:
    """Return the id of some record."""
    with open_work(live.database, live.snapshots, SYSTEM, write=False) as work:
        key = work.catalog.entity(entity).key
        row = next(rows(work, Query(entity, (key,), limit=1)))
        found: UUID = row[key]
        return found


def make(live: Live, entity: str, **values: Any) -> UUID:
    """Create one record."""
    with open_work(live.database, live.snapshots, SYSTEM) as work:
        return service.create(work, entity, values)
