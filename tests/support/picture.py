"""Make the pictures of README and help: the demonstration, as people see it.

python -m tests.support.picture
"""

import base64
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

from tests.support.environment import CHROMIUM_NAMES, ROOT
from tests.ui.live import PASSWORD, serve_demo

TARGET = ROOT / "docs" / "list.png"
HELP = ROOT / "ui" / "static" / "help"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
QUALITY = 0.72
LIST = "/app/sales/opportunity"
SQUEEZE = """async ([data, quality]) => {
  const image = new Image(); image.src = 'data:image/png;base64,' + data;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width; canvas.height = image.height;
  canvas.getContext('2d').drawImage(image, 0, 0);
  return canvas.toDataURL('image/webp', quality).split(',')[1];
}"""


@dataclass(frozen=True)
class Shot:
    """One picture of the help: where, what is pressed first, which part."""

    name: str
    path: str
    keys: str = ""
    typed: str = ""
    part: str = ""
    first_record: bool = False
    edit: tuple[str, str] | None = None
    """A field of the record and what is typed into it before."""


SHOTS = (
    Shot("frame", LIST),
    Shot("list", f"{LIST}?f=estimatedvalue:ge:5000"),
    Shot("dashboard", "/app/sales/dashboards/sales?owner=everyone"),
    Shot("form", LIST, first_record=True),
    Shot("search", LIST, keys="Control+k", typed="nor"),
    Shot("timeline", LIST, part=".x-side", first_record=True),
    Shot("history", LIST, first_record=True, edit=("closeprobability", "45")),
)


def main() -> None:
    """Serve a fresh demonstration, sign in and take the pictures."""
    program = next(found for name in CHROMIUM_NAMES if (found := shutil.which(name)))
    TARGET.parent.mkdir(exist_ok=True)
    HELP.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_demo(Path(folder)) as live,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=program, args=list(ARGUMENTS)
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        sign_in(page, live.address)
        page.goto(f"{live.address}{LIST}?f=estimatedvalue:ge:5000")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=str(TARGET))
        page.set_viewport_size({"width": 1200, "height": 720})
        for shot in SHOTS:
            take(browser, page, live.address, shot)
        browser.close()


def sign_in(page: Page, address: str) -> None:
    """Sign in as the one who sees most."""
    page.goto(f"{address}/sign-in")
    page.fill("#name", "salesmanager")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_load_state("networkidle")


def take(browser: Browser, page: Page, address: str, shot: Shot) -> None:
    """Take one picture and keep it small."""
    page.goto(address + shot.path)
    page.wait_for_load_state("networkidle")
    if shot.first_record:
        link = page.locator("a.lead").first.get_attribute("href")
        record = f"{address}{(link or '').partition('?')[0]}"
        page.goto(record)
        page.wait_for_load_state("networkidle")
        if shot.edit is not None:
            page.fill(f"[name={shot.edit[0]}]", shot.edit[1])
            page.click(".x-head button[form=record]")
            page.wait_for_load_state("networkidle")
            page.goto(f"{record}/history")
            page.wait_for_load_state("networkidle")
    if shot.keys:
        page.keyboard.press(shot.keys)
        page.wait_for_load_state("networkidle")
        page.locator("#palette input[name=q]").first.fill(shot.typed)
        page.wait_for_timeout(1_500)
    content = page.screenshot(clip=_clip(page, shot.part) if shot.part else None)
    blank = browser.new_page()
    squeezed = blank.evaluate(
        SQUEEZE, [base64.b64encode(content).decode("ascii"), QUALITY]
    )
    blank.close()
    (HELP / f"{shot.name}.webp").write_bytes(base64.b64decode(squeezed))


def _clip(page: Page, part: str) -> FloatRect:
    """Return where a part stands, as far as the window shows it."""
    box = page.locator(part).first.bounding_box()
    size = page.viewport_size
    assert box is not None
    assert size is not None
    height = min(box["height"], size["height"] - box["y"])
    return {"x": box["x"], "y": box["y"], "width": box["width"], "height": height}


if __name__ == "__main__":
    main()
