"""A file is imported in a browser, and its job is seen to move without a reload."""

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.ui.journeys import NARROW, WIDE, travel, work_off
from tests.ui.live import Live

ROWS = "Topic,Est. revenue,Unknown\nA first thing,1250,x\nA second thing,many,y\n"


def test_a_file_is_imported_in_the_background(
    live: Live, browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "topics.csv"
    file.write_text(ROWS, "utf-8")
    for look in travel(live, browser, viewport=WIDE):
        page = look.sign_in()
        look.go("/app/sales/opportunity")
        page.click("summary[aria-label='More about this list']")
        page.click("text=Import a file")
        page.set_input_files("#file", file)
        page.click("text=Match columns")
        expect(page.locator("select[name='field.0']")).to_have_value("name")
        expect(page.locator("select[name='field.2']")).to_have_value("")
        assert look.axe() == []
        page.click(".x-head button.btn-primary")
        page.wait_for_url(re.compile(r"/jobs$"))
        job = page.locator("#jobs li").first
        expect(job).to_contain_text("Queued")
        assert look.axe() == []
        work_off(live)
        expect(job).to_contain_text("1 added")
        expect(job).to_contain_text("1 refused")
        assert look.axe() == []
        with page.expect_download() as told:
            job.locator("text=1 reason").click()
        assert "Est. revenue" in Path(told.value.path()).read_text("utf-8") or (
            "estimatedvalue" in Path(told.value.path()).read_text("utf-8")
        )


def test_a_phone_sees_its_jobs_and_cancels_one(
    live: Live, browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "topics.csv"
    file.write_text(ROWS, "utf-8")
    for look in travel(live, browser, viewport=NARROW, java_script_enabled=False):
        page = look.sign_in()
        look.go("/app/sales/opportunity/import")
        page.set_input_files("#file", file)
        page.click("text=Match columns")
        page.click(".x-head button.btn-primary")
        job = page.locator("#jobs li").first
        job.locator("button", has_text="Cancel").click()
        expect(page.locator("#jobs li").first).to_contain_text("Cancelled")
