"""What people choose for themselves: checked, kept, and read once."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.support.query_world import World, make_world
from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import Invalid
from xrm.platform.security import sessions
from xrm.platform.services import preferences
from xrm.platform.services.preferences import Pinned


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = make_world(database_url)
    for name in ("anna", "ben"):
        made.add_user(name, made.ids["root"], "boss")
    yield made
    made.database.dispose()


def put(world: World, key: str, value: Any, user: str = "anna") -> None:
    with world.work(user, write=True) as work:
        preferences.put(work, key, value)


def test_a_preference_is_kept_for_one_person(world: World) -> None:
    put(world, "theme", "dark")
    put(world, "list.firm", {"layout": "kanban", "columns": ["name", "größe"]})
    with world.work("anna") as work:
        assert preferences.get(work, "theme") == "dark"
        assert preferences.get(work, "list.firm")["columns"] == ["name", "größe"]
        assert dict(preferences.all_of(work)).keys() == {"theme", "list.firm"}
    with world.work("ben") as work:
        assert preferences.get(work, "theme", "auto") == "auto"
    put(world, "theme", None)
    with world.work("anna") as work:
        assert preferences.get(work, "theme") is None


def test_a_change_is_seen_within_its_work(world: World) -> None:
    with world.work("anna", write=True) as work:
        assert preferences.get(work, "theme") is None
        preferences.put(work, "theme", "light")
        assert preferences.get(work, "theme") == "light"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("theme", "pink", "Light or dark: It is one of: auto, light, dark."),
        ("page_size", "50", "Rows of a list: It is one of: 25, 50, 100, 200."),
        ("page_size", True, "Rows of a list: It is one of"),
        ("locale", "xx-QQ", "Language of numbers and dates: It is a language"),
        ("locale", 7, "Language of numbers and dates: It is"),
        ("time_zone", "Europe/Atlantis", "Time zone: It is a name of the time zone"),
        ("start", "//elsewhere.example", "The page to begin with: It is the address"),
        ("start", "/\\elsewhere", "The page to begin with: It is the address"),
        ("start", "https://elsewhere.example", "It is the address of a page here."),
        ("pinned", [{"entity": "firm"}], "A pin has an entity and an id, or"),
        ("pinned", [{"href": "//x", "label": "X"}], "A pin has an entity and an id"),
        ("pinned", "all", "Pinned records and pages: It is a list."),
        ("pinned", [{}] * 51, "At most 50 things can be pinned. Unpin one first."),
        ("List", 1, '"List" is no key of a preference.'),
        ("", 1, '"" is no key of a preference.'),
        ("a" * 101, 1, "is no key of a preference."),
        ("x", {"y": 1 << 70}, "x is not JSON: "),
        ("x", "y" * 20_000, "x is too long: 20002 bytes of at most 16000."),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    world: World, key: str, value: Any, message: str
) -> None:
    with pytest.raises(Invalid) as caught:
        put(world, key, value)
    assert message in str(caught.value)


def test_zone_and_language_are_those_of_the_actor(world: World) -> None:
    with world.work("anna") as work:
        assert (work.actor.locale, work.actor.time_zone) == ("en", "UTC")
    put(world, "time_zone", "Europe/Vienna")
    put(world, "locale", "de-AT")
    with world.work("anna") as work:
        assert (work.actor.locale, work.actor.time_zone) == ("de-AT", "Europe/Vienna")
    put(world, "time_zone", None)
    with world.work("anna") as work:
        assert (work.actor.locale, work.actor.time_zone) == ("de-AT", "UTC")


def test_preferences_are_read_once_until_they_change(world: World) -> None:
    """A session brings the stamp of the last change, so nothing is read for it."""
    with world.work(write=True) as work:
        made = sessions.begin_session(work, world.ids["anna"])

    def theme() -> Any:
        with world.work() as work:
            kept = sessions.find_session(work.connection, made.token)[1]
            work.actor = sessions.actor_of_session(work, made.token, kept=kept)
            found = preferences.get(work, "theme")
            return found, preferences.all_of(work)

    first, kept = theme()
    assert first is None
    assert theme()[1] is kept
    put(world, "theme", "dark")
    second, changed = theme()
    assert second == "dark"
    assert theme()[1] is changed


def test_things_are_pinned_once_in_order(world: World) -> None:
    record = Pinned("record", ref=Ref("firm", uuid4()))
    page = Pinned("page", "My firms", "/app/sales/firm?view=mine")
    with world.work("anna", write=True) as work:
        preferences.pin(work, record)
        preferences.pin(work, page)
        preferences.pin(work, Pinned("page", "Firms of mine", page.href))
    with world.work("anna") as work:
        pins = preferences.pinned(work)
        assert [pin.ref or pin.label for pin in pins] == [record.ref, "Firms of mine"]
        assert preferences.is_pinned(work, page)
    with world.work("anna", write=True) as work:
        preferences.unpin(work, record)
        preferences.unpin(work, record)
        assert not preferences.is_pinned(work, record)
        preferences.unpin(work, page)
        assert preferences.all_of(work) == {}
