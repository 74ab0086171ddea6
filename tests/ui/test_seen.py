"""What watches a browser, watched: each kind of fault makes a journey fail."""

import pytest
from playwright.sync_api import Browser

from tests.ui.journeys import WIDE, Seen, travel
from tests.ui.live import Live

FAULTS = {
    "console": ("console.error('a line of the console')", "error: a line of"),
    "exception": (
        "new Promise(done => { addEventListener('error', () => done());"
        " setTimeout(() => { throw new Error('thrown late'); }); })",
        "error: ",
    ),
    "policy": (
        "new Promise(done => { addEventListener('securitypolicyviolation',"
        " () => done()); document.body.insertAdjacentHTML('beforeend',"
        " '<p onclick=\"1\">x</p>'); })",
        "Content Security Policy",
    ),
    "host": (
        "fetch('http://other.example/').catch(() => null)",
        "other.example",
    ),
}


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("second", [False, True], ids=["page", "another-page"])
def test_a_fault_ends_a_journey(
    live: Live, browser: Browser, kind: str, second: bool
) -> None:
    script, words = FAULTS[kind]
    steps = travel(live, browser, viewport=WIDE)
    look = next(steps)
    page = look.context.new_page() if second else look.page
    page.goto(live.address + "/sign-in")
    page.evaluate(script)
    with pytest.raises(AssertionError, match=words):
        next(steps)


def test_a_page_that_refuses_is_a_fault_where_it_was_offered() -> None:
    seen = Seen("http://here.example")
    text = "Failed to load resource: the server responded with a status of {}"
    for status in (403, 500, 404):
        seen.say("error", text.format(status))
    assert [line[-3:] for line in seen.faults] == ["403", "500"]
