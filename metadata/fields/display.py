"""Know how values look to a person: numbers, money, dates by locale and zone."""

import re
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal

from xrm.metadata.fields.field_type import Formats


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=256)
def zone(name: str) -> tzinfo:
    """Return a time zone by name, UTC for one that does not exist."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


@lru_cache(maxsize=64)
def _pattern(scale: int) -> str:
    return "#,##0" + ("." + "0" * scale if scale else "")


@lru_cache(maxsize=64)
def _marks(locale: str) -> dict[int, str] | None:
    """Return how a locale writes `,` `.` `-`; `None` where its digits are others."""
    sample = format_decimal(Decimal("-1234.5"), "#,##0.0", _locale(locale))
    found = _SAMPLE.fullmatch(sample)
    if found is None:
        return None
    minus, group, point = found.groups()
    return {ord(","): group, ord("."): point, ord("-"): minus}


_SAMPLE = re.compile(r"(\D+)1(\D*)234(\D+)5", re.ASCII)


def number_text(value: int | float | Decimal, scale: int, formats: Formats) -> str:
    """Return a number with grouped digits and exactly `scale` decimals.

    Python writes it with the locale's marks: the text is Babel's, in a tenth of its
    time, and right where Babel's is not: it takes two apostrophes between the digits of
    a Swiss number for quotes and leaves them out (2.19).
    """
    marks = _marks(formats.locale)
    if marks is None:
        return format_decimal(value, _pattern(scale), _locale(formats.locale))
    return f"{_exact(value):,.{scale}f}".translate(marks)


def float_text(value: float | Decimal, scale: int, formats: Formats) -> str:
    """Return a number with at most `scale` digits after the point."""
    rounded = round(Decimal(_exact(value)), scale)
    return number_text(rounded, digits_after_point(rounded), formats)


def digits_after_point(value: Decimal) -> int:
    """Return how many digits a number needs after the point, idle zeros left out."""
    return max(0, -int(value.normalize().as_tuple().exponent))


def _exact(value: int | float | Decimal) -> int | Decimal:
    """Return the number that a float shows, without the digits it only stores."""
    return Decimal(repr(value)) if isinstance(value, float) else value


def money_text(value: Decimal, scale: int, formats: Formats) -> str:
    """Return an amount with the sign of the currency in `formats`."""
    around = _around(formats.locale, formats.currency, is_negative=value < 0)
    if around is None:
        return _money(value, scale, formats)
    return around[0] + number_text(abs(value), scale, formats) + around[1]


@lru_cache(maxsize=256)
def _around(locale: str, currency: str, *, is_negative: bool) -> tuple[str, str] | None:
    """Return what stands before and after an amount; `None`: Babel must write it."""
    if _locale(locale).currency_formats["standard"].grouping != (3, 3):
        return None
    unit = Decimal(-1 if is_negative else 1)
    one = _money(unit, 0, Formats(locale=locale, currency=currency))
    before, digit, after = one.partition("1")
    return (before, after) if digit and _marks(locale) is not None else None


def _money(value: Decimal, scale: int, formats: Formats) -> str:
    locale = _locale(formats.locale)
    pattern = str(locale.currency_formats["standard"].pattern)
    whole = pattern.replace("0.00", "0." + "0" * scale if scale else "0")
    return format_currency(
        value, formats.currency, whole, locale, currency_digits=False
    )


def date_text(value: date, formats: Formats) -> str:
    """Return a date."""
    return _date(value, formats.date, formats.locale)


@lru_cache(maxsize=8_192)
def _date(value: date, pattern: str, locale: str) -> str:
    return format_date(value, pattern, _locale(locale))


def moment_text(value: datetime, formats: Formats, *, local: bool = True) -> str:
    """Return a date and time, in the reader's zone when `local`."""
    shown = value.astimezone(zone(formats.time_zone)) if local else value
    day = _date(shown.date(), formats.date, formats.locale)
    return f"{day} {_clock(shown.hour, shown.minute, formats.locale)}"


@lru_cache(maxsize=8_192)
def _clock(hour: int, minute: int, name: str) -> str:
    locale = _locale(name)
    pattern = "HH:mm" if _is_24h(locale) else "h:mm a"
    return format_time(time(hour, minute), pattern, locale=locale)


@lru_cache(maxsize=64)
def _is_24h(locale: Locale) -> bool:
    return "H" in str(locale.time_formats["short"].pattern)
