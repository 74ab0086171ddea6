"""Formats of numbers that the platform gives."""

from datetime import UTC, datetime

import pytest

from xrm.metadata.fields.number_format import FormatProblem, parse_format, render

NOW = datetime(2026, 3, 4, 15, 6, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("OPP-{SEQNUM:5}-{RANDSTRING:4}-{DATETIMEUTC:yyyyMM}", "OPP-00042-AAAA-202603"),
        ("{SEQNUM:1}", "42"),
        ("{DATETIMEUTC:yyyy-MM-dd HH:mm:ss} {SEQNUM:3}", "2026-03-04 15:06:07 042"),
        ("{DATETIMEUTC:yy.hh}/{SEQNUM:2}", "26.03/42"),
        ("Größe {SEQNUM:2}", "Größe 42"),
    ],
)
def test_a_number_is_rendered(text: str, made: str) -> None:
    assert render(parse_format(text), 42, NOW, lambda signs: signs[0]) == made


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("X", "It needs exactly one {SEQNUM:n}."),
        ("{SEQNUM:4}{SEQNUM:4}", "It needs exactly one {SEQNUM:n}."),
        ("{SEQNUM}", "SEQNUM needs a length, such as {SEQNUM:4}."),
        ("{SEQNUM:x}", "SEQNUM needs a length, such as {SEQNUM:4}."),
        ("{SEQNUM:17}", "SEQNUM takes a length of 1 to 16."),
        ("{RANDSTRING:0}{SEQNUM:1}", "RANDSTRING takes a length of 1 to 6."),
        ("{DATETIMEUTC:QQ}{SEQNUM:1}",
         '"QQ" is no pattern of a time; use yyyy, MM, dd, HH, mm, ss.'),
        ("{DATETIMEUTC}{SEQNUM:1}",
         '"" is no pattern of a time; use yyyy, MM, dd, HH, mm, ss.'),
        ("{seqnum:1}",
         'There is no placeholder "seqnum:1"; use SEQNUM, RANDSTRING, DATETIMEUTC.'),
        ("{SEQNUM:4", '"{" has no counterpart.'),
        ("}", '"}" has no counterpart.'),
    ],
)  # fmt: skip
def test_a_format_is_refused(text: str, message: str) -> None:
    with pytest.raises(FormatProblem) as caught:
        parse_format(text)
    assert str(caught.value) == message
