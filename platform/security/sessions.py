"""Sign people in and out: sessions live on the server, under the hash of the cookie.

A sign-in makes a new session with a token nobody had before. A session ends when it is
idle too long, at its fixed end, at sign-out, when the password changes and when the
user is disabled. Wrong passwords make the next attempts wait; the answer is the same
whether the name exists, is locked or neither.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError

from xrm.platform.database.catalog_store import CatalogState
from xrm.platform.database.engine import at_once
from xrm.platform.database.ready import Ready
from xrm.platform.database.system_tables import (
    CATALOG,
    CREDENTIAL,
    PREFERENCE,
    SESSION,
)
from xrm.platform.database.work import open_work
from xrm.platform.errors import Invalid, NotSignedIn
from xrm.platform.security import passwords
from xrm.platform.security.actors import SYSTEM, Actor, load_actor
from xrm.rule_engine.fold import fold

if TYPE_CHECKING:
    from xrm.platform.database.engine import Database
    from xrm.platform.database.snapshots import Snapshots
    from xrm.platform.database.work import Work

IDLE_MINUTES: Final = 480
HOURS: Final = 72
FREE_FAILURES: Final = 5
"""Wrong passwords before the next attempt has to wait."""
FIRST_WAIT: Final = timedelta(seconds=15)
LONGEST_WAIT: Final = timedelta(minutes=15)
PREFERENCES: Final = "preferences"
"""Where a work keeps the stamp of the person's preferences (`Work.memo`)."""
SEEN_STEP: Final = timedelta(minutes=1)
"""How exactly the last use of a session is kept."""
WRONG: Final = (
    "The name or the password is wrong. After several wrong attempts you have to wait "
    "some minutes."
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the cookie's token, the secret of its forms, and whose it is."""

    token: str
    csrf: str
    user_id: UUID


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is in force."""

    id: str
    user_id: UUID
    csrf: str
    seen_on: datetime
    expires_on: datetime
    security: int


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session as its owner sees it: since when, last used, where from."""

    id: str
    created_on: datetime
    seen_on: datetime
    address: str | None
    agent: str | None


def set_password(work: "Work", user_id: UUID, sign_in: str, password: str) -> None:
    """Give a user a name to sign in with and a password; end the user's sessions.

    Raises:
        Invalid: the password is weak, or another user signs in with this name.
    """
    name = sign_in_name(sign_in)
    passwords.check_strength(password, name, name.partition("@")[0])
    taken = select(CREDENTIAL.c.user_id).where(
        CREDENTIAL.c.sign_in == name, CREDENTIAL.c.user_id != user_id
    )
    if work.connection.execute(taken).first() is not None:
        raise Invalid(
            f'Another user signs in as "{sign_in}". Choose another name.',
            code="name_taken",
            target="sign_in",
        )
    values = {
        "sign_in": name,
        "password": passwords.hash_password(password),
        "changed_on": work.now,
        "failures": 0,
        "locked_until": None,
    }
    mine = CREDENTIAL.c.user_id == user_id
    changed = work.connection.execute(update(CREDENTIAL).where(mine).values(values))
    if changed.rowcount == 0:
        row = {**values, "user_id": user_id, "disabled": False}
        work.connection.execute(insert(CREDENTIAL).values(row))
    end_sessions(work, user_id)


def change_password(work: "Work", user_id: UUID, old: str, new: str) -> None:
    """Let a person change the password, who must know the present one.

    Raises:
        Invalid: the present password is wrong, or the new one is weak.
    """
    row = work.connection.execute(
        select(CREDENTIAL).where(CREDENTIAL.c.user_id == user_id)
    ).first()
    if row is None or not passwords.verify(old, row.password):
        raise Invalid(
            "The present password is wrong.", code="wrong_password", target="old"
        )
    set_password(work, user_id, row.sign_in, new)


def set_disabled(work: "Work", user_id: UUID, disabled: bool) -> None:
    """Forbid or allow a user to sign in; a disabled one is signed out at once."""
    mine = CREDENTIAL.c.user_id == user_id
    work.connection.execute(update(CREDENTIAL).where(mine).values(disabled=disabled))
    if disabled:
        end_sessions(work, user_id)


def sign_in_name(text: str) -> str:
    """Return the form of a sign-in name in which it is kept and found.

    Raises:
        Invalid: it is empty or too long.
    """
    name = fold(text.strip())
    if not name or len(name) > 200 or "\x00" in name:
        raise Invalid(
            "The sign-in name must have 1 to 200 characters.",
            code="bad_name",
            target="sign_in",
        )
    return name


def sign_in(
    database: "Database",
    snapshots: "Snapshots",
    name: str,
    password: str,
    *,
    now: datetime,
    address: str | None = None,
    agent: str | None = None,
    hours: int = HOURS,
) -> SignedIn:
    """Return a new session of the user with this name and password.

    It opens works of its own: the password is hashed outside any transaction, and a
    failure is counted although it is refused.

    Raises:
        NotSignedIn: name or password are wrong, or too many attempts failed.
        Unavailable: too many people are signing in at this moment.
    """
    with open_work(database, snapshots, SYSTEM, now=now, write=False) as work:
        row = _credential(work, name)
    is_locked = row is not None and (
        row.disabled or (row.locked_until is not None and row.locked_until > now)
    )
    is_right = passwords.verify(password, row.password if row is not None else None)
    with open_work(
        database, snapshots, SYSTEM, now=now, write=True, cause="sign in"
    ) as work:
        if row is not None and is_right and not is_locked:
            made = _begin(work, row, password, address, agent, hours)
            if made is not None:
                return made
        elif row is not None and not is_right and not is_locked:
            _count_failure(work, row.user_id)
    raise NotSignedIn(WRONG, code="wrong_credentials")


def _credential(work: "Work", name: str) -> Any:
    try:
        folded = sign_in_name(name)
    except Invalid:
        return None
    statement = select(CREDENTIAL).where(CREDENTIAL.c.sign_in == folded)
    return work.connection.execute(statement).first()


def _begin(
    work: "Work",
    row: Any,
    password: str,
    address: str | None,
    agent: str | None,
    hours: int,
) -> SignedIn | None:
    try:
        load_actor(work.connection, work.snapshot, row.user_id)
    except NotSignedIn:
        return None
    mine = CREDENTIAL.c.user_id == row.user_id
    changes: dict[str, Any] = {"failures": 0, "locked_until": None}
    if passwords.needs_rehash(row.password):
        changes["password"] = passwords.hash_password(password)
    work.connection.execute(update(CREDENTIAL).where(mine).values(changes))
    gone = SESSION.c.expires_on < work.now
    work.connection.execute(delete(SESSION).where(gone))
    return begin_session(work, row.user_id, address, agent, hours)


def begin_session(
    work: "Work",
    user_id: UUID,
    address: str | None = None,
    agent: str | None = None,
    hours: int = HOURS,
) -> SignedIn:
    """Return a new session of a user who has proved who it is."""
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    row = {
        "id": hashed(token),
        "user_id": user_id,
        "csrf": csrf,
        "created_on": work.now,
        "seen_on": work.now,
        "expires_on": work.now + timedelta(hours=hours),
        "address": (address or "")[:60] or None,
        "agent": (agent or "")[:300] or None,
    }
    work.connection.execute(insert(SESSION).values(row))
    return SignedIn(token, csrf, user_id)


def _count_failure(work: "Work", user_id: UUID) -> None:
    """Count a wrong password; from the sixth on each one doubles the wait."""
    mine = CREDENTIAL.c.user_id == user_id
    counted = CREDENTIAL.c.failures + 1
    work.connection.execute(update(CREDENTIAL).where(mine).values(failures=counted))
    failures = work.connection.execute(
        select(CREDENTIAL.c.failures).where(mine)
    ).scalar_one()
    if failures < FREE_FAILURES:
        return
    doublings = min(failures - FREE_FAILURES, 20)
    wait = min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
    locked = update(CREDENTIAL).where(mine).values(locked_until=work.now + wait)
    work.connection.execute(locked)


def find_session(connection: Connection, token: str) -> tuple[CatalogState, Any]:
    """Return the catalog's state and what is kept of a session, of one moment."""
    row = _SESSION.one(connection, {"id": hashed(token)})
    return CatalogState(row.version, row.security), row


def session_of(
    work: "Work", token: str, *, idle_minutes: int = IDLE_MINUTES, kept: Any = None
) -> Session | None:
    """Return the session of a cookie's token, `None` when it has ended.

    `kept` is what `find_session` has just found. The use of a session is noted at most
    once a minute, after the work.
    """
    row = find_session(work.connection, token)[1] if kept is None else kept
    if row.id is None or row.disabled:
        return None
    idle = timedelta(minutes=idle_minutes)
    if row.expires_on <= work.now or row.seen_on + idle <= work.now:
        return None
    found = Session(
        row.id, row.user_id, row.csrf, row.seen_on, row.expires_on, row.security
    )
    if work.now - row.seen_on >= SEEN_STEP:
        work.on_commit(_noter(work.database, found.id, work.now))
    return found


def actor_of_session(
    work: "Work", token: str, *, idle_minutes: int = IDLE_MINUTES, kept: Any = None
) -> Actor:
    """Return who a cookie's token stands for; `kept` is what `find_session` found.

    Raises:
        NotSignedIn: the session has ended, or the user is disabled.
    """
    found = session_of(work, token, idle_minutes=idle_minutes, kept=kept)
    if found is None:
        raise NotSignedIn("Your session has ended. Sign in again.", code="ended")
    if kept is not None:
        work.memo[PREFERENCES] = kept.preferences or ""
    return load_actor(work.connection, work.snapshot, found.user_id, found.security)


def sign_out(work: "Work", token: str) -> None:
    """End one session; a token that is none is no fault."""
    work.connection.execute(delete(SESSION).where(SESSION.c.id == hashed(token)))


def end_sessions(work: "Work", user_id: UUID, keep: str | None = None) -> int:
    """End all sessions of a user, but for the one of the token `keep`."""
    statement = delete(SESSION).where(SESSION.c.user_id == user_id)
    if keep is not None:
        statement = statement.where(SESSION.c.id != hashed(keep))
    return work.connection.execute(statement).rowcount


def sessions_of(work: "Work", user_id: UUID) -> list[KeptSession]:
    """Return the sessions of a user that are in force, the last used first."""
    statement = (
        select(SESSION)
        .where(SESSION.c.user_id == user_id, SESSION.c.expires_on > work.now)
        .order_by(SESSION.c.seen_on.desc(), SESSION.c.id)
    )
    return [
        KeptSession(row.id, row.created_on, row.seen_on, row.address, row.agent)
        for row in work.connection.execute(statement)
    ]


def end_session(work: "Work", user_id: UUID, id_: str) -> None:
    """End one session of a user; one that has ended already is no fault."""
    mine = (SESSION.c.id == id_) & (SESSION.c.user_id == user_id)
    work.connection.execute(delete(SESSION).where(mine))


def hashed(token: str) -> str:
    """Return what is stored of a random token; it needs no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _noter(database: "Database", id_: str, now: datetime) -> Callable[[], None]:
    def note() -> None:
        mine = (SESSION.c.id == id_) & (SESSION.c.seen_on < now)
        note_use(database, update(SESSION).where(mine).values(seen_on=now))

    return note


def note_use(database: "Database", statement: Any) -> None:
    """Write when something was last used; a busy database may forget it."""
    try:
        with at_once(database) as connection:
            connection.execute(statement)
    except DBAPIError:
        return


_SESSION: Final = Ready(
    select(
        CATALOG.c.version,
        CATALOG.c.security,
        SESSION.c.id,
        SESSION.c.user_id,
        SESSION.c.csrf,
        SESSION.c.seen_on,
        SESSION.c.expires_on,
        CREDENTIAL.c.disabled,
        PREFERENCE.c.value.label("preferences"),
    )
    .select_from(
        CATALOG.outerjoin(SESSION, SESSION.c.id == bindparam("id"))
        .outerjoin(CREDENTIAL, CREDENTIAL.c.user_id == SESSION.c.user_id)
        .outerjoin(
            PREFERENCE,
            and_(
                PREFERENCE.c.user_id == SESSION.c.user_id,
                PREFERENCE.c.key == literal(""),
            ),
        )
    )
    .where(CATALOG.c.id == 1)
)
"""The state of the catalog comes with it, and the stamp of the person's preferences: a
request begins with one statement."""
