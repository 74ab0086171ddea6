"""Know the routes of sample records: ask, then bring or remove them as a job."""

from flask import Blueprint, Response, request

from xrm.platform.errors import NotFound
from xrm.platform.web import Right, right
from xrm.ui import background
from xrm.ui.decision_page import Decision
from xrm.ui.filters import Choice
from xrm.ui.responses import fragment, page, redirect, wants_fragment
from xrm.ui.routes_solutions import customizing
from xrm.ui.solutions_desk import desk
from xrm.ui.visit import Visit

sample_pages = Blueprint("samples", __name__)

DEEDS = {
    "add": "Add the sample records that are not there",
    "remove": "Remove the sample records",
}
LABELS = {"add": "Sample records of {} added", "remove": "Sample records of {} removed"}


@sample_pages.get("/solutions/samples/<name>")
@right(Right.SIGNED_IN)
def ask(name: str) -> Response:
    """Ask whether sample records shall come or go."""
    with customizing() as seen:
        asked = Decision(
            title=f"Sample records of {_label(seen, name)}",
            text="They show what the solution can do. They come and go in the "
            "background; records that others need by now stay, and are listed.",
            action=f"/solutions/samples/{name}",
            button="Go on",
            back="/solutions",
            reasons=tuple(Choice(value, label) for value, label in DEEDS.items()),
            reasons_name="deed",
            reasons_label="What to do",
        )
        if wants_fragment("dialog"):
            return fragment("parts/decision.html", ask=asked)
        return page("decision.html", shell=seen.shell(place="solutions"), ask=asked)


@sample_pages.post("/solutions/samples/<name>")
@right(Right.SIGNED_IN)
def do(name: str) -> Response:
    """Queue the job."""
    deed = request.form.get("deed", "")
    with customizing(write=True) as seen:
        label = LABELS.get(deed, "").format(_label(seen, name))
        payload = {"solution": name, "deed": deed}
        background.queue(seen, desk().samples, payload, label)
    return redirect("/jobs")


def _label(seen: Visit, name: str) -> str:
    """Return what people call an installed solution that brings samples.

    Raises:
        NotFound: there is none of this name.
    """
    manifest = seen.work.catalog.solutions.get(name)
    if manifest is None or not desk().has_samples(name, manifest.version):
        raise NotFound(f'There is no solution "{name[:80]}" with sample records.')
    return manifest.label
