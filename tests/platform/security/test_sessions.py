"""Signing in and out: tokens, ends, waiting after wrong passwords, no discovery."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.support.query_world import NOON, World, make_world
from xrm.platform.database.system_tables import CREDENTIAL, SESSION, TOKEN
from xrm.platform.errors import Invalid, NotFound, NotSignedIn
from xrm.platform.query.query import Query
from xrm.platform.query.run import count
from xrm.platform.security import access, passwords, sessions, tokens
from xrm.platform.security.actors import touch
from xrm.platform.security.sessions import SignedIn

GOOD = "correct horse battery"


@pytest.fixture
def world(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    quick = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", quick)
    passwords._no_hash.cache_clear()
    made = make_world(database_url)
    root = made.ids["root"]
    for name in ("anna", "ben"):
        made.add_user(name, root, "boss")
        with made.work(write=True) as work:
            sessions.set_password(work, made.ids[name], f"{name}@example.com", GOOD)
    yield made
    passwords._no_hash.cache_clear()
    made.database.dispose()


def sign_in(
    world: World, name: str = "Anna@Example.com", password: str = GOOD
) -> SignedIn:
    return sessions.sign_in(
        world.database, world.snapshots, name, password, now=world.now
    )


def who(world: World, token: str, idle: int = 30) -> UUID:
    """Return the user of a session's token."""
    with world.work() as work:
        return sessions.actor_of_session(work, token, idle_minutes=idle).user_id


def refused(world: World, name: str, password: str) -> str:
    with pytest.raises(NotSignedIn) as caught:
        sign_in(world, name, password)
    return str(caught.value)


def test_a_session_stands_for_its_user(world: World) -> None:
    made = sign_in(world)
    assert who(world, made.token) == world.ids["anna"]
    assert len(made.token) >= 43
    assert made.csrf != made.token
    with world.work() as work:
        stored = list(work.connection.execute(select(SESSION.c.id)).scalars())
        assert stored == [sessions.hashed(made.token)]
        found = sessions.session_of(work, made.token)
        assert found is not None
        assert found.csrf == made.csrf
        assert sessions.session_of(work, stored[0]) is None
        for text in ("", "x", "\ud800", "ä" * 1000):
            assert sessions.session_of(work, text) is None


def test_each_sign_in_makes_a_token_of_its_own(world: World) -> None:
    first, second = sign_in(world), sign_in(world)
    assert first.token != second.token
    with world.work(write=True) as work:
        sessions.sign_out(work, first.token)
    with pytest.raises(NotSignedIn, match="session has ended"):
        who(world, first.token)
    assert who(world, second.token) == world.ids["anna"]
    with world.work(write=True) as work:
        assert sessions.end_sessions(work, world.ids["anna"]) == 1


def test_a_session_ends_when_idle_and_at_its_end(world: World) -> None:
    made = sign_in(world)
    for _ in range(10):
        world.now += timedelta(minutes=29)
        assert who(world, made.token)
    world.now += timedelta(minutes=30)
    with pytest.raises(NotSignedIn):
        who(world, made.token)
    world.now = NOON
    made = sign_in(world)
    world.now += timedelta(hours=sessions.HOURS)
    with pytest.raises(NotSignedIn):
        who(world, made.token, idle=10**6)


def test_the_answer_is_the_same_whether_the_name_exists(world: World) -> None:
    told = {
        refused(world, "anna@example.com", "wrong password"),
        refused(world, "nobody@example.com", "wrong password"),
        refused(world, "", ""),
        refused(world, "a\x00b", "x" * 100_000),
    }
    assert len(told) == 1


def test_wrong_passwords_make_the_next_attempt_wait(world: World) -> None:
    for _ in range(sessions.FREE_FAILURES):
        refused(world, "anna@example.com", "wrong password")
    assert "wait" in refused(world, "anna@example.com", GOOD)
    assert sign_in(world, "ben@example.com").user_id == world.ids["ben"]
    world.now += sessions.FIRST_WAIT
    refused(world, "anna@example.com", "wrong password")
    world.now += sessions.FIRST_WAIT
    refused(world, "anna@example.com", GOOD)
    world.now += sessions.FIRST_WAIT
    assert sign_in(world).user_id == world.ids["anna"]
    with world.work() as work:
        mine = CREDENTIAL.c.user_id == world.ids["anna"]
        row = work.connection.execute(select(CREDENTIAL).where(mine)).one()
        assert (row.failures, row.locked_until) == (0, None)


def test_the_wait_has_a_longest(world: World) -> None:
    for _ in range(40):
        refused(world, "anna@example.com", "wrong password")
        world.now += sessions.LONGEST_WAIT
    assert sign_in(world).user_id == world.ids["anna"]


def test_a_new_password_ends_all_sessions(world: World) -> None:
    made, anna = sign_in(world), world.ids["anna"]
    with (
        world.work(write=True) as work,
        pytest.raises(Invalid, match="present password"),
    ):
        sessions.change_password(work, anna, "wrong password", "another long one")
    with world.work(write=True) as work, pytest.raises(Invalid, match="at least 10"):
        sessions.change_password(work, anna, GOOD, "short")
    assert who(world, made.token) == anna
    with world.work(write=True) as work:
        sessions.change_password(work, anna, GOOD, "another long one")
    with pytest.raises(NotSignedIn):
        who(world, made.token)
    refused(world, "anna@example.com", GOOD)
    assert sign_in(world, password="another long one").user_id == anna


def test_a_disabled_user_is_out_at_once(world: World) -> None:
    made, anna = sign_in(world), world.ids["anna"]
    with world.work(write=True) as work:
        text = tokens.create_token(work, anna, "script")
        users = work.tables.table("systemuser")
        mine = users.c.systemuserid == anna
        work.connection.execute(users.update().where(mine).values(isdisabled=True))
        touch(work)
    with pytest.raises(NotSignedIn, match="disabled"):
        who(world, made.token)
    with world.work() as work, pytest.raises(NotSignedIn):
        tokens.actor_of_token(work, text)
    refused(world, "anna@example.com", GOOD)
    ben = sign_in(world, "ben@example.com")
    with world.work(write=True) as work:
        sessions.set_disabled(work, world.ids["ben"], True)
    with pytest.raises(NotSignedIn):
        who(world, ben.token)
    refused(world, "ben@example.com", GOOD)


def test_two_users_cannot_sign_in_with_one_name(world: World) -> None:
    with world.work(write=True) as work, pytest.raises(Invalid, match="Another user"):
        sessions.set_password(work, world.ids["ben"], "ANNA@example.com ", GOOD)
    for name in ("", "  ", "x" * 201, "a\x00"):
        with world.work(write=True) as work, pytest.raises(Invalid, match="1 to 200"):
            sessions.set_password(work, world.ids["ben"], name, GOOD)


def test_a_token_acts_as_its_user(world: World) -> None:
    anna = world.ids["anna"]
    with world.work(write=True) as work:
        text = tokens.create_token(work, anna, " script ")
    assert text.startswith(tokens.PREFIX)
    with world.work() as work:
        assert tokens.actor_of_token(work, text).user_id == anna
        hashes = list(work.connection.execute(select(TOKEN.c.hash)).scalars())
        assert hashes == [sessions.hashed(text)]
        with pytest.raises(NotSignedIn, match="not valid"):
            tokens.actor_of_token(work, hashes[0])
    with world.work() as work:
        (known,) = tokens.tokens_of(work, anna)
        assert (known.name, known.used_on, known.revoked_on) == ("script", NOON, None)
    with world.work(write=True) as work:
        with pytest.raises(NotFound):
            tokens.revoke_token(work, known.id, world.ids["ben"])
        tokens.revoke_token(work, known.id, anna)
    with world.work() as work, pytest.raises(NotSignedIn, match="revoked"):
        tokens.actor_of_token(work, text)


def test_a_token_ends_after_its_days(world: World) -> None:
    with world.work(write=True) as work:
        text = tokens.create_token(work, world.ids["anna"], "script", days=30)
    world.now += timedelta(days=29)
    with world.work() as work:
        assert tokens.actor_of_token(work, text)
    world.now += timedelta(days=1)
    with world.work() as work, pytest.raises(NotSignedIn, match="expired"):
        tokens.actor_of_token(work, text)


def test_a_scope_takes_verbs_away(world: World) -> None:
    world.put("firm", name="Acme")
    with world.work(write=True) as work:
        text = tokens.create_token(work, world.ids["anna"], "reader", scopes=["read"])
    with world.work() as work:
        work.actor = tokens.actor_of_token(work, text)
        assert count(work, Query("firm")) == 1
        assert access.may(work.actor, "firm", "read")
        for verb in ("create", "write", "delete", "assign", "append"):
            assert not access.may(work.actor, "firm", verb)
        assert not access.may(work.actor, "nothing", "read")


def test_tokens_that_cannot_be_made(world: World) -> None:
    anna = world.ids["anna"]
    cases: list[tuple[UUID, str, dict[str, object], str]] = [
        (anna, "", {}, "1 to 200 characters"),
        (anna, "x", {"scopes": ["reed"]}, 'Did you mean "read"?'),
        (anna, "x", {"days": 0}, "1 to 3660 days"),
        (UUID(int=5), "x", {}, "does not exist"),
    ]
    for user, name, more, expected in cases:
        with world.work(write=True) as work:
            with pytest.raises((Invalid, NotSignedIn)) as caught:
                tokens.create_token(work, user, name, **more)  # type: ignore[arg-type]
            assert expected in str(caught.value)
