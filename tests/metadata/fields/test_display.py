"""Values as people read them: written quickly, and the same as Babel writes them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from babel import Locale
from babel.numbers import format_decimal

from xrm.metadata.fields import display
from xrm.metadata.fields.field_type import Formats

LOCALES = (
    "en",
    "en_GB",
    "de",
    "de_CH",
    "fr",
    "sv",
    "pl",
    "es",
    "ar",
    "fa",
    "hi",
    "en_IN",
)
VALUES = ("0", "5", "-5", "999", "1000", "-1234567", "0.005", "-0.001", "2.675", "1e16")


@pytest.mark.parametrize("locale", LOCALES)
def test_numbers_and_money_are_written_as_babel_writes_them(locale: str) -> None:
    for text in VALUES:
        for scale in (0, 2, 4):
            value, formats = Decimal(text), Formats(locale=locale, currency="USD")
            pattern = "#,##0" + ("." + "0" * scale if scale else "")
            asked = format_decimal(value, pattern, Locale.parse(locale))
            assert display.number_text(value, scale, formats) == asked
            money = display.money_text(value, scale, formats)
            assert money == display._money(value, scale, formats)


def test_days_and_times_follow_locale_and_zone() -> None:
    british = Formats(locale="en_GB", time_zone="Europe/Berlin")
    moment = datetime(2026, 7, 1, 22, 5, tzinfo=UTC)
    assert display.date_text(date(2026, 7, 1), british) == "1 Jul 2026"
    assert display.moment_text(moment, british) == "2 Jul 2026 00:05"
    assert display.moment_text(moment, Formats()) == "Jul 1, 2026 10:05 PM"
