"""Know what people have chosen for themselves: looks, formats, pinned records.

A preference is JSON under a key of the person. Those of `KNOWN` are checked; any other
key is free for the page that invents it, such as `list.<entity>` for how a list is
shown. They are read once and kept until the person changes one: a session brings the
stamp of the last change with it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import randbits
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import orjson
from babel import Locale, UnknownLocaleError
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.ready import Ready
from xrm.platform.database.system_tables import PREFERENCE
from xrm.platform.errors import Invalid
from xrm.platform.security import actors
from xrm.platform.security.sessions import PREFERENCES

if TYPE_CHECKING:
    from xrm.platform.database.work import Work

MOST_BYTES: Final = 16_000
"""How long the JSON of one preference may be."""
MOST_KEYS: Final = 1_000
"""How many preferences one person may have."""
MOST_PINNED: Final = 50
THEMES: Final = ("auto", "light", "dark")
DENSITIES: Final = ("comfortable", "compact")
DATE_FORMATS: Final = ("short", "medium", "long", "iso")
PAGE_SIZES: Final = (25, 50, 100, 200)
STAMP: Final = ""
_KEY: Final = re.compile(r"[a-z][a-z0-9_]*([.:][a-z0-9_][a-z0-9_-]*)*")

Check = Callable[[Any], str | None]
"""Says what is wrong with a value, `None` for nothing."""


@dataclass(frozen=True, slots=True)
class Preference:
    """A preference that the platform itself knows: what it is for, and its check."""

    label: str
    check: Check


@dataclass(frozen=True, slots=True)
class Pinned:
    """Something a person has pinned: a record, or the address of a page."""

    kind: str
    """`record` or `page`."""
    label: str = ""
    """The title of a page; a record's title is read anew."""
    href: str = ""
    ref: Ref | None = None

    @property
    def value(self) -> dict[str, str]:
        """Return it as it is kept."""
        if self.ref is not None:
            return {"entity": self.ref.entity, "id": str(self.ref.id)}
        return {"href": self.href, "label": self.label}


def one_of(*values: Any) -> Check:
    """Return the check that a value is one of these."""

    def check(value: Any) -> str | None:
        if any(value == one and type(value) is type(one) for one in values):
            return None
        return f"It is one of: {', '.join(map(str, values))}."

    return check


def _locale(value: Any) -> str | None:
    try:
        Locale.parse(str(value).replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return "It is a language and perhaps a country, such as en-GB or de-AT."
    return None if isinstance(value, str) else "It is a text."


def _time_zone(value: Any) -> str | None:
    if isinstance(value, str) and value in available_timezones():
        ZoneInfo(value)
        return None
    return "It is a name of the time zone database, such as Europe/Vienna."


def is_page(address: Any) -> bool:
    """Say whether a text is the address of a page of this server."""
    if not isinstance(address, str) or not 1 < len(address) <= 500:
        return False
    if not address.isprintable() or "\\" in address:
        return False
    parts = urlsplit(address)
    return (
        address[0] == "/" and address[1] != "/" and not (parts.scheme or parts.netloc)
    )


def _page(value: Any) -> str | None:
    return None if is_page(value) else "It is the address of a page here."


def _pinned(value: Any) -> str | None:
    if not isinstance(value, list):
        return "It is a list."
    if len(value) > MOST_PINNED:
        return f"At most {MOST_PINNED} things can be pinned. Unpin one first."
    if any(_read_pin(one) is None for one in value):
        return "A pin has an entity and an id, or an address and a label."
    return None


def _read_pin(value: Any) -> Pinned | None:
    if not isinstance(value, dict) or not all(
        isinstance(v, str) for v in value.values()
    ):
        return None
    if set(value) == {"entity", "id"}:
        try:
            return Pinned("record", ref=Ref(value["entity"][:63], UUID(value["id"])))
        except ValueError:
            return None
    if set(value) == {"href", "label"}:
        label = value["label"].strip()
        if is_page(value["href"]) and 0 < len(label) <= 200:
            return Pinned("page", label, value["href"])
    return None


KNOWN: Final[Mapping[str, Preference]] = {
    "locale": Preference("Language of numbers and dates", _locale),
    "time_zone": Preference("Time zone", _time_zone),
    "date_format": Preference("How dates are written", one_of(*DATE_FORMATS)),
    "theme": Preference("Light or dark", one_of(*THEMES)),
    "density": Preference("Room between lines", one_of(*DENSITIES)),
    "page_size": Preference("Rows of a list", one_of(*PAGE_SIZES)),
    "start": Preference("The page to begin with", _page),
    "pinned": Preference("Pinned records and pages", _pinned),
}
"""The preferences that are checked."""


def all_of(work: "Work") -> Mapping[str, Any]:
    """Return everything the actor has chosen, by key."""
    found = work.memo.get(_READ)
    if found is None:
        stamp = work.memo.get(PREFERENCES)
        if stamp is None:
            found = _read(work)
        else:
            found = work.snapshot.cache("preferences").get(
                (work.actor.user_id, stamp), lambda: _read(work)
            )
        work.memo[_READ] = found
    assert isinstance(found, dict)
    return found


def get(work: "Work", key: str, default: Any = None) -> Any:
    """Return one preference of the actor, `default` when nothing was chosen."""
    return all_of(work).get(key, default)


def put(work: "Work", key: str, value: Any) -> None:
    """Keep a preference of the actor; `None` takes it away.

    Raises:
        Invalid: the key is none, or the value does not fit it.
    """
    user = work.actor.user_id
    if len(key) > 100 or not _KEY.fullmatch(key):
        raise Invalid(
            f'"{key[:80]}" is no key of a preference. Use lower-case words with dots, '
            "such as list.account.",
            code="bad_preference",
            target="key",
        )
    known = all_of(work)
    if value is not None and key not in known and len(known) >= MOST_KEYS:
        raise Invalid(
            f"More than {MOST_KEYS} preferences cannot be kept for one person.",
            code="too_many_preferences",
        )
    if value is None:
        _DELETE.change(work.connection, {"xrm_user": user, "xrm_key": key})
    else:
        _put(work, user, key, _text(key, value))
    stamp = str(randbits(63))
    _put(work, user, STAMP, stamp)
    work.memo[PREFERENCES] = stamp
    work.memo.pop(_READ, None)
    if key in actors.CHOSEN:
        actors.touch(work)


def _text(key: str, value: Any) -> str:
    known = KNOWN.get(key)
    fault = known.check(value) if known is not None else None
    if known is not None and fault is not None:
        raise Invalid(f"{known.label}: {fault}", code="bad_preference", target=key)
    try:
        made = orjson.dumps(value)
    except TypeError as error:
        raise Invalid(
            f"{key} is not JSON: {error}.", code="bad_preference", target=key
        ) from error
    if len(made) > MOST_BYTES:
        raise Invalid(
            f"{key} is too long: {len(made)} bytes of at most {MOST_BYTES}.",
            code="bad_preference",
            target=key,
        )
    return made.decode()


def _put(work: "Work", user: UUID, key: str, text: str) -> None:
    row = {"user_id": user, "key": key, "value": text}
    _UPSERT[work.dialect].change(work.connection, row)


def pinned(work: "Work") -> list[Pinned]:
    """Return what the actor has pinned, in order."""
    kept = get(work, "pinned", [])
    return [pin for pin in map(_read_pin, kept) if pin is not None]


def pin(work: "Work", wanted: Pinned) -> None:
    """Pin something; it stands at the end, once.

    Raises:
        Invalid: it is no record or page, or there are too many pins.
    """
    others = [one.value for one in pinned(work) if not _is_same(one, wanted)]
    put(work, "pinned", [*others, wanted.value])


def unpin(work: "Work", wanted: Pinned) -> None:
    """Take a pin away; one that is not there is no fault."""
    left = [one.value for one in pinned(work) if not _is_same(one, wanted)]
    put(work, "pinned", left or None)


def is_pinned(work: "Work", wanted: Pinned) -> bool:
    """Say whether the actor has pinned this."""
    return any(_is_same(one, wanted) for one in pinned(work))


def _is_same(one: Pinned, other: Pinned) -> bool:
    return one.ref == other.ref and one.href == other.href


def _read(work: "Work") -> dict[str, Any]:
    rows = _ALL.rows(work.connection, {"xrm_user": work.actor.user_id})
    return {key: orjson.loads(value) for key, value in rows if key != STAMP}


_READ: Final = "preferences read"
_ALL: Final = Ready(
    select(PREFERENCE.c.key, PREFERENCE.c.value).where(
        PREFERENCE.c.user_id == bindparam("xrm_user")
    )
)
_DELETE: Final = Ready(
    delete(PREFERENCE).where(
        PREFERENCE.c.user_id == bindparam("xrm_user"),
        PREFERENCE.c.key == bindparam("xrm_key"),
    )
)


def _upsert(insert: Any) -> Ready:
    statement = insert(PREFERENCE)
    return Ready(
        statement.on_conflict_do_update(
            index_elements=["user_id", "key"],
            set_={"value": statement.excluded.value},
        ),
        ("user_id", "key", "value"),
    )


_UPSERT: Final = {
    "sqlite": _upsert(sqlite.insert),
    "postgresql": _upsert(postgresql.insert),
}
