import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.platform.api.hostile_json import corpus
from xrm.platform.api.bodies import DEEPEST, load_json, load_object
from xrm.platform.errors import Refused, TooLarge, XrmError

REFUSED = [
    (b"", "empty"),
    (b"  \n", "empty"),
    (b"{", "line 1"),
    (b'{"a": NaN}', "NaN is no JSON value"),
    (b'{"a": -Infinity}', "no JSON value"),
    (b'{"a": 1, "a": 2}', '"a" is given twice'),
    (b'{"b": {"a": 1, "a": 2}}', '"a" is given twice'),
    (b'{"a": ' + b"9" * 500 + b"}", "500 digits"),
    (b'{"a": 1e9999}', "out of every range"),
    (b'{"a": 1e99999999999999999999}', "out of every range"),
    (b'{"a": "\xff"}', "not UTF-8"),
    (b'{"a": "\\ud800"}', "surrogate"),
    (b'{"\\ud800": 1}', "surrogate"),
    (b'{"a": "\\u0000"}', "u0000"),
    (b"[" * 101 + b"]" * 101, "deeper than 100"),
    (b"[" * 1_000_000, "deeper than 100"),
    (b'{"a":' * 200_000, "deeper than 100"),
]


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_a_body_that_cannot_be_kept_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(Refused, match=message):
        load_json(body)


@pytest.mark.parametrize("depth", [1, DEEPEST - 1, DEEPEST])
def test_a_body_may_be_as_deep_as_the_budget(depth: int) -> None:
    load_json(b"[" * depth + b"]" * depth)


def test_brackets_inside_texts_do_not_count() -> None:
    text = "[{" * 300 + '\\"'
    assert load_json(f'{{"a": "{text}"}}'.encode()) == {"a": "[{" * 300 + '"'}


@pytest.mark.parametrize("size", [99, 100, 101])
def test_a_body_may_be_as_large_as_the_budget(size: int) -> None:
    body = b'"' + b"x" * (size - 2) + b'"'
    if size <= 100:
        load_json(body, largest=100)
        return
    with pytest.raises(TooLarge, match="101 bytes; 100 are allowed"):
        load_json(body, largest=100)


def test_money_is_never_a_float() -> None:
    assert load_json(b"1234567890123456.78") == Decimal("1234567890123456.78")


def test_a_byte_order_mark_is_tolerated() -> None:
    assert load_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"x"', b"true"])
def test_another_value_than_an_object_is_refused(body: bytes) -> None:
    with pytest.raises(Refused, match="a JSON object is expected"):
        load_object(body)


def test_the_hostile_corpus_is_refused_or_read() -> None:
    statuses: set[int] = set()
    for body in corpus():
        try:
            load_json(body)
        except XrmError as fault:
            statuses.add(fault.status)
    assert statuses <= {400, 413}


@given(st.binary(max_size=300))
def test_random_bytes_never_crash(body: bytes) -> None:
    with contextlib.suppress(Refused):
        load_json(body)
