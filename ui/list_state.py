"""Know what a list's address says: view, sort, filters, search, page.

    ?view=my&sort=-estimatedvalue&f=statecode:eq:0&q=berlin&after=…&page=2
    ?as=board&by=salesstage        another layout of the same records
    ?as=calendar&day=2026-11-30&span=week
    ?chart=by_stage&at==3          the records behind one part of a chart

    ?where=["|",["name","contains","x"],…]&cols=name,clientid.city~160

Filters are `field:operator:value`, several values separated by `|`; nested ones are
the text of a `filter_tree` in `where`. The address alone makes the list, so it can be
kept, sent and gone back to.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from werkzeug.datastructures import MultiDict

from xrm.metadata.views import ViewColumn
from xrm.platform.query import filter_tree
from xrm.ui.chart_parts import Part, read_part

LAYOUTS = frozenset({"list", "board", "calendar", "tree", "chart"})
MOST_FILTERS = 20
LONGEST_VALUE = 400
LONGEST_COLUMNS = 4_000
MOST_COLUMNS = 40
WIDTHS = (60, 400)
"""The narrowest and the widest a column is made."""
TRAIL = 12
"""How many pages back the address remembers; before that it leads to the first."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a column, as the address says it."""

    field: str
    op: str
    values: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return it as it stands in the address."""
        return f"{self.field}:{self.op}:{'|'.join(self.values)}"


@dataclass(frozen=True, slots=True)
class ListState:
    """What a list shows; every link of the page is a change of it."""

    path: str
    view: str = ""
    sort: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    search: str = ""
    after: str = ""
    trail: tuple[str, ...] = ()
    page: int = 1
    size: int = 50
    """How many rows a page has: the reader's choice, no part of the address."""
    readable: frozenset[str] | None = None
    """The fields in which the reader may find something; `None` for all."""
    adding: str = ""
    """The field whose filter is being written."""
    where: str | None = None
    """The text of a `filter_tree`; `None` is the view's own, empty is none."""
    columns: tuple[ViewColumn, ...] = ()
    """Columns instead of the view's."""
    layout: str = ""
    """How the records are laid out; empty for the list."""
    by: str = ""
    """The field that a board's lanes or a calendar's days come from."""
    day: str = ""
    """A day that a calendar shows."""
    span: str = ""
    """How much a calendar shows: month, week, day or agenda."""
    part: Part | None = None
    """The part of a chart whose records it shows."""

    @property
    def is_changed(self) -> bool:
        """Say whether it differs from the view as it was declared."""
        return bool(
            self.sort
            or self.filters
            or self.search
            or self.part
            or self.columns
            or self.where is not None
        )

    @property
    def query(self) -> str:
        """Return the list's address after its path, at the first page."""
        return self.first().address().partition("?")[2]

    def first(self) -> "ListState":
        """Return the same list at its first page."""
        return replace(self, after="", trail=(), page=1, adding="")

    def address(self, **more: str) -> str:
        """Return the address of this list."""
        pairs: list[tuple[str, str]] = []
        if self.view:
            pairs.append(("view", self.view))
        pairs += self._laid_out()
        pairs += self.part.pairs if self.part else ()
        if self.sort:
            pairs.append(("sort", ",".join(self.sort)))
        pairs += self._narrowed()
        if self.search:
            pairs.append(("q", self.search))
        if self.after:
            pairs.append(("after", self.after))
            pairs.append(("page", str(self.page)))
            pairs += [("was", one) for one in self.trail]
        pairs += list(more.items())
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    def pairs(self, *but: str) -> tuple[tuple[str, str], ...]:
        """Return the hidden inputs of a form that adds to this list."""
        found: list[tuple[str, str]] = []
        if self.view and "view" not in but:
            found.append(("view", self.view))
        found += self._laid_out()
        found += self.part.pairs if self.part else ()
        if self.sort and "sort" not in but:
            found.append(("sort", ",".join(self.sort)))
        found += self._narrowed()
        if self.search and "q" not in but:
            found.append(("q", self.search))
        return tuple(found)

    def _narrowed(self) -> list[tuple[str, str]]:
        found = [("f", one.text) for one in self.filters]
        if self.where is not None:
            found.append(("where", self.where))
        if self.columns:
            found.append(("cols", columns_text(self.columns)))
        return found

    def _laid_out(self) -> list[tuple[str, str]]:
        found = (
            ("as", self.layout),
            ("by", self.by),
            ("day", self.day),
            ("span", self.span),
        )
        return [(name, value) for name, value in found if value]

    def laid_out(self, layout: str, by: str = "") -> "ListState":
        """Return the same records in another layout."""
        return replace(self.first(), layout=layout, by=by, day="", span="")

    def sorted_by(self, path: str, now: str) -> "ListState":
        """Return the list sorted by a column; the same column turns the order."""
        turned = f"-{path}" if now == path else path
        return replace(self.first(), sort=(turned,))

    def without(self, gone: Filter) -> "ListState":
        """Return the list without one filter."""
        left = tuple(one for one in self.filters if one != gone)
        return replace(self.first(), filters=left)

    def without_part(self) -> "ListState":
        """Return the list with more than a part of a chart."""
        return replace(self.first(), part=None)

    def following(self, cursor: str) -> "ListState":
        """Return the next page."""
        trail = (*self.trail, self.after)[-TRAIL:]
        return replace(self, after=cursor, trail=trail, page=self.page + 1, adding="")

    def before(self) -> "ListState | None":
        """Return the page before, `None` on the first."""
        if not self.after:
            return None
        if not self.trail or not self.trail[-1]:
            return self.first()
        *earlier, last = self.trail
        return replace(
            self, after=last, trail=tuple(earlier), page=self.page - 1, adding=""
        )


def read(path: str, arguments: "MultiDict[str, str]") -> ListState:
    """Read the address of a list; what makes no sense is left out."""
    sort = arguments.get("sort", "")
    return ListState(
        path=path,
        view=arguments.get("view", ""),
        sort=tuple(key for key in sort.split(",")[:4] if key),
        filters=_filters(arguments),
        search=arguments.get("q", "").strip()[:LONGEST_VALUE],
        after=arguments.get("after", ""),
        trail=tuple(arguments.getlist("was")[-TRAIL:]),
        page=_page(arguments.get("page", "1")),
        adding=arguments.get("add", ""),
        where=_where(arguments.get("where")),
        columns=read_columns(arguments.get("cols", "")),
        layout=arguments.get("as", "") if arguments.get("as") in LAYOUTS else "",
        by=arguments.get("by", "")[:LONGEST_VALUE],
        day=arguments.get("day", "")[:10],
        span=arguments.get("span", "")[:10],
        part=read_part(*(arguments.get(name, "") for name in ("chart", "at", "in"))),
    )


def read_text(path: str, query: str) -> ListState:
    """Read the address of a list from its text after the `?`."""
    return read(path, MultiDict(parse_qsl(query, keep_blank_values=True)))


def _where(text: str | None) -> str | None:
    return text if text is None or len(text) <= filter_tree.LONGEST else ""


def columns_text(columns: Iterable[ViewColumn]) -> str:
    """Return columns as they stand in an address: `name,clientid.city~160`."""
    return ",".join(f"{c.field}~{c.width}" if c.width else c.field for c in columns)


def read_columns(text: str) -> tuple[ViewColumn, ...]:
    """Return the columns that an address names, each once."""
    found: dict[str, ViewColumn] = {}
    for part in text[:LONGEST_COLUMNS].split(","):
        path, _, width = part.strip().partition("~")
        fits = width.isdigit() and len(width) < 5 and WIDTHS[0] <= int(width)
        if path:
            whole = min(int(width), WIDTHS[1]) if fits else None
            found.setdefault(path, ViewColumn(path, whole))
    return tuple(found.values())[:MOST_COLUMNS]


def _filters(arguments: "MultiDict[str, str]") -> tuple[Filter, ...]:
    found = [parse_filter(text) for text in arguments.getlist("f")]
    field = arguments.get("field", "")
    op = arguments.get("op", "")
    if field and op:
        values = [v for v in arguments.getlist("value") if v != ""]
        found.append(_filter(field, op, values))
    kept = [one for one in found if one is not None]
    return tuple(dict.fromkeys(kept))[:MOST_FILTERS]


def parse_filter(text: str) -> Filter | None:
    """Read `field:operator:value`, `None` for what is not one."""
    field, _, rest = text.partition(":")
    op, _, value = rest.partition(":")
    if not field or not op:
        return None
    return _filter(field, op, value.split("|") if value else ())


def _filter(field: str, op: str, values: Iterable[str]) -> Filter:
    return Filter(field, op, tuple(value[:LONGEST_VALUE] for value in values))


def _page(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 7 and int(text) > 0 else 1
