"""Know what a question to the records is: a frozen value that every dialect makes.

OData, views, subgrids and exports all end in a `Query`. It names fields by paths:

    name                     a field of the entity
    customerid               a lookup: gives `customerid` (and `customerid_type`)
    customerid@name          the title of the record it points to
    customerid.name          a field of that record; with several targets the first
                             one that has a value
    customerid:account.name  the same, of one target only

Nothing here knows of SQL, rights or the catalog.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from xrm.rule_engine.typed import TypedExpression

Counting = Literal["none", "capped", "exact"]
Function = Literal["count", "count_distinct", "sum", "avg", "min", "max"]
Period = Literal["day", "week", "month", "quarter", "year"]
Quantifier = Literal["any", "all", "none"]

COUNT_CAP = 5_000
"""A capped count that reaches more says "more than this"."""
PAGE_LIMIT = 5_000
"""The most rows of one page."""


class Condition:
    """Something a record fulfils or not."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Compare(Condition):
    """One field against values: `Compare("name", "contains", ("x",))`.

    The operators are those of `operators.py`. A value may be an `Other` field.
    """

    path: str
    op: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Other:
    """Another field of the same record, as a value."""

    path: str


@dataclass(frozen=True, slots=True)
class And(Condition):
    """All of them; none at all is true."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or(Condition):
    """One of them; none at all is false."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """Not this; unknown stays unknown."""

    item: Condition


@dataclass(frozen=True, slots=True)
class Expr(Condition):
    """A condition in the rule language."""

    expression: str | TypedExpression


@dataclass(frozen=True, slots=True)
class Exists(Condition):
    """Related records of a collection: any of them fulfils `where`, all do, or none.

    `collection` is a name that `Catalog.collections` knows. Only records that the
    asker may read count. `path` leads over lookups to the record that has them.
    """

    collection: str
    where: Condition | None = None
    quantifier: Quantifier = "any"
    path: str = ""


@dataclass(frozen=True, slots=True)
class Matches(Condition):
    """The record is among those the search index gives for some texts: `search.py`.

    `own` says that its own fields may have them, `lookups` which lookups' titles may.
    With `most` only so many candidates are looked at, the newest first. The platform
    itself adds it to a question; a candidate is compared again, unless `exact`, the
    number of texts, has the index's own copy of the record compared (SQLite).
    """

    values: tuple[Any, ...] = ()
    own: bool = True
    lookups: tuple[str, ...] = ()
    most: int | None = None
    exact: int = 0


@dataclass(frozen=True, slots=True)
class Mentions(Condition):
    """One of the fields has a text, whatever the marks on its letters: for finding.

    `values` is the one text; `" no"` finds words that begin with these letters.
    """

    fields: tuple[str, ...]
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A sort key: a path, or in a grouped query an alias. Nulls are smallest."""

    path: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One figure over the records of a group; `count` without a path counts records."""

    function: Function
    path: str | None = None
    alias: str = ""

    @property
    def key(self) -> str:
        """Return the name of its value in the rows."""
        return self.alias or (
            f"{self.path}_{self.function}" if self.path else self.function
        )


@dataclass(frozen=True, slots=True)
class Group:
    """What records are grouped by; dates by a period, in the asker's time zone."""

    path: str
    period: Period | None = None
    alias: str = ""
    with_title: bool = True
    """Whether a lookup's group comes with the title of its record, and in its order."""

    @property
    def key(self) -> str:
        """Return the name of its value in the rows."""
        return self.alias or self.path


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: rows of an entity, or figures about them.

    `after` is the cursor of the page before. `limit` bounds the page; `PAGE_LIMIT` rows
    are the most.
    """

    entity: str
    columns: tuple[str, ...] = ()
    where: Condition | None = None
    order: tuple[Order, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    group: tuple[Group, ...] = ()
    distinct: bool = False
    limit: int | None = None
    after: str | None = None
    count: Counting = "none"

    @property
    def is_grouped(self) -> bool:
        """Say whether it gives figures, not records."""
        return bool(self.aggregates or self.group)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows by path, the cursor of the next page, and how many there are in all.

    `total` is `None` when no count was asked; `capped` says it is only the least.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    next: str | None = None
    total: int | None = None
    capped: bool = False


def both(first: Condition | None, second: Condition | None) -> Condition | None:
    """Return the condition that both are fulfilled; `None` is no condition."""
    if first is None or second is None:
        return first or second
    return And((first, second))
