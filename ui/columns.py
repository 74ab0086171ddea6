"""Know how the columns of a list become cells: one function per column, made once.

A cell is a plain tuple, which a template unpacks without looking anything up:

    (class, kind, text, href, hue, hint)

`kind` is one of text, lead, link, who, pill, dot. Columns are made for a catalog, a
view and a locale, and kept with the snapshot; only rows go through them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote

from xrm.metadata.catalog import Catalog
from xrm.metadata.choices import Option
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.decimal import scale_of
from xrm.metadata.fields.display import digits_after_point, number_text
from xrm.metadata.paths import field_at
from xrm.metadata.views import View, ViewColumn
from xrm.rule_engine import core_names
from xrm.ui import people
from xrm.ui.hues import hue_of
from xrm.ui.reading import Reader, ago, exact_moment
from xrm.ui.rich_text import plain_text

Cell: TypeAlias = tuple[str, str, str, str, str, str]
Row: TypeAlias = Mapping[str, Any]
MakeCell: TypeAlias = Callable[[Row, Reader], Cell]

NUMBERS = frozenset({"integer", "decimal", "float", "currency"})
CHOICES = frozenset({"choice", "state", "status"})
PILLS = frozenset({"state", "status"})
TOUCHED = frozenset({"createdon", "modifiedon"})
CURRENCY_FIELD = "transactioncurrencyid"
MOST_JOINED = 6
"""Targets of a lookup up to which their titles are joined."""
USUAL_DIGITS = 2
"""Exact numbers with more digits than this are shown without idle zeros."""
LONGEST = 160
"""Characters of a text that a list shows; the rest is on the record's own page."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it is called, how it sorts, how a row becomes its cell."""

    path: str
    label: str
    css: str
    field: Field
    make: MakeCell
    sortable: bool
    paths: tuple[str, ...]
    """What the query must ask for."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a view, and everything its query asks for."""

    items: tuple[Column, ...]
    paths: tuple[str, ...]
    title: str
    """The row's key that names the record."""
    late: tuple[tuple[str, Field], ...] = ()
    """Lookups whose names are read after the rows."""
    money: Column | None = None
    """The first column of money, which the foot adds up."""


def columns_of(
    catalog: Catalog, entity: Entity, view: View, app: str, readable: frozenset[str]
) -> Columns:
    """Return the columns of a view that the reader may see."""
    found: list[tuple[ViewColumn, Entity, Field]] = []
    for column in view.columns:
        place = field_at(catalog, entity, column.field)
        if place is None or (len(column.steps) == 1 and column.field not in readable):
            continue
        found.append((column, *place))
    title = entity.title if entity.title in readable else None
    lead = next((c.field for c, _, _ in found if c.field == title), None)
    if lead is None:
        lead = found[0][0].field if found else ""
    places = _phone_places([(c.field, f) for c, _, f in found], lead)
    made = tuple(
        _column(c, f, app, c.field == lead, places.get(c.field, "gone"), entity)
        for c, _, f in found
    )
    paths = dict.fromkeys(path for column in made for path in column.paths)
    if any(c.field.type == "currency" for c in made) and CURRENCY_FIELD in readable:
        paths[CURRENCY_FIELD] = None
    money = next(
        (c for c in made if c.field.type == "currency" and "." not in c.path), None
    )
    late = tuple(
        (c.path, c.field) for c in made if c.field.is_lookup and not is_joined(c.field)
    )
    return Columns(made, tuple(paths), title or lead, late, money)


def is_joined(field: Field) -> bool:
    """Say whether a lookup's names come by joins in the same statement.

    One that may point to many entities would join them all for every row.
    """
    return len(field.targets) <= MOST_JOINED


def record_address(app: str, entity: str, id_: Any) -> str:
    """Return the address of a record in an app."""
    return f"/app/{quote(app)}/{entity}/{id_}"


def _phone_places(found: Sequence[tuple[str, Field]], lead: str) -> dict[str, str]:
    """Return where columns stand in a row of two lines; all others are left out."""
    places = {lead: "m-lead"}

    def place(name: str, fits: Callable[[Field], bool]) -> None:
        for path, field in found:
            if path not in places and fits(field):
                places[path] = name
                return

    place("m-figure", lambda f: f.type == "currency")
    if "m-figure" not in places.values():
        place("m-figure", lambda f: f.type in NUMBERS)
    place("m-second", lambda f: f.type == "lookup")
    if "m-second" not in places.values():
        place("m-second", lambda f: f.type in ("text", "owner"))
    place("m-third", lambda f: f.type in PILLS)
    if "m-third" not in places.values():
        place("m-third", lambda f: f.type in ("date", "datetime", "choice"))
    return places


def _column(
    column: ViewColumn,
    field: Field,
    app: str,
    is_lead: bool,
    place: str,
    entity: Entity,
) -> Column:
    path = column.field
    css = f"{place} num" if field.type in NUMBERS else place
    if not is_lead and _is_quiet(field):
        css += " two"
    if column.width:
        css += f" w-{min(400, max(60, round(column.width, -1) // 20 * 20))}"
    paths: tuple[str, ...] = (path,)
    if field.is_lookup and is_joined(field):
        paths = (path, f"{path}@name")
    make = (
        _lead(path, field, app, entity, css)
        if is_lead
        else _maker(path, field, app, css)
    )
    return Column(
        path=path,
        label=column.label or field.label,
        css=css,
        field=field,
        make=make,
        sortable=field_type(field.type).can_sort
        and (not field.is_lookup or is_joined(field)),
        paths=paths,
    )


def _is_quiet(field: Field) -> bool:
    return field.is_lookup or field.name in TOUCHED or field.type == "integer"


def text_maker(path: str, field: Field) -> Callable[[Row, Reader], str]:
    """Return the function that gives the text of a field in a row."""
    kind = field_type(field.type)
    display = kind.display
    if field.is_lookup:
        name = f"{path}@name"

        def of_lookup(row: Row, reader: Reader) -> str:
            if row[path] is None:
                return ""
            found = row.get(name)
            return "No name" if found is None else str(found)

        return of_lookup
    if field.type == "currency":
        base = "base_of" in field.options

        def of_money(row: Row, reader: Reader) -> str:
            currency = None if base else row.get(CURRENCY_FIELD)
            return display(field, row[path], reader.in_currency(currency))

        return of_money
    if field.type == "decimal" and scale_of(field) > USUAL_DIGITS:
        percent = " %" if field.unit == "percent" else ""

        def of_decimal(row: Row, reader: Reader) -> str:
            value = row[path]
            if value is None:
                return ""
            digits = digits_after_point(value)
            return number_text(value, digits, reader.formats) + percent

        return of_decimal
    if field.type == "location":
        further = f"{path}_longitude"

        def of_point(row: Row, reader: Reader) -> str:
            if row[path] is None:
                return ""
            return display(field, (row[path], row[further]), reader.formats)

        return of_point
    if field.type == "rich_text":
        return lambda row, reader: plain_text(row[path] or "")
    return lambda row, reader: display(field, row[path], reader.formats)


def _lead(path: str, field: Field, app: str, entity: Entity, css: str) -> MakeCell:
    text = text_maker(path, field)
    key, base = entity.key, f"/app/{quote(app)}/{entity.name}/"

    def make(row: Row, reader: Reader) -> Cell:
        shown = text(row, reader) or "No name"
        return (css, "lead", shown[:LONGEST], f"{base}{row[key]}", "", "")

    return make


def _maker(path: str, field: Field, app: str, css: str) -> MakeCell:
    if field.is_lookup:
        return _of_lookup(path, field, app, css)
    if field.type in CHOICES:
        return _of_choice(path, field, css)
    if field.type == "currency":
        return _of_money(path, field, css)
    if field.name in TOUCHED:

        def of_moment(row: Row, reader: Reader) -> Cell:
            value = row[path]
            if value is None:
                return (css, "text", "", "", "", "")
            return (
                css,
                "text",
                ago(value, reader),
                "",
                "",
                exact_moment(value, reader),
            )

        return of_moment
    text = text_maker(path, field)

    def make(row: Row, reader: Reader) -> Cell:
        shown = text(row, reader)
        return (css, "text", shown[:LONGEST], "", "", "")

    return make


def _of_lookup(path: str, field: Field, app: str, css: str) -> MakeCell:
    text = text_maker(path, field)
    only = field.targets[0].entity if len(field.targets) == 1 else ""
    kind = f"{path}_type"
    base = f"/app/{quote(app)}/"

    def make(row: Row, reader: Reader) -> Cell:
        id_ = row[path]
        if id_ is None:
            return (css, "text", "", "", "", "")
        shown = text(row, reader)
        target = only or row.get(kind) or ""
        href = f"{base}{target}/{id_}" if target else ""
        if target == core_names.USER:
            person = people.avatar(shown, str(id_))
            return (css, "who", shown, href, person.hue, person.initials)
        return (css, "link" if href else "text", shown[:LONGEST], href, "", "")

    return make


def _of_choice(path: str, field: Field, css: str) -> MakeCell:
    options = field.choices.options if field.choices else ()
    made = {option.value: _choice_cell(option, field, css) for option in options}
    empty: Cell = (css, "text", "", "", "", "")

    def make(row: Row, reader: Reader) -> Cell:
        value = row[path]
        if value is None:
            return empty
        return made.get(value) or (css, "text", str(value), "", "", "")

    return make


def _choice_cell(option: Option, field: Field, css: str) -> Cell:
    hue = hue_of(option.color)
    if field.type in PILLS:
        return (css, "pill", option.label, "", hue or "gray", "")
    if hue:
        return (css, "dot", option.label, "", hue, "")
    return (css, "text", option.label, "", "", "")


def _of_money(path: str, field: Field, css: str) -> MakeCell:
    text = text_maker(path, field)
    is_on_cards = "m-figure" in css  # where no head says the currency

    def make(row: Row, reader: Reader) -> Cell:
        value = row[path]
        if reader.bare_money is None or value is None:
            return (css, "text", text(row, reader), "", "", "")
        shown = number_text(value, reader.bare_money, reader.formats)
        if is_on_cards:
            return (css, "money", shown, "", "", text(row, reader))
        return (css, "text", shown, "", "", "")

    return make
