"""Know API tokens: made once, shown once, kept as a hash, ended at any time.

A token acts as its user. With scopes it may do less: `read` alone lets it only read.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import orjson
from sqlalchemy import Connection, bindparam, insert, select, update

from xrm.platform.database.catalog_store import CatalogState
from xrm.platform.database.ready import Ready
from xrm.platform.database.system_tables import CATALOG, CREDENTIAL, TOKEN
from xrm.platform.errors import Invalid, NotFound, NotSignedIn
from xrm.platform.security.actors import Actor, load_actor
from xrm.platform.security.privileges import NOTHING, Grant
from xrm.platform.security.sessions import SEEN_STEP, hashed, note_use
from xrm.rule_engine.problems import did_you_mean

if TYPE_CHECKING:
    from xrm.platform.database.work import Work

PREFIX: Final = "xrm_"
"""What every token begins with, so that scanners of leaked secrets know it."""
SCOPES: Final[Mapping[str, frozenset[str]]] = {
    "read": frozenset({"read"}),
    "write": frozenset(
        {"create", "write", "delete", "append", "append_to", "assign", "share"}
    ),
}
"""Scope → verbs it lets a token use."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; its text is not."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    created_on: datetime
    expires_on: datetime | None
    used_on: datetime | None
    revoked_on: datetime | None


class ScopedPrivileges(Mapping[str, Mapping[str, Grant]]):
    """The privileges of an actor, without the verbs a token may not use."""

    __slots__ = ("_inner", "_verbs")

    def __init__(
        self, inner: Mapping[str, Mapping[str, Grant]], verbs: frozenset[str]
    ) -> None:
        self._inner = inner
        self._verbs = verbs

    def __getitem__(self, entity: str) -> Mapping[str, Grant]:
        return {
            verb: grant if verb in self._verbs else NOTHING
            for verb, grant in self._inner[entity].items()
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._inner)

    def __len__(self) -> int:
        return len(self._inner)


def create_token(
    work: "Work",
    user_id: UUID,
    name: str,
    *,
    scopes: Sequence[str] = (),
    days: int | None = None,
) -> str:
    """Return the text of a new token; nobody can see it again.

    Without `days` it does not end by itself.

    Raises:
        Invalid: the name, a scope or the number of days does not fit.
        NotSignedIn: there is no such user, or the user is disabled.
    """
    if not name.strip() or len(name) > 200:
        raise Invalid(
            "A token needs a name of 1 to 200 characters, such as the program that "
            "uses it.",
            code="bad_name",
            target="name",
        )
    for scope in scopes:
        if scope not in SCOPES:
            hint = did_you_mean(scope, SCOPES) or f"Scopes: {', '.join(SCOPES)}."
            raise Invalid(
                f'There is no scope "{scope}". {hint}',
                code="bad_scope",
                target="scopes",
            )
    if days is not None and not 1 <= days <= 3_660:
        raise Invalid("A token lasts 1 to 3660 days.", code="bad_days", target="days")
    load_actor(work.connection, work.snapshot, user_id)
    text = PREFIX + secrets.token_urlsafe(32)
    row = {
        "id": uuid4(),
        "user_id": user_id,
        "name": name.strip(),
        "hash": hashed(text),
        "scopes": orjson.dumps(list(scopes)).decode() if scopes else None,
        "created_on": work.now,
        "expires_on": work.now + timedelta(days=days) if days else None,
    }
    work.connection.execute(insert(TOKEN).values(row))
    return text


def find_token(connection: Connection, text: str) -> tuple[CatalogState, Any]:
    """Return the catalog's state and what is kept of a token, of one moment."""
    row = _TOKEN.one(connection, {"hash": hashed(text)})
    return CatalogState(row.version, row.security), row


def actor_of_token(work: "Work", text: str, found: Any = None) -> Actor:
    """Return who a token acts as; `found` is what `find_token` has just found.

    Raises:
        NotSignedIn: there is no such token, it has ended or the user is disabled.
    """
    row = find_token(work.connection, text)[1] if found is None else found
    if row.id is None or row.revoked_on is not None or row.disabled:
        raise NotSignedIn("This token is not valid, or was revoked.", code="bad_token")
    if row.expires_on is not None and row.expires_on <= work.now:
        raise NotSignedIn("This token has expired. Make a new one.", code="expired")
    if row.used_on is None or work.now - row.used_on >= SEEN_STEP:
        database, id_, now = work.database, row.id, work.now
        used = update(TOKEN).where(TOKEN.c.id == id_).values(used_on=now)
        work.on_commit(lambda: note_use(database, used))
    actor = load_actor(work.connection, work.snapshot, row.user_id, row.security)
    return scoped(actor, tuple(orjson.loads(row.scopes)) if row.scopes else ())


def scoped(actor: Actor, scopes: Sequence[str]) -> Actor:
    """Return the actor with no more than the scopes allow; none is everything."""
    if not scopes:
        return actor
    verbs = frozenset(v for scope in scopes for v in SCOPES.get(scope, ()))
    return replace(
        actor,
        privileges=ScopedPrivileges(actor.privileges, verbs),
        tasks=actor.tasks if "write" in scopes else frozenset(),
    )


def tokens_of(work: "Work", user_id: UUID) -> list[Token]:
    """Return the tokens of a user, the newest first."""
    statement = (
        select(TOKEN)
        .where(TOKEN.c.user_id == user_id)
        .order_by(TOKEN.c.created_on.desc(), TOKEN.c.id)
    )
    return [_token(row) for row in work.connection.execute(statement)]


def revoke_token(work: "Work", id_: UUID, user_id: UUID | None = None) -> None:
    """End a token, of this user if one is given.

    Raises:
        NotFound: there is no such token.
    """
    mine = TOKEN.c.id == id_
    if user_id is not None:
        mine &= TOKEN.c.user_id == user_id
    ended = update(TOKEN).where(mine).values(revoked_on=work.now)
    if work.connection.execute(ended).rowcount == 0:
        raise NotFound("There is no such token.", target="token")


def _token(row: Any) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        scopes=tuple(orjson.loads(row.scopes)) if row.scopes else (),
        created_on=row.created_on,
        expires_on=row.expires_on,
        used_on=row.used_on,
        revoked_on=row.revoked_on,
    )


_TOKEN: Final = Ready(
    select(
        CATALOG.c.version,
        CATALOG.c.security,
        TOKEN.c.id,
        TOKEN.c.user_id,
        TOKEN.c.scopes,
        TOKEN.c.expires_on,
        TOKEN.c.used_on,
        TOKEN.c.revoked_on,
        CREDENTIAL.c.disabled,
    )
    .select_from(
        CATALOG.outerjoin(TOKEN, TOKEN.c.hash == bindparam("hash")).outerjoin(
            CREDENTIAL, CREDENTIAL.c.user_id == TOKEN.c.user_id
        )
    )
    .where(CATALOG.c.id == 1)
)
"""The state of the catalog comes with it: a request begins with one statement."""
