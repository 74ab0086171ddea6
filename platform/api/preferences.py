"""Read what a caller prefers: the `Prefer` header as a value. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from xrm.platform.errors import Refused

FORMATTED = "OData.Community.Display.V1.FormattedValue"
LOOKUP_ENTITY = "Microsoft.Dynamics.CRM.lookuplogicalname"
NAVIGATION = "Microsoft.Dynamics.CRM.associatednavigationproperty"
TOTAL = "Microsoft.Dynamics.CRM.totalrecordcount"
TOTAL_EXCEEDED = "Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"
LARGEST_PAGE = 5000


@dataclass(frozen=True, slots=True)
class Preferences:
    """The preferences this server knows; others are ignored, as the standard asks."""

    representation: bool = False
    page_size: int | None = None
    annotations: tuple[str, ...] = ()
    """Patterns of annotation names; a pattern that begins with `-` leaves out."""
    track_changes: bool = False
    continue_on_error: bool = False
    capped_count: bool = False
    applied: tuple[str, ...] = field(default=())
    """What `Preference-Applied` answers, when it was followed."""

    def annotates(self, name: str) -> bool:
        """Return whether an annotation of this name was asked for."""
        wanted = False
        for pattern in self.annotations:
            left_out = pattern.startswith("-")
            if fnmatchcase(name, pattern.removeprefix("-")):
                wanted = not left_out
        return wanted


NONE = Preferences()


def parse(header: str | None) -> Preferences:
    """Return the preferences of a header's text.

    Raises:
        Refused: a page size that is no number above zero.
    """
    if not header:
        return NONE
    known: dict[str, str] = {}
    last = ""
    for item in _items(header):
        name, _, value = item.partition("=")
        name, value = name.strip().lower(), value.strip().strip('"').strip()
        if last == "odata.include-annotations" and "=" not in item and "." in name:
            if name in ("odata.track-changes", "odata.continue-on-error"):
                known.setdefault(name, value)
            else:  # one client joins several names with commas and without quotes
                known[last] += f",{item.strip()}"
            continue
        last = name if name.startswith("odata.") else f"odata.{name}"
        if name in ("return", "respond-async") or name.startswith("xrm."):
            last = name
        known.setdefault(last, value)
    return Preferences(
        representation=known.get("return") == "representation",
        page_size=_page_size(known.get("odata.maxpagesize")),
        annotations=tuple(
            part.strip()
            for part in known.get("odata.include-annotations", "").split(",")
            if part.strip()
        ),
        track_changes="odata.track-changes" in known,
        continue_on_error="odata.continue-on-error" in known,
        capped_count=known.get("xrm.count") == "capped",
        applied=tuple(_applied(known)),
    )


def _applied(known: dict[str, str]) -> Iterator[str]:
    if known.get("return") in ("representation", "minimal"):
        yield f"return={known['return']}"
    if known.get("odata.maxpagesize"):
        yield f"odata.maxpagesize={known['odata.maxpagesize']}"
    if known.get("odata.include-annotations"):
        yield f'odata.include-annotations="{known["odata.include-annotations"]}"'


def _page_size(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or int(text) < 1:
        raise Refused(
            f'odata.maxpagesize is "{text}"; it must be a whole number from 1 '
            f"to {LARGEST_PAGE}.",
            code="bad_preference",
            target="Prefer",
        )
    return min(int(text), LARGEST_PAGE)


def _items(header: str) -> Iterator[str]:
    """Yield what stands between commas and semicolons outside quotes."""
    start = 0
    quoted = False
    for place, sign in enumerate(header):
        if sign == '"':
            quoted = not quoted
        elif sign in ",;" and not quoted:
            yield header[start:place]
            start = place + 1
    yield header[start:]
