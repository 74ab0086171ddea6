"""Know what a good password is, and how one is kept: Argon2id, 64 MiB, three passes.

Hashing costs memory on purpose, so at most four run at once. A password is judged by
length and by whether everybody knows it, not by the signs in it.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from xrm.platform.errors import Detail, Invalid, Unavailable

LEAST_LENGTH: Final = 10
MOST_LENGTH: Final = 200
AT_ONCE: Final = 4
WAIT_SECONDS: Final = 20

_COMMON: Final = """
1234567890 0123456789 0987654321 1111111111 0000000000 12345678910 123456789a
123456789q 1q2w3e4r5t 1qaz2wsx3edc 1q2w3e4r5t6y qwertyuiop qwertzuiop azertyuiop
asdfghjkl1 qwerty12345 qwerty123456 qwertyuiop123 password12 password123
password1234 password12345 passw0rd123 p@ssword123 password!1 password123!
mypassword mypassword1 adminadmin admin12345 admin123456 administrator
administrator1 letmein123 letmeinnow welcome123 welcome1234 welcome12345 iloveyou12
iloveyou123 iloveyouso abcdefghij abcdefghijk abc1234567 abcd123456 a1b2c3d4e5
superman123 football123 baseball123 basketball basketball1 sunshine12 sunshine123
princess12 princess123 monkey1234 dragon1234 master1234 michael123 jennifer12
changeme123 changemenow secret1234 secretsecret testtest12 test123456 testpassword
computer12 internet12 trustno1234 whatever12 starwars12 starwars123 pokemon1234
chocolate1 butterfly1 liverpool1 manchester barcelona1 alexander1 christopher
elizabeth1 university correcthorse openxrm123 openxrmopenxrm qazwsxedcrfv
zaq12wsxcde3 zxcvbnm123 zxcvbnmasdf asdfasdf12 asdfghjklq 1234512345 1234554321
9876543210 1231231230 1122334455 1212121212 5555555555 7777777777 9999999999
2222222222 3333333333 4444444444 6666666666 8888888888 summer2024 summer2025
summer2026 winter2024 winter2025 winter2026 spring2026 autumn2026 january2026
company123 temporary1 guestguest default123
"""
COMMON: Final = frozenset(_COMMON.split())
"""Passwords everybody tries first, long enough to pass the length."""

_AT_ONCE: Final = BoundedSemaphore(AT_ONCE)
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)


def hash_password(password: str) -> str:
    """Return the hash of a password, with its parameters and a salt of its own.

    Raises:
        Unavailable: too many hashes are being made; try again.
    """
    with _turn():
        return _HASHER.hash(_normal(password))


def verify(password: str, hashed: str | None) -> bool:
    """Say whether a password belongs to a hash; without a hash it takes as long.

    Raises:
        Unavailable: too many hashes are being made; try again.
    """
    if len(password) > MOST_LENGTH:
        password, hashed = "x", None
    with _turn():
        try:
            _HASHER.verify(hashed or _no_hash(), _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return hashed is not None


def needs_rehash(hashed: str) -> bool:
    """Say whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(hashed)


def check_strength(password: str, *known: str) -> None:
    """Let a new password pass; it must not be made of the `known` texts.

    Raises:
        Invalid: it is too short, too long or easy to guess.
    """
    fault = _weakness(password, known)
    if fault:
        raise Invalid(
            fault,
            code="weak_password",
            target="password",
            details=[Detail("password", "weak_password", fault)],
        )


def _weakness(password: str, known: tuple[str, ...]) -> str | None:
    plain = password.casefold().strip()
    if len(password) < LEAST_LENGTH:
        return (
            f"The password has {len(password)} characters; it needs at least "
            f"{LEAST_LENGTH}. Three or four words make a good one."
        )
    if len(password) > MOST_LENGTH:
        return f"The password is longer than {MOST_LENGTH} characters."
    if plain in COMMON or len(set(plain)) < 4:
        return "This password is one of the first that anybody tries. Choose another."
    for text in known:
        part = text.casefold().strip()
        if len(part) >= 4 and part in plain and len(plain) - len(part) < 5:
            return "The password is nearly the name itself. Choose another."
    return None


@contextmanager
def _turn() -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("Too many people are signing in. Try again in a moment.")
    try:
        yield
    finally:
        _AT_ONCE.release()


def _normal(password: str) -> str:
    """Return the one spelling of a password, however the keyboard composed it."""
    return unicodedata.normalize("NFKC", password)


@cache
def _no_hash() -> str:
    return _HASHER.hash("nobody has this password")
