"""Make `docs/list.png`: the opportunities of the demonstration, as people see them.

python -m tests.support.picture
"""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.environment import CHROMIUM_NAMES, ROOT
from tests.ui.live import PASSWORD, serve_demo

TARGET = ROOT / "docs" / "list.png"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


def main() -> None:
    """Serve a fresh demonstration, sign in and take the picture."""
    program = next(found for name in CHROMIUM_NAMES if (found := shutil.which(name)))
    TARGET.parent.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_demo(Path(folder)) as live,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=program, args=list(ARGUMENTS)
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{live.address}/sign-in")
        page.fill("#name", "salesmanager")
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_load_state("networkidle")
        page.goto(f"{live.address}/app/sales/opportunity?f=estimatedvalue:ge:5000")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=str(TARGET))
        browser.close()


if __name__ == "__main__":
    main()
