"""The search index follows verbs, publishes, undo and rebuild, on both databases."""

from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.support.records_world import CORE, SALES, World, documents, make_world
from xrm.metadata.fields.field_type import Ref
from xrm.platform.database import search_publish, search_store
from xrm.platform.database.doctor import invariants
from xrm.platform.database.inspection import schema_dump
from xrm.platform.database.publish import (
    prepare,
    publish_documents,
    undo_last,
)
from xrm.platform.database.search_check import search_index_is_the_records
from xrm.platform.query.query import Query
from xrm.platform.query.run import run
from xrm.platform.query.views import quick_find
from xrm.platform.records import service

NOTE = """
- kind: entity
  name: note
  title: subject
  quick_find: [subject, about]
  fields:
    subject: {type: text}
    about: {type: text, formula: 'clientid.name', stored: true}
    clientid: {type: lookup, to: client, collection: notes, on_delete: remove_link}
    memo: {type: text, format: text_area, max_length: 100000}
"""


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = make_world(database_url, NOTE)
    yield made
    made.database.dispose()


def faults(world: World) -> list[str]:
    checks = (search_index_is_the_records,)
    return [f.message for f in invariants(world.database, checks)]


def found(world: World, entity: str, text: str) -> list[str]:
    with world.work(write=False) as work:
        definition = work.catalog.entity(entity)
        title = definition.title or definition.key
        rows = run(work, Query(entity, (title,), quick_find(definition, text))).rows
    return sorted(str(row[title]) for row in rows)


def change(world: World, **replaced: str) -> None:
    """Publish the world's documents with parts of their text replaced."""
    text = CORE + SALES + NOTE
    for before, after in replaced.values():
        assert before in text
        text = text.replace(before, after)
    publish_documents(
        world.database, "test", documents(text), snapshots=world.snapshots
    )


def test_verbs_keep_it(world: World) -> None:
    client = world.create("client", name="Contoso Straße")
    world.create("client", name="Other", city="Contos city")
    note = world.create("note", subject="First", clientid=Ref("client", client))
    assert faults(world) == []
    assert found(world, "client", "TOSO STRASS") == ["Contoso Straße"]
    assert found(world, "note", "contoso") == ["First"]
    world.update("client", client, name="Fabrikam")
    assert faults(world) == []
    assert found(world, "client", "contoso") == []
    assert found(world, "note", "contoso") == []
    assert found(world, "note", "abrika") == ["First"]
    world.update("note", note, memo="no text of the index")
    with world.work() as work:
        service.delete(work, "client", client)
    assert faults(world) == []
    assert found(world, "client", "abrika") == []
    assert found(world, "note", "abrika") == []


def test_many_records_at_once(world: World) -> None:
    with world.work() as work:
        rows = [{"name": f"Firm {n:04}"} for n in range(700)]
        made = service.create_many(work, "client", rows)
        ids = [outcome.id for outcome in made if outcome.id is not None]
        service.update_many(work, "client", [(i, {"name": "Same"}) for i in ids[:300]])
        service.delete_many(work, "client", ids[200:400])
    assert faults(world) == []
    assert found(world, "client", "firm 06") == [
        f"Firm {n:04}" for n in range(600, 700)
    ]
    assert len(found(world, "client", "same")) == 200


def test_what_is_rolled_back_is_not_found(world: World) -> None:
    with world.work() as work:
        service.create(work, "client", {"name": "Never there"})
        work.connection.rollback()
    assert found(world, "client", "never") == []
    assert faults(world) == []


def test_a_publish_makes_it_anew(world: World) -> None:
    world.create("client", name="Contoso", city="Graz")
    before = schema_dump(world.database)
    plan = prepare(
        world.database,
        documents(
            (CORE + SALES + NOTE).replace(
                "  keys: {by_number: [number], by_place: [name, city]}",
                "  quick_find: [name, city]\n  keys: {by_number: [number]}",
            )
        ),
        layers={"test": ()},
        snapshots=world.snapshots,
    ).plan.text()
    lines = [" ".join(line.split()) for line in plan.splitlines()]
    assert "- search index client(name)" in lines
    assert "+ search index client(name, city)" in lines
    change(
        world,
        find=(
            "  hierarchy: parentid\n",
            "  hierarchy: parentid\n  quick_find: [city, name]\n",
        ),
    )
    assert faults(world) == []
    assert found(world, "client", "graz") == ["Contoso"]
    with world.work() as work:
        hint = search_store.places(work.connection, work.snapshot).of(
            work.catalog.entity("client")
        )
        assert hint is not None
        assert hint.fields == ("name", "city")
    undo_last(world.database, snapshots=world.snapshots)
    assert faults(world) == []
    assert schema_dump(world.database) == before


@pytest.mark.parametrize(
    "replaced",
    [
        (
            "name: {type: text, required: true, max_length: 60}",
            "name: {type: text, max_length: 4}",
        ),
        ("subject: {type: text}", "topic: {type: text, renamed_from: subject}"),
        ("name: note\n", "name: remark\n  renamed_from: note\n"),
        (
            "name: client\n",
            "name: client\n  entity_kind: standard\n  quick_find: [number]\n",
        ),
        ("subject: {type: text}", "subject: {type: integer}"),
    ],
    ids=["cut", "field renamed", "entity renamed", "other fields", "no text"],
)
def test_it_follows_conversions_and_their_undo(
    world: World, replaced: tuple[str, str]
) -> None:
    client = world.create("client", name="Contoso", number="C-778")
    world.create("note", subject="Meeting", clientid=Ref("client", client))
    before = schema_dump(world.database)
    more = [replaced]
    if "topic" in replaced[1]:
        more += [("title: subject", "title: topic"), ("find: [subject", "find: [topic")]
    if "integer" in replaced[1]:
        more += [("title: subject\n  quick_find: [subject, about]", "title: about")]
    change(world, **{str(n): pair for n, pair in enumerate(more)})
    assert faults(world) == []
    undo_last(world.database, snapshots=world.snapshots)
    assert faults(world) == []
    assert found(world, "client", "contoso") == ["Contoso"]
    assert found(world, "note", "meeting") == ["Meeting"]
    assert schema_dump(world.database) == before


def test_a_dropped_entity_leaves_nothing_and_comes_back(world: World) -> None:
    world.create("note", subject="Meeting")
    before = schema_dump(world.database)
    publish_documents(
        world.database, "test", documents(CORE + SALES), snapshots=world.snapshots
    )
    assert faults(world) == []
    if world.database.dialect == "sqlite":
        with world.work(write=False) as work:
            assert "note" not in search_store.kept_places(work.connection)
            texts = sa.select(search_store.ROW.c.text)
            kept = work.connection.execute(texts).scalars().all()
            assert not [text for text in kept if "meeting" in text]
    change(world)
    assert faults(world) == []
    assert schema_dump(world.database) == before
    assert found(world, "note", "meeting") == ["Meeting"]


def test_the_doctor_sees_what_is_wrong_and_rebuild_mends_it(world: World) -> None:
    ids = [world.create("client", name=f"Firm {n}") for n in range(3)]
    with world.work() as work:
        place = search_store.places(work.connection, work.snapshot).of(
            work.catalog.entity("client")
        )
        assert place is not None
        if work.dialect == "sqlite":
            search_store.remove(work.connection, place, ids[:1])
            search_store.add(work.connection, place, [(ids[1], " firm 1")])
            wrong = sa.update(search_store.ROW).values(text=" wrong")
            work.connection.execute(wrong.where(search_store.ROW.c.record == ids[2]))
        else:
            name = search_store.index_name("client", place.fields)
            search_publish._drop(work.connection, name, "client")
    said = faults(world)
    mend = "Make it anew with `xrm search rebuild`."
    if world.database.dialect == "sqlite":
        assert said == [
            f"1 records of client are not in the search index. {mend}",
            f"1 records of client are in the search index with other texts. {mend}",
            f"1 records of client are in the search index twice. {mend}",
        ]
    else:
        assert said == [f"client has no search index. {mend}"]
    with world.work() as work:
        assert search_publish.rebuild(work.connection, work.snapshot, ["client"]) == 1
    assert faults(world) == []


def test_a_server_without_trigrams_reads_every_record(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answers, slower; the doctor says so."""
    world.create("client", name="Contoso")
    monkeypatch.setattr(search_store, "has_trigrams", lambda _: False)
    monkeypatch.setattr(search_store, "is_installed", lambda _: False)
    change(
        world,
        find=(
            "  hierarchy: parentid\n",
            "  hierarchy: parentid\n  quick_find: [city, name]\n",
        ),
    )
    world.create("client", name="Contoso 2")
    assert found(world, "client", "contoso") == ["Contoso", "Contoso 2"]
    assert ["xrm" in line for line in faults(world)] == [True]


def test_any_sequence_of_changes_leaves_it_whole(database_url: str) -> None:
    world = make_world(database_url, NOTE)
    numbers = count()
    words = st.sampled_from(["", "Straße", "İzmir", "東京", "Alpha Beta", "alpha", "x"])

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.ids: list[UUID] = []

        @rule(names=st.lists(words, min_size=1, max_size=3))
        def create(self, names: list[str]) -> None:
            rows = [{"name": f"{name} {next(numbers)}"} for name in names]
            with world.work() as work:
                made = service.create_many(work, "client", rows)
            self.ids += [o.id for o in made if o.id is not None]

        @rule(data=st.data(), name=words)
        def update(self, data: Any, name: str) -> None:
            if self.ids:
                one = data.draw(st.sampled_from(self.ids))
                world.update("client", one, name=f"{name} {next(numbers)}")

        @rule(data=st.data())
        def delete(self, data: Any) -> None:
            if self.ids:
                one = data.draw(st.sampled_from(self.ids))
                self.ids.remove(one)
                with world.work() as work:
                    service.delete(work, "client", one)

        @invariant()
        def whole(self) -> None:
            assert faults(world) == []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_store, "MOST_PENDING", 3)
        run_state_machine_as_test(
            Machine,
            settings=settings(deadline=None, max_examples=5, stateful_step_count=15),
        )
    world.database.dispose()
