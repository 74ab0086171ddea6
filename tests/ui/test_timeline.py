"""The timeline of a record: one stream by day, filters, paging, entries, deeds."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.ui.test_models import ME, NOW, READER, catalog
from tests.ui.world import Screens
from xrm.metadata.fields.field_type import Ref
from xrm.platform.records import service
from xrm.ui import form_plan, timeline_page
from xrm.ui.timeline_page import Event, Read
from xrm.ui.timeline_state import Asked, Cursor, asked_in

SAMPLE = "/app/work/sample"


def event(day: int, key: int, kind: str = "errand", *, is_next: bool = False) -> Event:
    when = datetime(2026, 11, day, 10, tzinfo=UTC)
    return Event(
        when, f"{kind} {key}", "", "note", "gray", "/x", "10:00", "", kind,
        str(UUID(int=key)), is_next=is_next,
    )  # fmt: skip


# Models


def test_a_timeline_takes_what_points_to_the_record() -> None:
    found = timeline_page.children(catalog(), catalog().entity("sample"))
    assert [child.entity for child in found] == ["annotation", "errand"]
    assert timeline_page.children(catalog(), catalog().entity("client")) == []


def test_an_entry_asks_for_four_fields_of_quick_create() -> None:
    errand = catalog().entity("errand")
    form = form_plan.entry_form(catalog(), errand, "regardingobjectid")
    assert form.fields == ("subject", "street", "scheduledend", "description")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("2026-11-20T10:00:00+00:00~12~2026-11-20", True),
        (f"2026-11-20T10:00:00+00:00~~~{UUID(int=4)}", True),
        ("2026-11-20T10:00:00", False),
        ("yesterday", False),
        ("2026-11-20T10:00:00+00:00~~~not-an-id", False),
        ("", False),
    ],
)
def test_a_cursor_is_its_text_and_nonsense_is_left_out(text: str, is_one: bool) -> None:
    found = asked_in({"before": text}).before
    assert (found is not None) is is_one
    if found is not None:
        again = asked_in({"before": found.text()}).before
        assert again == found


def test_the_past_ends_where_a_kind_was_read_no_further() -> None:
    many = Read((event(20, 1), event(18, 2), event(16, 3)), is_cut=True)
    few = Read((event(19, 4, "note"), event(10, 5, "note")), is_cut=False)
    shown, cursor = timeline_page.cut([many, few], Asked(), NOW)
    assert [e.id[-1] for e in shown] == ["1", "4", "2", "3"]
    assert cursor is not None
    assert (cursor.moment.day, cursor.shown) == (16, (str(UUID(int=3)),))


def test_what_is_coming_never_hides_that_there_is_a_past() -> None:
    coming = Read(tuple(event(28, i, is_next=True) for i in range(3)), is_cut=True)
    past = Read((event(10, 9, "note"),), is_cut=False)
    shown, cursor = timeline_page.cut([coming, past], Asked(), NOW)
    assert len(shown) == 3
    assert cursor == Cursor(NOW)


def test_days_have_titles_and_next_comes_first() -> None:
    found = [event(28, 1, is_next=True), event(24, 2), event(23, 3), event(20, 4)]
    days = timeline_page.by_day(found, READER, before="2026-11-20")
    assert [day.title for day in days] == ["Next", "Today", "Yesterday", ""]


def test_kinds_are_chips_that_turn_on_and_off() -> None:
    asked = Asked(frozenset({"errand"}), "x")
    chips = timeline_page.kinds_of(
        catalog(), ["annotation", "errand"], asked, "/t", audited=True
    )
    assert [(c.label, c.current) for c in chips] == [
        ("All", False), ("Notes", False), ("Errands", True), ("Changes", False),
    ]  # fmt: skip
    assert chips[2].href == "/t?q=x"
    assert chips[1].href == "/t?kind=annotation&kind=errand&q=x"


# Pages


def titles(text: str) -> list[str]:
    return re.findall(r'x-(?:lead clip"[^>]*|day"|clip")>([^<]+)<', text)


def lead(text: str) -> Sequence[str]:
    return re.findall(r'class="x-lead clip"[^>]*>([^<]+)<', text)


def test_activities_notes_and_changes_are_one_stream(screens: Screens) -> None:
    record = screens.create("sample", name="One", price=10)
    about = Ref("sample", record)
    screens.create("errand", subject="Late", regardingobjectid=about,
                   scheduledend=datetime(2020, 1, 1, tzinfo=UTC))  # fmt: skip
    done = screens.create("errand", subject="Done", regardingobjectid=about)
    screens.create("annotation", notetext="Old words", objectid=about)
    with screens.work() as work:
        service.set_state(work, "errand", done, 1)
        service.update(work, "sample", record, {"price": 20, "mail": "a@b.example"})
        service.update(work, "sample", record, {"pieces": 5})
    text = screens.client().fragment(f"{SAMPLE}/{record}/timeline", "timeline").text
    assert text.index("Next") < text.index("Late") < text.index("Old words")
    assert "days late" in text
    assert "The system changed pieces" in text
    assert '<span class="muted">empty</span> → 5' in text
    assert "The system changed 2 fields" in text
    assert 'Price: <span class="muted">€10.00</span> → €20.00' in text
    assert "The system created this" in text
    assert "Old words" in text


def test_filters_and_search_narrow_the_stream(screens: Screens) -> None:
    record = screens.create("sample", name="One")
    about = Ref("sample", record)
    screens.create("errand", subject="Fetch milk", regardingobjectid=about)
    screens.create("errand", "carla", subject="Post letter", regardingobjectid=about)
    screens.create("annotation", subject="Milk is out", objectid=about)
    person = screens.client()
    address = f"{SAMPLE}/{record}/timeline"

    def found(query: str) -> set[str]:
        return set(lead(person.fragment(f"{address}?{query}", "timeline-stream").text))

    assert found("kind=errand") == {"Fetch milk", "Post letter"}
    assert found("q=milk") == {"Fetch milk", "Milk is out"}
    assert found("mine=1") == {"Post letter"}
    assert found("kind=annotation&kind=changes") == {"Milk is out"}
    assert "Nothing fits" in person.fragment(f"{address}?q=zzz", "timeline-stream").text


def test_earlier_pages_tell_everything_once(screens: Screens) -> None:
    record = screens.create("sample", name="One")
    about = Ref("sample", record)
    with screens.work() as work:
        for number in range(70):
            when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number // 3)
            values = {"notetext": "x", "subject": f"n{number}", "objectid": about,
                      "overriddencreatedon": when}  # fmt: skip
            service.create(work, "annotation", values)
    for number in range(30):
        with screens.work() as work:
            service.update(work, "sample", record, {"pieces": number + 1})
    person = screens.client()
    address = f"{SAMPLE}/{record}/timeline"
    seen: list[str] = []
    changes = 0
    for _ in range(20):
        text = person.fragment(address, "timeline").text
        seen += lead(text)
        changes += len(re.findall("The system changed pieces", text))
        following = re.search(r'href="([^"]+)"[^>]*>Show earlier', text)
        if following is None:
            break
        address = following.group(1).replace("&amp;", "&")
    assert sorted(seen) == sorted(f"n{n}" for n in range(70))
    assert changes == 30


def test_a_note_is_written_changed_and_deleted_where_it_stands(
    screens: Screens,
) -> None:
    record = screens.create("sample", name="One")
    person = screens.client()
    address = f"{SAMPLE}/{record}/timeline"
    person.get(address)
    empty = person.post(f"{address}/notes", notetext=" ")
    assert empty.status_code == 400
    assert "Write the note first." in empty.text
    assert person.post(f"{address}/notes", notetext="Seen it").status_code == 303
    page = person.get(address).text
    assert "Seen it" in page
    assert "The note is added." in page
    note = re.search(r'href="([^"]+/timeline/annotation/[^"]+)"', page)
    assert note is not None
    form = person.get(note.group(1)).text
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version is not None
    person.post(note.group(1), do="save", notetext="Seen twice", version=version[1])
    assert "Seen twice" in person.get(address).text
    asked = person.post(note.group(1), do="delete")
    assert "Delete “" in asked.text
    assert "Seen twice" in person.get(address).text
    person.post(note.group(1), do="delete", sure="1")
    assert "Seen twice" not in person.get(address).text


def test_an_activity_is_made_from_few_fields_and_keeps_what_was_typed(
    screens: Screens,
) -> None:
    record = screens.create("sample", name="One")
    person = screens.client()
    address = f"{SAMPLE}/{record}/timeline"
    form = person.get(f"{address}/errand/new").text
    assert 'id="t-subject"' in form
    assert 'name="regardingobjectid"' not in form
    refused = person.post(f"{address}/errand/new", subject="", street="Long Lane")
    assert refused.status_code == 400
    assert "Long Lane" in refused.text
    done = person.post(f"{address}/errand/new", subject="Go", street="Long Lane")
    assert done.headers["Location"].endswith("/timeline")
    page = person.get(address).text
    assert "The errand is added." in page
    assert lead(page) == ["Go"]


def test_an_activity_is_completed_from_the_timeline(screens: Screens) -> None:
    record = screens.create("sample", name="One")
    made = screens.create(
        "errand", subject="Go", regardingobjectid=Ref("sample", record)
    )
    person = screens.client()
    address = f"{SAMPLE}/{record}/timeline"
    assert "Mark as completed" in person.get(address).text
    answer = person.http.post(
        f"{address}/errand/{made}",
        data={"csrf_token": person.token, "do": "state", "to": "1"},
        headers={"HX-Request": "true", "HX-Target": "timeline"},
    )
    assert answer.headers["HX-Retarget"] == "#timeline"
    assert "The errand is completed." in answer.text
    assert "Mark as completed" not in answer.text
    with screens.work() as work:
        assert service.retrieve(work, "errand", made, ("statecode",)) == {
            "statecode": 1
        }


def test_a_timeline_is_of_its_record_and_of_what_may_be_seen(screens: Screens) -> None:
    record = screens.create("sample", name="One")
    other = screens.create("sample", name="Two")
    note = screens.create("annotation", notetext="x", objectid=Ref("sample", other))
    person = screens.client()
    address = f"{SAMPLE}/{record}/timeline"
    assert person.get(f"{address}/annotation/{note}").status_code == 404
    assert person.get(f"{address}/client/{note}").status_code == 404
    assert person.get(f"{address}/annotation/nothing").status_code == 404
    person.get(address)
    assert person.post(f"{address}/annotation/{note}", do="delete",
                       sure="1").status_code == 404  # fmt: skip
    assert person.get(f"{SAMPLE}/{ME}/timeline").status_code == 404
