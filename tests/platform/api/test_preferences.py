import pytest

from xrm.platform.api.preferences import (
    FORMATTED,
    LOOKUP_ENTITY,
    NONE,
    Preferences,
    parse,
)
from xrm.platform.errors import Refused

HEADERS = [
    (None, NONE),
    ("", NONE),
    (
        "return=representation",
        Preferences(representation=True, applied=("return=representation",)),
    ),
    (
        "odata.maxpagesize=2",
        Preferences(page_size=2, applied=("odata.maxpagesize=2",)),
    ),
    (
        "maxpagesize=7",
        Preferences(page_size=7, applied=("odata.maxpagesize=7",)),
    ),
    ("respond-async, unknown=1", NONE),
    ("odata.track-changes", Preferences(track_changes=True)),
    ("odata.continue-on-error", Preferences(continue_on_error=True)),
    ("xrm.count=capped", Preferences(capped_count=True)),
]


@pytest.mark.parametrize(("header", "preferences"), HEADERS)
def test_a_header_is_read(header: str | None, preferences: Preferences) -> None:
    assert parse(header) == preferences


@pytest.mark.parametrize(
    "header",
    [
        f'odata.include-annotations="{FORMATTED}"',
        f"odata.include-annotations={FORMATTED}",
        'odata.include-annotations="*"',
        "odata.include-annotations=*",
        'odata.maxpagesize=2,odata.include-annotations="*"',
        'return=representation; odata.include-annotations="OData.Community.*"',
        f'odata.include-annotations="{LOOKUP_ENTITY},{FORMATTED}"',
        f"odata.include-annotations={LOOKUP_ENTITY},{FORMATTED},odata.maxpagesize=3",
    ],
)
def test_every_dialect_asks_for_formatted_values(header: str) -> None:
    assert parse(header).annotates(FORMATTED)


def test_a_pattern_with_a_minus_leaves_out() -> None:
    preferences = parse('odata.include-annotations="*,-OData.Community.*"')
    assert not preferences.annotates(FORMATTED)
    assert preferences.annotates(LOOKUP_ENTITY)


def test_a_page_is_never_larger_than_the_largest() -> None:
    assert parse("odata.maxpagesize=999999").page_size == 5000


@pytest.mark.parametrize("size", ["0", "-1", "x", "1.5", "", "٣", "9" * 12])
def test_a_page_size_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(Refused, match="whole number from 1"):
        parse(f"odata.maxpagesize={size}")
