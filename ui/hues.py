"""Know the hues that screens have, and which one stands for a declared colour."""

import colorsys
from collections.abc import Mapping
from typing import Final

HUES: Final = frozenset(
    {"gray", "blue", "teal", "green", "yellow", "orange", "red", "pink", "purple"}
)
NEAR: Final[Mapping[str, str]] = {
    "azure": "blue",
    "cyan": "teal",
    "grey": "gray",
    "indigo": "purple",
    "lime": "green",
    "violet": "purple",
}
PALE: Final = 0.15
"""Saturation below which a colour is gray."""
WHEEL: Final = (
    (15, "red"),
    (42, "orange"),
    (65, "yellow"),
    (160, "green"),
    (195, "teal"),
    (250, "blue"),
    (295, "purple"),
    (340, "pink"),
    (360, "red"),
)
"""Degrees on the wheel of colours up to which a hue reaches."""


def hue_of(color: str | None, otherwise: str = "") -> str:
    """Return the hue of a declared colour, a name or `#rrggbb`."""
    if not color:
        return otherwise
    if color.startswith("#"):
        return _nearest(color)
    name = NEAR.get(color, color)
    return name if name in HUES else otherwise


def _nearest(color: str) -> str:
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    turn, _, saturation = colorsys.rgb_to_hls(red, green, blue)
    if saturation < PALE:
        return "gray"
    return next(name for end, name in WHEEL if turn * 360 <= end)
