"""Page models are pure: addresses, filters, typed texts, conflicts, history."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import pytest
import yaml
from werkzeug.datastructures import MultiDict

from tests.support.records_world import CORE, SALES
from tests.ui.world import SCREENS
from xrm.metadata.catalog import Catalog, compose
from xrm.metadata.documents import Document
from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import Formats, Ref
from xrm.platform.errors import Detail, Invalid
from xrm.platform.query.query import And, Compare, Expr, Or, Order, Page
from xrm.platform.query.views import quick_find
from xrm.platform.records.history import HistoryEntry
from xrm.platform.security.actors import SYSTEM
from xrm.ui import (
    columns,
    conflict_page,
    decision_page,
    filters,
    form_fields,
    form_page,
    form_plan,
    form_values,
    history_page,
    list_page,
    list_state,
    people,
    reading,
    record_actions,
    rich_text,
    search_page,
    shell,
)
from xrm.ui.cells import cells
from xrm.ui.list_state import Filter, ListState
from xrm.ui.reading import Reader

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ME, OTHER, RECORD = UUID(int=1), UUID(int=2), UUID(int=3)
READER = Reader(Formats(), NOW, ME, {UUID(int=9): "USD"})
GERMAN = Formats(locale="de", time_zone="Europe/Berlin")


@cache
def catalog() -> Catalog:
    """Return the catalog of the small world."""
    found = yaml.safe_load(CORE + SALES + SCREENS)
    return compose(
        [Document(d["kind"], d["name"], d, "world.yaml", {}) for d in found], 1
    )


def field(name: str, entity: str = "sample") -> Field:
    """Return a field of the small world."""
    return catalog().entity(entity).field(name)


def state(text: str = "") -> ListState:
    """Return the state of an address."""
    pairs = [pair.partition("=")[::2] for pair in text.split("&") if pair]
    return list_state.read("/app/work/sample", MultiDict(pairs))


# Addresses


@pytest.mark.parametrize(
    "text",
    [
        "",
        "view=active",
        "view=active&sort=-price%2Cname",
        "f=price%3Age%3A10",
        "q=nord",
    ],
)
def test_a_list_is_its_address(text: str) -> None:
    plain = text.replace("%2C", ",").replace("%3A", ":")
    assert state(plain).address() == f"/app/work/sample{'?' if text else ''}{text}"


def test_sorting_by_the_same_column_turns_the_order() -> None:
    first = state().sorted_by("price", "name")
    assert first.sort == ("price",)
    assert first.sorted_by("price", "price").sort == ("-price",)


def test_pages_remember_the_way_back() -> None:
    second = state().following("c2")
    third = second.following("c3")
    assert (third.page, third.after, third.trail) == (3, "c3", ("", "c2"))
    assert third.before() == second
    assert second.before() == state()
    assert state().before() is None


def test_nonsense_in_an_address_is_left_out() -> None:
    found = state("f=broken&f=a:b:c&page=-3&sort=,,")
    assert found.filters == (Filter("a", "b", ("c",)),)
    assert (found.page, found.sort) == (1, ())


# Filters


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("statecode:eq:0", "Status is Active"),
        ("price:ge:1500", "Price is at least €1,500.00"),
        ("day:on-or-before:2026-05-01", "Day is on or before May 1, 2026"),
        ("kind_of:in:1|2", "Kind is one of Red or Blue"),
        ("day:last-x-days:7", "Day was in the last 7 days"),
        ("story:null:", "Story is empty "),
        ("ready:eq:true", "Ready is Yes"),
    ],
)
def test_filters_read_as_sentences(text: str, words: str) -> None:
    entity = catalog().entity("sample")
    (chip,) = filters.chips(entity, state(f"f={text}"), Formats())
    assert f"{chip.label} {chip.words} {chip.value}" == words
    assert chip.remove == "/app/work/sample"


@pytest.mark.parametrize("text", ["nothing:eq:1", "price:sounds-like:1", "price:ge:"])
def test_filters_that_cannot_be_used_are_not_used(text: str) -> None:
    entity = catalog().entity("sample")
    assert filters.chips(entity, state(f"f={text}"), Formats()) == ()


def test_a_record_is_meant_by_id_or_by_name() -> None:
    entity = catalog().entity("sample")
    by_id = filters.condition(entity, Filter("clientid", "eq", (f"client:{RECORD}",)))
    assert by_id == Compare("clientid", "eq", (str(RECORD),))
    by_name = filters.condition(entity, Filter("clientid", "eq", ("nord",)))
    assert by_name == Compare("clientid@name", "contains", ("nord",))


def test_a_search_asks_the_quick_find_fields() -> None:
    found = quick_find(catalog().entity("sample"), "x")
    assert isinstance(found, Or)
    assert [c.path for c in found.items if isinstance(c, Compare)] == ["name", "code"]


# Lists


def columns_of(view: str = "all") -> columns.Columns:
    """Return the columns of a view of samples."""
    entity = catalog().entity("sample")
    readable = frozenset(entity.fields)
    found = catalog().view("sample", view)
    return columns.columns_of(catalog(), entity, found, "work", readable)


def row(**values: Any) -> dict[str, Any]:
    """Return a row of the list."""
    made = dict.fromkeys(columns_of().paths)
    return {**made, "sampleid": RECORD, "name": "One", **values}


def listed(*rows: dict[str, Any], text: str = "", **more: Any) -> list_page.ListPage:
    """Return the list page of rows."""
    entity = catalog().entity("sample")
    return list_page.build(
        catalog(),
        entity,
        catalog().view("sample", "all"),
        columns_of(),
        state(text),
        Page(list(rows), **more),
        READER,
        list_page.Rights(create=True, delete=True),
        views=[],
        readable=frozenset(entity.fields),
    )


def test_the_question_of_a_list_joins_view_filter_and_search() -> None:
    entity, view = catalog().entity("sample"), catalog().view("sample", "active")
    found = list_page.question(
        entity, view, columns_of("active"), state("f=price:ge:1&q=x")
    )
    assert isinstance(found.where, And)
    assert [type(part) for part in found.where.items] == [Expr, Compare, Or]
    assert found.order == (Order("price", descending=True),)


def test_money_of_one_currency_says_it_in_the_head() -> None:
    usd = {"transactioncurrencyid": UUID(int=9)}
    page = listed(
        row(price=Decimal(10), **usd), row(price=Decimal(2500), **usd), total=2
    )
    heads = [head.label for head in page.headers]
    assert "Price, $" in heads
    shown = [cells[2][2] for _, _, cells in page.rows]
    assert shown == ["10", "2,500"]
    assert page.sum == "$2,510.00"


def test_money_of_several_currencies_keeps_its_signs() -> None:
    page = listed(
        row(price=Decimal(10), transactioncurrencyid=UUID(int=9)),
        row(price=Decimal("2.5"), transactioncurrencyid=UUID(int=8)),
    )
    assert [cells[2][2] for _, _, cells in page.rows] == ["$10.00", "€2.50"]
    assert page.sum == ""


def test_a_row_knows_its_places_on_the_phone() -> None:
    css = {column.path: column.css for column in columns_of().items}
    assert css["name"].startswith("m-lead")
    assert css["price"] == "m-figure num"
    assert css["clientid"].startswith("m-second")
    assert css["statuscode"] == "m-third"
    assert css["day"] == "gone"


def test_cells_link_only_what_there_is() -> None:
    page = listed(row(clientid=OTHER, **{"clientid@name": "Nord"}), row())
    cells = [cells[1] for _, _, cells in page.rows]
    assert cells[0][1:4] == ("link", "Nord", f"/app/work/client/{OTHER}")
    assert cells[1][1:4] == ("text", "", "")


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (Page(total=0), "0"),
        (Page(total=3), "3"),
        (Page(total=120), "50 of 120"),
        (Page(total=5000, capped=True), "50 of 5,000+"),
        (Page(), ""),
    ],
)
def test_counts_in_words(page: Page, words: str) -> None:
    shown = min(50, page.total or 50)
    assert list_page.count_words(shown, page, state()) == words


def test_an_empty_list_offers_the_first_step() -> None:
    fresh = listed().empty
    assert fresh is not None
    assert fresh.create == "/app/work/sample/new"
    filtered = listed(text="q=x").empty
    assert filtered is not None
    assert "contains “x”" in filtered.text
    assert filtered.remove == "/app/work/sample"


def test_a_lookup_to_many_entities_is_not_joined_for_every_row() -> None:
    narrow = field("anyone")
    wide = replace(narrow, targets=narrow.targets * 4)
    assert columns.is_joined(narrow)
    assert not columns.is_joined(wide)


# Forms


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("price", "1.234,50 €", Decimal("1234.50")),
        ("share", "12,5 %", Decimal("12.500")),
        ("pieces", "1.000", 1000),
        ("spent", "1 h 30 min", 90),
        ("spent", "45", 45),
        ("day", "2026-03-31", date(2026, 3, 31)),
        ("moment", "2026-07-01T14:30", datetime(2026, 7, 1, 12, 30, tzinfo=UTC)),
        ("ready", "true", True),
        ("kind_of", "2", 2),
        ("story", "a\r\nb", "a\nb"),
        ("clientid", f"client:{RECORD}", Ref("client", RECORD)),
    ],
)
def test_typed_texts_become_values(name: str, text: str, value: object) -> None:
    typed = form_values.read([field(name)], {name: [text]}, None, GERMAN)
    assert typed.values == {name: value}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("pieces", "many", 'Pieces must be a whole number, not "many".'),
        ("price", "-1", "Price is -1; the least allowed is 0."),
        ("moment", "soon", "Moment must be a date and time"),
    ],
)
def test_typed_texts_that_do_not_fit_are_faults(
    name: str, text: str, words: str
) -> None:
    typed = form_values.read([field(name)], {name: [text]}, None, Formats())
    assert typed.values == {}
    assert words.split(";")[0][:24] in typed.faults[name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("price", Decimal("1234.5000")),
        ("ratio", 0.1),
        ("moment", datetime(2026, 7, 1, 12, 30, 59, tzinfo=UTC)),
        ("ready", None),
        ("kinds", (1, 3)),
        ("words", ",red,blue,"),
        ("story", "a\r\nb"),
    ],
)
def test_what_the_form_showed_is_no_change(name: str, value: Any) -> None:
    shown = form_fields.edit_text(field(name), value, GERMAN)
    posted = {name: shown.split(",") if name == "kinds" else [shown]}
    typed = form_values.read([field(name)], posted, {name: value}, GERMAN)
    assert typed == form_values.Typed()


def plan() -> form_plan.FormPlan:
    """Return the prepared form of samples."""
    entity = catalog().entity("sample")
    form = form_plan.main_form(catalog(), entity)
    return form_plan.plan_of(entity, form, frozenset(entity.fields))


def shown_form(**more: Any) -> form_page.FormPage:
    """Return the form page of a sample."""
    values: Mapping[str, Any] = more.pop("values", {})
    base = dict.fromkeys(plan().paths)
    base |= {"sampleid": RECORD, "name": "One", "statecode": 0, "statuscode": 1}
    record = {**base, **values}
    rights = more.pop("rights", record_actions.FormRights(write=True, delete=True))
    return form_page.build(
        catalog(),
        catalog().entity("sample"),
        plan(),
        record,
        READER,
        rights,
        "work",
        current=record,
        **more,
    )


def fields_of(page: form_page.FormPage) -> dict[str, form_fields.FieldModel]:
    """Return the fields of a form by name."""
    return {f.name: f for tab in page.tabs for s in tab.sections for f in s.fields}


def test_computed_and_numbered_fields_say_why_they_are_locked() -> None:
    found = fields_of(shown_form())
    assert found["doubled"].lock == "Computed: pieces * 2"
    assert found["code"].lock == "Numbered when the record is saved"
    assert found["name"].lock == ""
    assert found["name"].required == "required"


def test_without_the_right_to_write_nothing_can_be_typed() -> None:
    page = shown_form(rights=record_actions.FormRights())
    assert page.notice == "You may read this sample, not change it"
    assert {f.kind for f in fields_of(page).values()} == {"locked"}
    assert page.states == ()


def test_a_status_offers_the_reasons_of_its_state() -> None:
    options = fields_of(shown_form(tab="more"))["statuscode"].options
    assert [option.label for option in options] == ["New", "Busy"]


def test_refusals_stand_beside_fields_and_open_their_tab() -> None:
    details = [
        Detail("day", "x", "Not so early."),
        Detail("secret", "x", "Not on this form."),
    ]
    error = Invalid("two", details=details)
    page = shown_form(error=error, typed={"day": ["1999-01-01"]})
    assert fields_of(page)["day"].faults == ("Not so early.",)
    assert fields_of(page)["day"].value == "1999-01-01"
    assert [(f.label, f.message) for f in page.faults] == [
        ("Day", "Not so early."),
        ("", "Not on this form."),
    ]
    assert [tab.name for tab in page.tabs if tab.current] == ["more"]


def test_a_tab_comes_when_it_is_shown_unless_it_was_filled() -> None:
    later = {tab.name: tab.later for tab in shown_form().tabs}
    assert later == {"general": False, "more": True}
    typed = {tab.name: tab.later for tab in shown_form(typed={"day": [""]}).tabs}
    assert typed == {"general": False, "more": False}


def test_states_have_verbs() -> None:
    (action,) = shown_form().states
    assert (action.label, action.href) == (
        "Mark as closed",
        f"/app/work/sample/{RECORD}/state?to=1",
    )


# Conflicts and history


def entry(version: int, before: dict[str, Any], **after: Any) -> HistoryEntry:
    """Return a change of a record."""
    return HistoryEntry(
        NOW, OTHER, "update", before, {**after, "versionnumber": version}, "POST /x"
    )


def test_a_conflict_asks_only_where_both_changed() -> None:
    now = dict.fromkeys(plan().paths)
    now |= {"sampleid": RECORD, "name": "One", "pieces": 5, "phone": "1"}
    now |= {"versionnumber": 3, "modifiedby": OTHER, "modifiedby@name": "Ben"}
    was = conflict_page.as_it_was(
        catalog().entity("sample"),
        now,
        [
            entry(1, {}, pieces=1),
            entry(2, {"pieces": 1}, pieces=4),
            entry(3, {"pieces": 4, "phone": None}, pieces=5, phone="1"),
        ],
        1,
    )
    assert was is not None
    assert (was["pieces"], was["phone"]) == (1, None)
    page = conflict_page.build(
        catalog().entity("sample"),
        plan(),
        now,
        was,
        {"pieces": 9, "mail": "a@b.example"},
        {"pieces": ["9"], "mail": ["a@b.example"]},
        READER,
        address="/x",
        names={},
    )
    (question,) = page.questions
    assert (question.was, question.mine, question.theirs) == ("1", "9", "5")
    assert (page.mine, page.theirs) == (("Mail",), ("Phone",))
    assert page.title.startswith("Ben saved this record")
    assert ("pieces", "9") in page.hidden


def test_without_history_everything_that_differs_is_asked() -> None:
    now = dict.fromkeys(plan().paths) | {"name": "One", "pieces": 5}
    entity = catalog().entity("sample")
    assert conflict_page.as_it_was(entity, now, [], 1) is None
    page = conflict_page.build(
        entity,
        plan(),
        now,
        None,
        {"pieces": 9, "name": "Two"},
        {},
        READER,
        address="/x",
        names={},
    )
    assert [(q.name, q.was) for q in page.questions] == [
        ("pieces", "not recorded"),
        ("name", "not recorded"),
    ]
    assert page.mine == ()


def test_history_is_told_newest_first_in_words() -> None:
    entries = [
        HistoryEntry(NOW - timedelta(days=1), ME, "create", {}, {"name": "One"}, "x"),
        HistoryEntry(NOW, OTHER, "update", {"price": Decimal(1)},
                     {"price": Decimal(2), "versionnumber": 2}, "POST /app/work/x"),
    ]  # fmt: skip
    page = history_page.build(
        catalog().entity("sample"),
        entries,
        READER,
        title="One",
        base="/x",
        record="/x/1",
        people={OTHER: "Ben"},
        names={},
    )
    latest, created = page.entries
    assert (latest.person.name, latest.words) == ("Ben", "changed this sample")
    assert latest.cause == "on the screen"
    assert [(c.label, c.before, c.after) for c in latest.changes] == [
        ("Price", "€1.00", "€2.00")
    ]
    assert (created.person.name, created.when) == ("You", "yesterday")


# Frame, palette, words


def test_the_frame_names_only_what_may_be_opened() -> None:
    found = shell.build(catalog(), SYSTEM, "work", "sample")
    assert [link.label for group in found.groups for link in group.links] == [
        "Samples",
        "Clients",
        "Deals",
    ]
    assert shell.first_page(catalog(), SYSTEM) == "/app/work/sample"


def test_the_palette_knows_places_and_deeds() -> None:
    app = catalog().apps["work"]
    places = search_page.places(catalog(), SYSTEM, app, "active")
    assert [place.title for place in places] == ["Active samples"]
    places = search_page.places(catalog(), SYSTEM, app, "boss")
    assert [(place.title, place.kind) for place in places] == [("Boss only", "App")]
    deeds = search_page.deeds(catalog(), SYSTEM, app, "new cli")
    assert [deed.title for deed in deeds] == ["New client"]
    deeds = search_page.deeds(catalog(), SYSTEM, app, "dark")
    assert [(deed.title, deed.theme) for deed in deeds] == [("Theme: dark", "dark")]


def test_decisions_name_what_they_are_about() -> None:
    entity = catalog().entity("sample")
    one = decision_page.deleting(entity, ["One"], "/d", "/b")
    assert one.title == "Delete “One”?"
    many = decision_page.deleting(entity, [f"N{n}" for n in range(20)], "/d", "/b")
    assert (many.title, many.button, many.more) == (
        "Delete 20 samples?",
        "Delete 20",
        8,
    )
    closing = decision_page.changing_state(entity, "One", 0, 1, "/d", "/b")
    assert closing is not None
    assert "read-only while it is closed" in closing.text


@pytest.mark.parametrize(
    ("spent", "words"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=12), "12 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=1), "yesterday"),
        (timedelta(days=12), "12 Nov"),
        (timedelta(days=400), "Oct 20, 2025"),
    ],
)
def test_moments_as_people_say_them(spent: timedelta, words: str) -> None:
    assert reading.ago(NOW - spent, READER) == words


def test_people_keep_their_hue() -> None:
    one = people.avatar("Ada Lovelace", "x")
    assert (one.initials, one.hue) == ("AL", people.avatar("Ada L.", "x").hue)
    assert people.avatar("").initials == "?"


def test_formatted_texts_are_shown_as_words() -> None:
    html = "<p>One <b>two</b></p><script>alert(1)</script><p>a &lt; b</p>"
    assert rich_text.plain_text(html) == "One two\na < b"


def test_an_amount_says_its_currency_where_no_head_does() -> None:
    made = cells([("m-figure num", "money", "890.00", "", "", "€890.00 & more")])
    assert made == (
        '<td class="m-figure num"><span class="not-small">890.00</span>'
        '<span class="only-small">€890.00 &amp; more</span></td>'
    )
