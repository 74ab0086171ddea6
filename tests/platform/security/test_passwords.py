"""Passwords: what is good enough, and how they are kept."""

import unicodedata

import pytest

from xrm.platform.errors import Invalid
from xrm.platform.security import passwords
from xrm.platform.security.passwords import (
    COMMON,
    check_strength,
    hash_password,
    needs_rehash,
    verify,
)

WEAK = [
    ("", "has 0 characters; it needs at least 10"),
    ("short pass"[:9], "has 9 characters"),
    ("x" * 201, "longer than 200"),
    ("aaaaaaaaaaaa", "one of the first that anybody tries"),
    ("Password123", "one of the first that anybody tries"),
    (" 1234567890 ", "one of the first that anybody tries"),
    ("anna.berger1", "nearly the name itself"),
    ("ANNA.BERGER", "nearly the name itself"),
]


def test_weak_passwords_are_refused_with_the_reason() -> None:
    for password, expected in WEAK:
        with pytest.raises(Invalid) as caught:
            check_strength(password, "anna.berger")
        assert expected in str(caught.value), password
        assert caught.value.details[0].field == "password"


def test_long_words_are_good_enough() -> None:
    for password in (
        "correct horse battery",
        "žluťoučký kůň",
        "9f#2kdLs0q",
        "ten letter",
    ):
        check_strength(password, "anna.berger", "ab")


def test_the_list_of_common_passwords_has_only_what_the_length_lets_through() -> None:
    assert all(len(word) >= passwords.LEAST_LENGTH for word in COMMON)
    assert len(COMMON) > 100


def test_a_password_is_kept_as_an_argon2_hash() -> None:
    made = hash_password("correct horse")
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert made != hash_password("correct horse")
    assert verify("correct horse", made)
    assert not verify("correct horse ", made)
    assert not verify("x" * 10_000, made)
    assert not verify("correct horse", None)
    assert not verify("correct horse", "no hash")
    assert not needs_rehash(made)


def test_two_spellings_of_one_letter_are_one_password() -> None:
    made = hash_password(unicodedata.normalize("NFC", "žluťoučký kůň"))
    assert verify(unicodedata.normalize("NFD", "žluťoučký kůň"), made)
