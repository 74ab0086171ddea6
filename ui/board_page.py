"""Know the board: lanes of a choice, cards of records, what each lane adds up to.

Pure: counts, sums and rows come from queries that `routes_board` runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from babel import Locale
from babel.numbers import format_currency

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity, Field
from xrm.metadata.views import View, ViewColumn
from xrm.platform.query.query import Aggregate, Compare, Condition, Group, Query, both
from xrm.ui.columns import CURRENCY_FIELD, Cell, Columns, columns_of
from xrm.ui.filters import Choice
from xrm.ui.form_fields import lock_of
from xrm.ui.hues import hue_of
from xrm.ui.list_state import Filter, ListState
from xrm.ui.reading import Reader, lower_first

CARDS = 20
"""Cards of a lane; further ones come when asked for."""
MOST_ON_CARD = 6
WHOLE_FROM = 1_000
"""Sums from this on are shown without cents."""
EMPTY = ""
"""The value of the lane of records without one."""
NO_VALUE = "-"
"""The same in an address."""


@dataclass(frozen=True, slots=True)
class Card:
    """One record on the board."""

    id: str
    version: str
    title: str
    href: str
    second: Cell | None
    facts: tuple[Cell, ...]
    person: Cell | None
    move: str
    """The address that asks where to, and moves; empty where the person may not."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One option with its cards."""

    value: str
    label: str
    hue: str
    count: int
    sum: str
    share: int
    """Hundredths of the largest lane, for the line under its name."""
    cards: tuple[Card, ...]
    new: str
    more: str
    """Where the further cards are fetched, empty when all are shown."""
    rest: int
    all: str
    """The list of the lane's records."""


@dataclass(frozen=True, slots=True)
class BoardPage:
    """Everything the board shows."""

    field: str
    label: str
    lanes: tuple[Lane, ...]
    movable: bool
    lock: str
    """Why cards cannot be moved."""
    here: str


@dataclass(frozen=True, slots=True)
class LaneKind:
    """What a lane stands for; without a value, records that have none."""

    value: int | None
    label: str
    hue: str


@dataclass(frozen=True, slots=True)
class Figures:
    """How many records a lane has and what they add up to."""

    count: int = 0
    sum: Decimal | None = None


def card_columns(
    catalog: Catalog,
    entity: Entity,
    view: View,
    by: Field,
    app: str,
    readable: frozenset[str],
) -> Columns:
    """Return what a card shows: the entity's card form, or else the view's columns."""
    form = catalog.form(entity.name, "card")
    names = list(form.fields) if form else [column.field for column in view.columns]
    title = entity.title or entity.key
    wanted = [n for n in names if n not in (by.name, title) and n in readable]
    wanted = [title, *wanted[:MOST_ON_CARD]]
    if "ownerid" in readable and "ownerid" not in wanted:
        wanted.append("ownerid")
    shown = replace(view, columns=tuple(map(ViewColumn, dict.fromkeys(wanted))))
    return columns_of(catalog, entity, shown, app, readable)


def lanes_of(by: Field, figures: Mapping[int | None, Figures]) -> list[LaneKind]:
    """Return the lanes; one for records without a value where there are some."""
    options = by.choices.options if by.choices else ()
    made = [LaneKind(o.value, o.label, hue_of(o.color, "gray")) for o in options]
    if None in figures:
        made.insert(0, LaneKind(None, nothing(by), "gray"))
    return made


def nothing(by: Field) -> str:
    """Return what the lane of records without a value is called."""
    return f"No {lower_first(by.label)}"


def in_lane(by: Field, value: int | None) -> Condition:
    """Return the condition that a record is in a lane."""
    if value is None:
        return Compare(by.name, "null")
    return Compare(by.name, "eq", (value,))


def figures_query(
    entity: Entity, where: Condition | None, by: Field, money: Field | None
) -> Query:
    """Return the query of the lanes' counts and sums."""
    sums = (Aggregate("sum", money.name, "total"),) if money else ()
    return Query(
        entity.name,
        where=where,
        group=(Group(by.name, alias="lane"),),
        aggregates=(Aggregate("count", alias="many"), *sums),
    )


def cards_query(
    entity: Entity,
    columns: Columns,
    where: Condition | None,
    order: Sequence[Any],
    by: Field,
    value: int | None,
    after: str | None = None,
) -> Query:
    """Return the query of a lane's cards."""
    return Query(
        entity.name,
        columns=tuple(dict.fromkeys((*columns.paths, "versionnumber"))),
        where=both(where, in_lane(by, value)),
        order=tuple(order),
        limit=CARDS,
        after=after,
    )


def money_of(
    entity: Entity, columns: Columns, readable: frozenset[str]
) -> Field | None:
    """Return the amount that lanes add up: in the base currency where it has one."""
    if columns.money is None:
        return None
    base = entity.fields.get(f"{columns.money.path}_base")
    if base is not None and base.name in readable:
        return base
    return None if CURRENCY_FIELD in entity.fields else columns.money.field


def money_words(value: Decimal | None, reader: Reader) -> str:
    """Return a lane's sum in the base currency, in whole units when it is large."""
    if value is None:
        return ""
    code, locale = reader.formats.currency, reader.formats.locale.replace("-", "_")
    if abs(value) < WHOLE_FROM:
        return format_currency(value, code, locale=locale)
    pattern = Locale.parse(locale).currency_formats["standard"].pattern
    return format_currency(
        value,
        code,
        pattern.replace(".00", ""),
        locale=locale,
        currency_digits=False,
    )


def lane(
    kind: LaneKind,
    by: Field,
    state: ListState,
    figures: Figures,
    largest: int,
    cards: tuple[Card, ...],
    sum_words: str,
    cursor: str | None,
    new: str,
) -> Lane:
    """Return one lane."""
    value = EMPTY if kind.value is None else str(kind.value)
    one = Filter(by.name, "eq", (value,)) if value else Filter(by.name, "null")
    listed = replace(state.laid_out(""), filters=(*state.filters, one))
    return Lane(
        value=value,
        label=kind.label,
        hue=kind.hue,
        count=figures.count,
        sum=sum_words,
        share=round(figures.count * 100 / largest) if largest else 0,
        cards=cards,
        new=f"{new}?set.{by.name}={value}" if new and value else "",
        more=state.first().address(lane=value or NO_VALUE, next=cursor)
        if cursor
        else "",
        rest=max(0, figures.count - len(cards)),
        all=listed.address(),
    )


def card(
    row: Mapping[str, Any],
    entity: Entity,
    columns: Columns,
    reader: Reader,
    by: Field,
    address: str,
    *,
    may_move: bool = True,
) -> Card:
    """Return the card of a row."""
    lead, *others = [(column, column.make(row, reader)) for column in columns.items]
    named = next((c for c, made in others if c.field.is_lookup and made[2]), None)
    if named is None or named.path == "ownerid":
        named = next((c for c, m in others if c.field.type == "text" and m[2]), None)
    second: Cell | None = None
    person: Cell | None = None
    facts: list[Cell] = []
    for column, made in others:
        if not made[2]:
            continue
        if column.path == "ownerid":
            person = made
        elif column is named:
            second = made
        else:
            facts.append(made)
    id_: UUID = row[entity.key]
    _, _, title, href, _, _ = lead[1]
    return Card(
        id=str(id_),
        version=str(row["versionnumber"]),
        title=title,
        href=href or f"{address}/{id_}",
        second=second,
        facts=tuple(facts),
        person=person,
        move=f"{address}/{id_}/move?by={by.name}&version={row['versionnumber']}"
        if may_move
        else "",
    )


def move_lock(by: Field) -> str:
    """Return why records cannot be moved from lane to lane, empty when they can."""
    if by.type in ("state", "status"):
        return ""
    return lock_of(by, read_only=False)[0]


def targets(by: Field, current: int | None) -> tuple[Choice, ...]:
    """Return where a card can be moved."""
    options = by.choices.options if by.choices else ()
    found = [Choice(str(o.value), o.label, o.value == current) for o in options]
    if by.type == "choice" and not by.is_required:
        found.append(Choice(EMPTY, nothing(by), current is None))
    return tuple(found)
