"""Which records a person opened: noted without waiting, given back under rights."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tests.support.records_world import World, make_world
from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.system_tables import RECENT
from xrm.platform.records import service
from xrm.platform.services.recent import MOST_KEPT, note_seen, recent


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = make_world(database_url)
    yield made
    made.database.dispose()


def see(world: World, ref: Ref, minutes: float = 0, user: str = "anna") -> None:
    now = world.now + timedelta(minutes=minutes)
    with world.work(user, write=False, now=now) as work:
        note_seen(work, ref)


def seen(world: World, user: str = "anna", **more: object) -> list[str]:
    with world.work(user, write=False) as work:
        return [found.title for found in recent(work, **more)]  # type: ignore[arg-type]


def client(world: World, name: str, user: str = "anna") -> Ref:
    return Ref("client", world.create("client", user, name=name))


def kept(world: World) -> int:
    with world.work(write=False) as work:
        found: int = work.connection.execute(
            select(func.count()).select_from(RECENT)
        ).scalar_one()
    return found


def test_the_newest_stands_first_under_its_present_title(world: World) -> None:
    first, second = client(world, "Aster"), client(world, "Borage")
    see(world, first)
    see(world, second, 1)
    person = Ref("person", world.create("person", "anna", lastname="Zhu"))
    see(world, person, 2)
    see(world, first, 3)
    world.update("client", first.id, "anna", name="Aster & Sons")
    assert seen(world) == ["Aster & Sons", " Zhu", "Borage"]
    assert seen(world, entities=("client",), limit=1) == ["Aster & Sons"]
    assert seen(world, "ben") == []
    assert kept(world) == 3


def test_a_look_is_noted_once_a_minute(world: World) -> None:
    ref = client(world, "Aster")
    for minutes in (0, 0.3, 0.9, 1.0):
        see(world, ref, minutes)
    with world.work("anna", write=False) as work:
        assert [s.seen_at for s in recent(work)] == [world.now + timedelta(minutes=1)]


def test_what_may_no_longer_be_read_is_not_given_back(world: World) -> None:
    mine, other = client(world, "Mine"), client(world, "Other", "carla")
    see(world, mine)
    see(world, other, 1)
    see(world, Ref("nothing", UUID(int=1)), 2)
    assert seen(world) == ["Mine"]


def test_a_deleted_record_is_forgotten_with_its_children(world: World) -> None:
    ref = client(world, "Aster")
    child = Ref("person", world.create("person", "anna", lastname="Zhu", clientid=ref))
    see(world, ref)
    see(world, child, 1)
    assert kept(world) == 2
    with world.work("anna") as work:
        service.delete(work, "client", ref.id)
    assert kept(world) == 0


def test_only_the_newest_are_kept(world: World) -> None:
    for number in range(MOST_KEPT + 5):
        see(world, Ref("client", UUID(int=number)), number)
    assert kept(world) == MOST_KEPT


def test_a_look_does_not_wait_for_a_writer(world: World) -> None:
    ref = client(world, "Aster")
    with world.work("ben") as work:
        service.create(work, "client", {"name": "Borage"})
        see(world, ref)
    assert seen(world) == ([] if world.database.dialect == "sqlite" else ["Aster"])
    see(world, ref, 2)
    assert seen(world) == ["Aster"]
