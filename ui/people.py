"""Know how people look: initials on a hue that stays the same for the same person."""

import zlib
from dataclasses import dataclass
from functools import lru_cache

HUES = ("blue", "purple", "pink", "orange", "green", "teal", "yellow", "red")


@dataclass(frozen=True, slots=True)
class Avatar:
    """A name, its initials and a hue."""

    name: str
    initials: str
    hue: str


@lru_cache(maxsize=4_096)
def avatar(name: str, key: str = "") -> Avatar:
    """Return the avatar of a name; `key` decides the hue, else the name does."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    first = words[0][0] if words else "?"
    last = words[-1][0] if len(words) > 1 else ""
    hue = HUES[zlib.crc32((key or name).encode()) % len(HUES)]
    return Avatar(name, (first + last).upper(), hue)
