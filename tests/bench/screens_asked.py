"""List the pages and fragments that are measured, and how they are asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.bench.screens_data import Places

TILES = {"sales": 10, "salesmanager": 12, "management": 12, "marketing": 10}
CHARTS = (
    "by_campaign",
    "by_month",
    "by_source",
    "by_source_and_rating",
    "by_state",
    "new_now",
)
LIST = "/app/sales/lead"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to the server; a form to post has `{}` where a number goes."""

    what: str
    path: str
    target: str = ""
    is_fragment: bool = False
    posts: Mapping[str, str] | None = None
    link: str = ""
    """Text in the address of a link on the page, which is what is really asked for."""


def asks(places: Places) -> list[Ask]:
    """Return what one person asks for."""
    return [*_pages(places), *_parts_of_lists(), *_parts_of_forms(places), *_others()]


def _pages(places: Places) -> Iterator[Ask]:
    for name, query in (
        ("open, the default", ""),
        ("all", "?view=all"),
        ("hot, sorted by amount", "?view=hot"),
        ("my", "?view=my"),
        ("closed", "?view=closed"),
        ("sorted by company", "?view=all&sort=companyname"),
        ("sorted by owner", "?view=all&sort=ownerid"),
        ("filtered by rating", "?view=all&f=leadqualitycode:eq:1"),
        ("filtered by a word", "?view=all&f=companyname:contains:opal"),
        ("found by a word", "?q=castings"),
        ("found by a name", "?q=ishida"),
        ("found nothing", "?q=zzzzqqq"),
    ):
        yield Ask(f"list: {name}", LIST + query)
    yield Ask("list: page 2", LIST, link="after=")
    yield Ask("list with lookups: opportunities", "/app/sales/opportunity")
    yield Ask("list with lookups: tasks", "/app/sales/task")
    yield Ask("form: lead", f"{LIST}/{places.lead}")
    yield Ask("form: account", f"/app/sales/account/{places.account}")
    yield Ask("form: new lead", f"{LIST}/new")
    yield Ask("board: leads", LIST + "?as=board")
    yield Ask("board: opportunities", "/app/sales/opportunity?as=board")
    yield Ask("calendar: appointments", "/app/sales/appointment?as=calendar")
    yield Ask("calendar: leads by creation", LIST + "?as=calendar")
    yield Ask("to do", "/app/sales/my-activities")
    yield Ask("dashboard: sales", "/app/sales/dashboards/sales")
    for chart in CHARTS:
        yield Ask(f"chart page: {chart}", f"{LIST}/charts/{chart}")


def _parts_of_lists() -> Iterator[Ask]:
    def part(what: str, path: str, target: str) -> Ask:
        return Ask(what, path, target, is_fragment=True)

    yield part("part: list", LIST, "list")
    yield part("part: count", f"{LIST}?count=capped", "count")
    yield part("part: count of all", f"{LIST}?view=all&count=capped", "count")
    yield part("part: count, found", f"{LIST}?q=castings&count=capped", "count")
    yield part("part: board", f"{LIST}?as=board", "list")
    yield part("part: calendar", "/app/sales/appointment?as=calendar", "list")
    yield part("part: filter", LIST, "filter-form")
    for chart in CHARTS:
        yield part(f"part: chart {chart}", f"{LIST}/charts/{chart}", "chart")
    yield part(
        "part: chart by_month of open", f"{LIST}/charts/by_month?view=active", "chart"
    )


def _parts_of_forms(places: Places) -> Iterator[Ask]:
    lead, account = f"{LIST}/{places.lead}", f"/app/sales/account/{places.account}"

    def part(what: str, path: str, target: str = "x") -> Ask:
        return Ask(what, path, target, is_fragment=True)

    yield part("part: timeline of a lead", f"{lead}/timeline", "timeline")
    yield part("part: timeline of an account", f"{account}/timeline", "timeline")
    yield part("part: counts of an account", f"{account}/counts")
    yield part("part: counts of a lead", f"{lead}/counts")
    yield part("part: related contacts", f"{account}/related/contacts")
    yield part(
        "part: related opportunities",
        f"{account}/related/opportunities",
    )
    yield part(
        "part: lookup hits", "/app/sales/opportunity/lookup/originatingleadid?q=ish"
    )
    yield part("part: lookup, nothing typed", f"{LIST}/lookup/campaignid?q=")
    yield part("part: lookup of owners", f"{LIST}/lookup/ownerid?q=a")
    yield Ask(
        "part: change in place",
        f"{lead}/cell/jobtitle",
        "x",
        is_fragment=True,
        posts={"jobtitle": "Engineer {}"},
    )


def _others() -> Iterator[Ask]:
    yield Ask("part: bell", "/me/due/count", is_fragment=True)
    yield Ask("part: recent", "/me/shortcuts", "nav-recent", is_fragment=True)
    yield Ask("part: palette", "/search?q=opal", "results", is_fragment=True)
    yield Ask("part: palette, nothing typed", "/search", "palette", is_fragment=True)
    for name, count in TILES.items():
        app = "marketing" if name == "marketing" else "sales"
        for number in range(count):
            path = f"/app/{app}/dashboards/{name}/tiles/{number}"
            yield Ask(f"tile: {name} {number}", path, "tile", is_fragment=True)
