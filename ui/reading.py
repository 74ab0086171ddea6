"""Know how one person reads values: the formats of the actor, and times as people say.

What a value looks like is decided by its field type (`FieldType.display`); this module
adds the few words that pages put around it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

from babel.dates import format_date, format_time
from babel.numbers import get_currency_symbol

from xrm.metadata.entities import Field
from xrm.metadata.fields.display import zone
from xrm.metadata.fields.field_type import Formats
from xrm.platform.security.actors import Actor

MINUTE, HOUR, DAY = 60, 3_600, 86_400
KILOBYTE = 1_024


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: formats, the present time, and the codes of the currencies by id."""

    formats: Formats
    now: datetime
    user_id: UUID | None = None
    currencies: Mapping[UUID, str] | None = None
    bare_money: int | None = None
    """Digits of amounts whose currency stands in the head of their column."""

    def in_currency(self, currency: UUID | None) -> Formats:
        """Return the formats for an amount in a currency."""
        code = (self.currencies or {}).get(currency) if currency else None
        if code is None or code == self.formats.currency:
            return self.formats
        return replace(self.formats, currency=code)

    @property
    def today(self) -> date:
        """Return the day it is where the reader is."""
        return self.now.astimezone(zone(self.formats.time_zone)).date()


DATE_PATTERNS = {"iso": "yyyy-MM-dd"}
"""Ways to write dates that Babel has no name for."""


def formats_of(
    actor: Actor, currency: str = "EUR", date_format: str = "medium"
) -> Formats:
    """Return how a person reads numbers, dates and money."""
    pattern = DATE_PATTERNS.get(date_format, date_format)
    return Formats(actor.locale, actor.time_zone, pattern, currency)


@lru_cache(maxsize=512)
def symbol_of(currency: str, locale: str) -> str:
    """Return the sign of a currency."""
    return str(get_currency_symbol(currency, locale=locale.replace("-", "_")))


def unit_of(field: Field, formats: Formats) -> str:
    """Return the unit a column's header says, empty for none."""
    if field.type == "currency":
        return symbol_of(formats.currency, formats.locale)
    return ""


def ago(moment: datetime, reader: Reader) -> str:
    """Return a past moment as people say it: 12 min, 2 h, yesterday, 12 Nov."""
    spent = (reader.now - moment).total_seconds()
    if -MINUTE < spent < MINUTE:
        return "just now"
    if 0 <= spent < HOUR:
        return f"{int(spent // MINUTE)} min ago"
    local = moment.astimezone(zone(reader.formats.time_zone))
    days = (reader.today - local.date()).days
    if days == 0:
        return f"{int(spent // HOUR)} h ago" if spent > 0 else clock(local, reader)
    if days == 1:
        return "yesterday"
    return short_day(local.date(), reader)


def clock(local: datetime, reader: Reader) -> str:
    """Return the time of day."""
    return format_time(
        local, "short", tzinfo=local.tzinfo, locale=_locale(reader.formats)
    )


def short_day(day: date, reader: Reader) -> str:
    """Return a day without its year when that is the present one."""
    return _short_day(day, reader.today.year, _locale(reader.formats))


@lru_cache(maxsize=4_096)
def _short_day(day: date, year: int, locale: str) -> str:
    return format_date(day, "d MMM" if day.year == year else "medium", locale=locale)


def day_title(day: date, reader: Reader) -> str:
    """Return a day as the title of what happened on it."""
    days = (reader.today - day).days
    if days == 0:
        return "Today"
    if days == 1:
        return "Yesterday"
    pattern = "EEEE, d MMMM" if day.year == reader.today.year else "full"
    return format_date(day, pattern, locale=_locale(reader.formats))


def exact_moment(moment: datetime, reader: Reader) -> str:
    """Return a moment in full, for whoever points at it."""
    local = moment.astimezone(zone(reader.formats.time_zone))
    day = format_date(local, "medium", locale=_locale(reader.formats))
    return f"{day}, {clock(local, reader)} ({reader.formats.time_zone})"


def _locale(formats: Formats) -> str:
    return formats.locale.replace("-", "_")


def plural(count: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{count:,} {one if count == 1 else many}"


def article(noun: str) -> str:
    """Return a noun with a or an."""
    return f"{'an' if noun[:1].lower() in 'aeio' else 'a'} {noun}"


def lower_first(label: str) -> str:
    """Return a label as it stands inside a sentence; abbreviations stay as they are."""
    if len(label) > 1 and label[1].isupper():
        return label
    return label[:1].lower() + label[1:]


def size_words(size: int) -> str:
    """Return the size of a file as people say it."""
    if size < KILOBYTE:
        return f"{size} bytes"
    if size < KILOBYTE * KILOBYTE:
        return f"{round(size / KILOBYTE):,} kB"
    return f"{size / KILOBYTE / KILOBYTE:,.1f} MB"
