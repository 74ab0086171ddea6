"""Count the bytes that a browser with an empty cache loads for a page, compressed."""

import shutil
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import sync_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")


def transferred(address: str, path: str, cookies: Mapping[str, str]) -> int:
    """Return the bytes of all answers, heads included, until the network is idle.

    Raises:
        RuntimeError: there is no Chromium on this machine.
    """
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        raise RuntimeError("Install Chromium; the bytes of a page are counted in it.")
    sizes: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context()
        context.add_cookies(
            [{"name": k, "value": v, "url": address} for k, v in cookies.items()]
        )
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")

        def note(event: dict[str, Any]) -> None:
            sizes.append(event["encodedDataLength"])

        session.on("Network.loadingFinished", note)
        page.goto(f"{address}{path}", wait_until="networkidle")
        browser.close()
    return round(sum(sizes))
