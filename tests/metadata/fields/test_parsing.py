"""What each type refuses, and the words for it."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.metadata.fields.samples import ID, field_of
from xrm.metadata.fields import ValueProblem, field_type
from xrm.metadata.fields.field_type import Formats, Ref

REFUSED: list[tuple[str, dict[str, Any], Any, str, str]] = [
    ("text", {"max_length": 3}, "four", "too_long",
     "F has 4 characters; at most 3 are allowed."),
    ("text", {}, True, "not_text", "F must be a text, not True."),
    ("text", {}, ["a"], "not_text", "F must be a text, not ['a']."),
    ("text", {}, "a\x00b", "bad_character",
     "F contains a character that cannot be stored (U+0000)."),
    ("text", {}, "é\ud800", "bad_character",
     "F contains a character that cannot be stored (U+D800)."),
    ("text", {"format": "email"}, "jane", "bad_email",
     'F must be an e-mail address such as name@example.com, not "jane".'),
    ("text", {"format": "email"}, "a b@c", "bad_email",
     'F must be an e-mail address such as name@example.com, not "a b@c".'),
    ("text", {"format": "url"}, "javascript:alert(1)", "bad_url",
     "F must be a web address such as https://example.com, not "
     '"javascript:alert(1)".'),
    ("text", {"format": "url"}, "not an address", "bad_url",
     'F must be a web address such as https://example.com, not "not an address".'),
    ("rich_text", {"max_length": 4}, "<p>x</p>", "too_long",
     "F has 8 characters; at most 4 are allowed."),
    ("integer", {}, "abc", "not_number", 'F must be a whole number, not "abc".'),
    ("integer", {}, 1.5, "not_number", "F must be a whole number, not 1.5."),
    ("integer", {}, True, "not_number", "F must be a whole number, not True."),
    ("integer", {}, "1e3", "not_number", 'F must be a whole number, not "1e3".'),
    ("integer", {}, "٣", "not_number", 'F must be a whole number, not "٣".'),
    ("integer", {}, 101, "too_great", "F is 101; the greatest value allowed is 100."),
    ("integer", {}, -1, "too_small", "F is -1; the smallest value allowed is 0."),
    ("integer", {"max": 10**12}, 2**31, "too_great",
     "F is 2147483648; the greatest value allowed is 2147483647."),
    ("integer", {"size": "big", "max": 2**80}, 2**63, "too_great",
     "F is 9223372036854775808; the greatest value allowed is 9223372036854775807."),
    ("decimal", {"scale": 2}, "12.345", "too_many_digits",
     "F is 12.345; it takes 2 digits after the point. Round it first."),
    ("decimal", {"scale": 2}, 12.345, "too_many_digits",
     "F is 12.345; it takes 2 digits after the point. Round it first."),
    ("decimal", {"scale": 0}, Decimal("0.1"), "too_many_digits",
     "F is 0.1; it takes 0 digits after the point. Round it first."),
    ("decimal", {"scale": 2}, "100000000001", "too_great",
     "F is 100000000001; the greatest value allowed is 100000000000."),
    ("decimal", {"scale": 10}, "922337204", "too_great",
     "F is 922337204; the greatest value allowed is 922337203.6854775807."),
    ("decimal", {}, "1,5", "not_number", 'F must be a number, not "1,5".'),
    ("decimal", {}, "1e99", "not_number", 'F must be a number, not "1e99".'),
    ("currency", {"min": 0}, "-0.01", "too_small",
     "F is -0.01; the smallest value allowed is 0."),
    ("currency", {}, "1.005", "too_many_digits",
     "F is 1.005; it takes 2 digits after the point. Round it first."),
    ("currency", {}, "922337203685478", "too_great",
     "F is 922337203685478; the greatest value allowed is 922337203685477.5807."),
    ("float", {}, 91, "too_great", "F is 91.0; the greatest value allowed is 90.0."),
    ("float", {}, "nan", "not_number", 'F must be a number, not "nan".'),
    ("boolean", {}, "maybe", "not_boolean", 'F must be true or false, not "maybe".'),
    ("boolean", {}, 2, "not_boolean", "F must be true or false, not 2."),
    ("date", {}, "31.3.2026", "not_date",
     'F must be a date such as 2026-03-31, not "31.3.2026".'),
    ("date", {}, "2026-02-30", "not_date",
     'F must be a date such as 2026-03-31, not "2026-02-30".'),
    ("date", {}, 20260331, "not_date",
     "F must be a date such as 2026-03-31, not 20260331."),
    ("datetime", {}, datetime(2026, 3, 31), "no_zone",  # noqa: DTZ001 - the fault meant
     "F is 2026-03-31T00:00:00, which has no time zone."),
    ("datetime", {}, "2026-03-31T25:00Z", "not_moment",
     'F must be a date and time such as 2026-03-31T14:30:00Z, not '
     '"2026-03-31T25:00Z".'),
    ("datetime", {}, "0001-01-01T00:00:00+14:00", "not_moment",
     "F must be a date and time such as 2026-03-31T14:30:00Z, not "
     '"0001-01-01T00:00:00+14:00".'),
    ("datetime", {"behavior": "date_only"}, "soon", "not_date",
     'F must be a date such as 2026-03-31, not "soon".'),
    ("choice", {}, "Wram", "not_an_option",
     'F has no option "Wram". Did you mean "Warm"?'),
    ("choice", {}, 9, "not_an_option", "F has no option 9. Options: Hot, Warm, Cold."),
    ("multichoice", {}, "Rent,Bye", "not_an_option",
     'F has no option "Bye". Did you mean "Buy"?'),
    ("multichoice", {}, {"a": 1}, "not_a_list",
     "F must be a list of options, not {'a': 1}."),
    ("multichoice", {"choices": [f"o{i}" for i in range(151)]}, list(range(1, 152)),
     "too_many", "F has 151 options chosen; at most 150 are allowed."),
    ("lookup", {}, "xyz", "not_a_record", 'F must be a record\'s id, not "xyz".'),
    ("lookup", {}, str(ID), "no_entity",
     "F may point to account or contact: say which, as {entity, id} or entity:id."),
    ("lookup", {}, Ref("lead", ID), "wrong_entity",
     'F cannot point to "lead"; it takes account or contact.'),
    ("lookup", {}, f"contac:{ID}", "wrong_entity",
     'F cannot point to "contac"; it takes account or contact. '
     'Did you mean "contact"?'),
    ("uniqueid", {}, "123", "not_an_id",
     'F must be an id such as 6f1c9f3e-8a5b-4f0e-9d0c-0d6a3c1b2a4f, not "123".'),
    ("location", {}, "here", "not_a_point",
     'F must be a latitude and a longitude such as 48.137, 11.575, not "here".'),
    ("location", {}, "91, 0", "off_the_map",
     "F is 91, 0; latitudes go from -90 to 90, longitudes from -180 to 180."),
    ("tags", {}, "x" * 101, "too_long",
     "F has a tag of 101 characters; at most 100 are allowed."),
    ("tags", {}, [f"t{i}" for i in range(101)], "too_many",
     "F has 101 tags; at most 100 are allowed."),
    ("tags", {}, [1], "not_tags", "F must be a list of words, not [1]."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "value", "code", "message"), REFUSED)
def test_a_value_is_refused(
    name: str, options: dict[str, Any], value: Any, code: str, message: str
) -> None:
    field = field_of(name, **options)
    with pytest.raises(ValueProblem) as caught:
        field_type(name).parse(field, value)
    assert (caught.value.code, caught.value.message) == (code, message)


TAKEN: list[tuple[str, dict[str, Any], Any, Any]] = [
    ("text", {"format": "url"}, "example.com:8080/x", "example.com:8080/x"),
    ("text", {"format": "url"}, "https://example.com", "https://example.com"),
    ("text", {"format": "text_area", "max_length": 5000}, "x" * 5000, "x" * 5000),
    ("text", {"max_length": 3}, "äöü", "äöü"),
    ("integer", {"min": None, "max": None}, -(2**31), -(2**31)),
    ("integer", {"size": "big", "max": None}, "9223372036854775807", 2**63 - 1),
    ("decimal", {"scale": 2}, "12.3400", Decimal("12.34")),
    ("decimal", {"scale": 2}, "-.5", Decimal("-0.50")),
    ("decimal", {"scale": 10}, "922337203.6854775807", Decimal("922337203.6854775807")),
    ("currency", {"scale": 4}, 0.0001, Decimal("0.0001")),
    ("boolean", {"true_label": "Ja", "false_label": "Nein"}, "ja", True),
    ("lookup", {"to": "account"}, str(ID), Ref("account", ID)),
    ("lookup", {"to": "account"}, {"id": None}, None),
    ("lookup", {"to": "account"}, f"{{{str(ID).upper()}}}", Ref("account", ID)),
    ("lookup", {"to": "account"}, f"urn:uuid:{ID}", Ref("account", ID)),
    ("uniqueid", {}, ID.hex, ID),
    ("choice", {"choices": [{"value": 7, "label": "1"}]}, "1", 7),
    ("choice", {"choices": [{"value": 7, "label": "1"}]}, "7", 7),
    ("multichoice", {"choices": ["a, b", "c"]}, "a, b", (1,)),
    ("multichoice", {}, [], None),
    ("location", {}, {"latitude": None, "longitude": None}, None),
    ("tags", {}, " , ", None),
]


@pytest.mark.parametrize(("name", "options", "value", "stored"), TAKEN)
def test_a_value_is_taken(
    name: str, options: dict[str, Any], value: Any, stored: Any
) -> None:
    assert field_type(name).parse(field_of(name, **options), value) == stored


def test_a_time_without_zone_keeps_its_hour() -> None:
    field, kind = (
        field_of("datetime", behavior="zone_independent"),
        field_type("datetime"),
    )
    stored = kind.parse(field, "2026-03-31T14:30:00+05:00")
    assert stored.isoformat() == "2026-03-31T14:30:00+00:00"
    formats = Formats(locale="de", time_zone="Asia/Tokyo")
    assert kind.display(field, stored, formats) == "31.03.2026 14:30"


def test_a_moment_is_shown_in_the_readers_zone() -> None:
    field, kind = field_of("datetime"), field_type("datetime")
    stored = kind.parse(field, "2026-03-31T20:30:00Z")
    formats = Formats(locale="de", time_zone="Asia/Tokyo")
    assert kind.display(field, stored, formats) == "01.04.2026 05:30"
    assert kind.display(field, stored, Formats(time_zone="No/Where")) == (
        "Mar 31, 2026 8:30 PM"
    )


DISPLAYED: list[tuple[str, dict[str, Any], Any, Formats, str]] = [
    ("integer", {"unit": "percent"}, 50, Formats(), "50 %"),
    ("integer", {"format": "duration"}, 1505, Formats(), "1 d 1 h 5 min"),
    ("integer", {"format": "duration"}, 0, Formats(), "0 min"),
    ("integer", {"format": "duration"}, -90, Formats(), "-1 h 30 min"),
    ("integer", {}, 1234567, Formats(locale="de"), "1.234.567"),
    ("currency", {}, Decimal("1234.5"), Formats(locale="de"), "1.234,50\xa0€"),
    ("currency", {"scale": 0}, Decimal(12), Formats(currency="USD"), "$12"),
    ("currency", {"scale": 4}, Decimal("0.0001"), Formats(currency="JPY"), "¥0.0001"),
    ("boolean", {"true_label": "Ja"}, True, Formats(), "Ja"),
    ("choice", {}, 99, Formats(), "99"),
    ("date", {}, None, Formats(locale="xx"), ""),
    ("float", {"scale": 2}, 1.23456, Formats(), "1.23"),
]


@pytest.mark.parametrize(("name", "options", "value", "formats", "text"), DISPLAYED)
def test_a_value_is_shown(
    name: str, options: dict[str, Any], value: Any, formats: Formats, text: str
) -> None:
    assert field_type(name).display(field_of(name, **options), value, formats) == text


def test_an_id_of_a_lookup_is_what_rules_see() -> None:
    value = Ref("account", UUID(int=1))
    assert field_type("lookup").to_rule(field_of("lookup"), value) == UUID(int=1)
