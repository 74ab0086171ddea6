"""Know the page of a person's own settings: looks, formats, sessions, tokens. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError

from xrm.metadata.fields.display import date_text, moment_text, number_text
from xrm.metadata.fields.field_type import Formats
from xrm.platform.security.sessions import KeptSession
from xrm.platform.security.tokens import Token
from xrm.platform.services.preferences import (
    DATE_FORMATS,
    DENSITIES,
    PAGE_SIZES,
    THEMES,
)
from xrm.ui.filters import Choice
from xrm.ui.reading import DATE_PATTERNS, Reader, ago, short_day
from xrm.ui.shell import Link

LOCALES: Final = (
    "en-US", "en-GB", "en-AU", "en-CA", "en-IE", "en-IN", "en-NZ", "en-ZA", "bg-BG",
    "ca-ES", "cs-CZ", "da-DK", "de-AT", "de-CH", "de-DE", "el-GR", "es-AR", "es-ES",
    "es-MX", "et-EE", "fi-FI", "fr-BE", "fr-CA", "fr-CH", "fr-FR", "hr-HR", "hu-HU",
    "it-CH", "it-IT", "ja-JP", "ko-KR", "lt-LT", "lv-LV", "nb-NO", "nl-BE", "nl-NL",
    "pl-PL", "pt-BR", "pt-PT", "ro-RO", "sk-SK", "sl-SI", "sr-RS", "sv-SE", "tr-TR",
    "uk-UA", "vi-VN", "zh-CN", "zh-TW",
)  # fmt: skip
"""Languages with a country that the page offers."""
_WORDS: Final = {
    "auto": "Like this device",
    "light": "Light",
    "dark": "Dark",
    "compact": "Compact",
    "comfortable": "Comfortable",
}
BROWSERS: Final = ("Firefox", "Edg", "OPR", "Chrome", "Safari")
SYSTEMS: Final = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux")
_NAMES: Final = {"Edg": "Edge", "OPR": "Opera", "Mac OS": "macOS"}


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One signed-in browser."""

    id: str
    what: str
    address: str
    seen: str
    since: str
    is_this: bool


@dataclass(frozen=True, slots=True)
class TokenLine:
    """One API token."""

    id: str
    name: str
    scope: str
    made: str
    used: str
    ends: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """What the page shows."""

    name: str
    themes: tuple[Choice, ...]
    densities: tuple[Choice, ...]
    locales: tuple[Choice, ...]
    zones: tuple[Choice, ...]
    dates: tuple[Choice, ...]
    sizes: tuple[Choice, ...]
    starts: tuple[Choice, ...]
    example: str
    sessions: tuple[SessionLine, ...]
    tokens: tuple[TokenLine, ...]
    scopes: tuple[Choice, ...]
    new_token: str = ""
    fault: str = ""
    fault_at: str = ""
    """The part of the page that was refused: look, password, token."""
    typed: Mapping[str, str] | None = None


def build(
    name: str,
    chosen: Mapping[str, Any],
    reader: Reader,
    sessions: Iterable[KeptSession],
    this_session: str,
    tokens: Iterable[Token],
    starts: Sequence[Link],
    **more: Any,
) -> SettingsPage:
    """Return the page of what a person has chosen."""
    formats = reader.formats
    start = str(chosen.get("start", ""))
    first = Choice("", "The first app’s first list", not start)
    pages = [Choice(link.href, link.label, link.href == start) for link in starts]
    if start and all(one.value != start for one in pages):
        pages.insert(0, Choice(start, start, True))
    return SettingsPage(
        name=name,
        themes=_choices(THEMES, chosen.get("theme", "auto")),
        densities=_choices(DENSITIES[::-1], chosen.get("density", "compact")),
        locales=tuple(_locales(str(chosen.get("locale", "")), formats.locale)),
        zones=tuple(_zones(str(chosen.get("time_zone", "")), formats.time_zone)),
        dates=tuple(_dates(str(chosen.get("date_format", "medium")), reader)),
        sizes=tuple(
            Choice(str(n), str(n), n == chosen.get("page_size", 50)) for n in PAGE_SIZES
        ),
        starts=(first, *pages),
        example=example(formats, reader.now),
        sessions=tuple(_session(one, this_session, reader) for one in sessions),
        tokens=tuple(_token(one, reader) for one in tokens),
        scopes=(
            Choice("read", "Read only", True),
            Choice("read write", "Read and change"),
        ),
        **more,
    )


def example(formats: Formats, now: datetime) -> str:
    """Return how a number and a moment look."""
    return (
        f"{number_text(Decimal('12345.67'), 2, formats)} · {moment_text(now, formats)}"
    )


def _choices(names: Iterable[str], chosen: Any) -> tuple[Choice, ...]:
    return tuple(Choice(name, _WORDS[name], name == chosen) for name in names)


def locale_name(code: str) -> str:
    """Return a language and country in words."""
    try:
        found = Locale.parse(code.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return code
    return str(found.get_display_name("en") or code)


def _locales(chosen: str, present: str) -> Iterable[Choice]:
    codes = set(LOCALES) | ({chosen} if chosen else set())
    said = "As an administrator set it" + (
        "" if chosen else f": {locale_name(present)}"
    )
    yield Choice("", said, not chosen)
    for code in sorted(codes, key=locale_name):
        yield Choice(code, locale_name(code), code == chosen)


def _zones(chosen: str, present: str) -> Iterable[Choice]:
    said = "As an administrator set it" + ("" if chosen else f": {present}")
    yield Choice("", said, not chosen)
    names = {n for n in available_timezones() if "/" in n and not n.startswith("Etc/")}
    for name in sorted(names | {"UTC"} | ({chosen} if chosen else set())):
        yield Choice(name, name.replace("_", " "), name == chosen)


def _dates(chosen: str, reader: Reader) -> Iterable[Choice]:
    for name in DATE_FORMATS:
        shape = replace(reader.formats, date=DATE_PATTERNS.get(name, name))
        yield Choice(name, date_text(reader.today, shape), name == chosen)


def browser_name(agent: str | None) -> str:
    """Return a browser and its system in two words: Firefox on Windows."""
    text = agent or ""
    browser = next((name for name in BROWSERS if name in text), "")
    system = next((name for name in SYSTEMS if name in text), "")
    if not browser:
        return "Unknown browser"
    said = _NAMES.get(browser, browser)
    return f"{said} on {_NAMES.get(system, system)}" if system else said


def _session(kept: KeptSession, this: str, reader: Reader) -> SessionLine:
    return SessionLine(
        kept.id,
        browser_name(kept.agent),
        kept.address or "",
        ago(kept.seen_on, reader),
        ago(kept.created_on, reader),
        kept.id == this,
    )


def _token(token: Token, reader: Reader) -> TokenLine:
    is_past = token.expires_on is not None and token.expires_on <= reader.now
    ends = "does not end by itself"
    if token.revoked_on is not None:
        ends = f"revoked {ago(token.revoked_on, reader)}"
    elif token.expires_on is not None:
        day = short_day(token.expires_on.date(), reader)
        ends = f"{'ended' if is_past else 'ends'} {day}"
    scope = "reads and changes" if "write" in token.scopes else "reads only"
    return TokenLine(
        str(token.id),
        token.name,
        scope if token.scopes else "everything you may do",
        ago(token.created_on, reader),
        f"used {ago(token.used_on, reader)}" if token.used_on else "never used",
        ends,
        token.revoked_on is not None or is_past,
    )
