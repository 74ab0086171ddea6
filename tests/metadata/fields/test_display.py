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
            short = f"#,##0.{'#' * scale}"
            asked = format_decimal(value, short, Locale.parse(locale))
            assert display.float_text(value, scale, formats) == asked


def test_swiss_numbers_have_their_apostrophes() -> None:
    swiss = Formats(locale="de_CH", currency="CHF")
    numbers = [display.number_text(n, 1, swiss) for n in (Decimal(-1234567), 1e6, 999)]
    assert [text.replace("’", "'") for text in numbers] == [
        "-1'234'567.0",
        "1'000'000.0",
        "999.0",
    ]
    assert display.float_text(1234567.25, 5, swiss).replace("’", "'") == "1'234'567.25"
    money = display.money_text(Decimal("-1234567.5"), 2, swiss)
    assert money.replace("’", "'") == "CHF-1'234'567.50"


def test_days_and_times_follow_locale_and_zone() -> None:
    british = Formats(locale="en_GB", time_zone="Europe/Berlin")
    moment = datetime(2026, 7, 1, 22, 5, tzinfo=UTC)
    assert display.date_text(date(2026, 7, 1), british) == "1 Jul 2026"
    assert display.moment_text(moment, british) == "2 Jul 2026 00:05"
    assert display.moment_text(moment, Formats()) == "Jul 1, 2026 10:05 PM"
