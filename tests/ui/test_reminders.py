"""A person's own activities: overdue, due today, coming; completed and put off."""

from datetime import UTC, datetime, timedelta

from tests.ui.test_models import NOW, READER, catalog
from tests.ui.world import Screens
from xrm.metadata.fields.field_type import Ref
from xrm.platform.records import service
from xrm.ui import reminders_page
from xrm.ui.reminders_page import Reminder

MINE = "/app/work/my-activities"


def one(when: datetime | None, id_: str) -> Reminder:
    return Reminder(
        when, "errand", id_, id_, "Errand", "x", "/", "", "", "", "", is_late=False
    )


def test_what_can_be_due_is_found_by_its_kind() -> None:
    assert [entity.name for entity in reminders_page.kinds(catalog())] == ["errand"]


def test_parts_begin_with_what_is_late() -> None:
    found = [
        one(None, "undated"),
        one(NOW + timedelta(days=3), "coming"),
        one(NOW + timedelta(hours=2), "today"),
        one(NOW - timedelta(hours=2), "late"),
    ]
    page = reminders_page.build("/", found, READER, is_cut=False)
    assert [(p.title, [r.id for r in p.items]) for p in page.parts] == [
        ("Overdue", ["late"]),
        ("Due today", ["today"]),
        ("Coming", ["coming"]),
        ("Without a day", ["undated"]),
    ]


def test_things_are_put_off_to_the_morning() -> None:
    assert reminders_page.put_off("hour", READER) == NOW + timedelta(hours=1)
    assert reminders_page.put_off("day", READER) == datetime(
        2026, 11, 25, 9, tzinfo=UTC
    )
    assert reminders_page.put_off("year", READER) is None


def test_own_open_activities_are_listed_completed_and_put_off(
    screens: Screens,
) -> None:
    about = Ref("sample", screens.create("sample", "carla", name="One"))
    old = datetime(2020, 1, 1, tzinfo=UTC)
    late = screens.create(
        "errand", "carla", subject="Late", regardingobjectid=about, scheduledend=old
    )
    screens.create("errand", "ben", subject="Of Ben", scheduledend=old)
    screens.create("errand", "carla", subject="Some day")
    person = screens.client()
    text = person.get(MINE).text
    assert text.index("Overdue") < text.index("Late") < text.index("Some day")
    assert "Of Ben" not in text
    assert person.post(f"{MINE}/errand/{late}", snooze="week").status_code == 303
    text = person.get(MINE).text
    assert "The errand is put off." in text
    assert "Overdue" not in text
    person.post(f"{MINE}/errand/{late}", to="1")
    assert "Late" not in person.get(MINE).text
    with screens.work() as work:
        assert service.retrieve(work, "errand", late, ("statecode",))["statecode"] == 1
    assert person.post(f"{MINE}/client/{late}", to="1").status_code == 404
    assert person.post(f"{MINE}/errand/{late}", snooze="year").status_code == 404
