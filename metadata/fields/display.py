"""Know how values look to a person: numbers, money, dates by locale and zone."""

from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
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


def number_text(value: int | float | Decimal, scale: int, formats: Formats) -> str:
    """Return a number with grouped digits and exactly `scale` decimals."""
    return format_decimal(value, _pattern(scale), _locale(formats.locale))


def float_text(value: float, scale: int, formats: Formats) -> str:
    """Return a number with at most `scale` digits after the point."""
    return format_decimal(value, "#,##0." + "#" * scale, _locale(formats.locale))


def money_text(value: Decimal, scale: int, formats: Formats) -> str:
    """Return an amount with the sign of the currency in `formats`."""
    locale = _locale(formats.locale)
    pattern = str(locale.currency_formats["standard"].pattern)
    whole = pattern.replace("0.00", "0." + "0" * scale if scale else "0")
    return format_currency(
        value, formats.currency, whole, locale, currency_digits=False
    )


def date_text(value: date, formats: Formats) -> str:
    """Return a date."""
    return format_date(value, formats.date, _locale(formats.locale))


def moment_text(value: datetime, formats: Formats, *, local: bool = True) -> str:
    """Return a date and time, in the reader's zone when `local`."""
    shown = value.astimezone(zone(formats.time_zone)) if local else value
    locale = _locale(formats.locale)
    day = format_date(shown, formats.date, locale)
    time = "HH:mm" if _is_24h(locale) else "h:mm a"
    return f"{day} {format_datetime(shown, time, shown.tzinfo, locale)}"


@lru_cache(maxsize=64)
def _is_24h(locale: Locale) -> bool:
    return "H" in str(locale.time_formats["short"].pattern)
