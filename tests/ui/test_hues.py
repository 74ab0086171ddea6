"""Colours that solutions declare, and the hues that screens have for them."""

import pytest

from xrm.ui.hues import HUES, hue_of


@pytest.mark.parametrize(
    ("color", "hue"),
    [
        ("green", "green"),
        ("azure", "blue"),
        ("#1f6feb", "blue"),
        ("#ff0000", "red"),
        ("#ff8800", "orange"),
        ("#8a8a8a", "gray"),
        ("#d63384", "pink"),
        ("beige", ""),
        (None, ""),
    ],
)
def test_a_color_has_a_hue(color: str | None, hue: str) -> None:
    assert hue_of(color) == hue


def test_every_color_of_the_wheel_has_one() -> None:
    for red in range(0, 256, 17):
        for green in range(0, 256, 17):
            for blue in range(0, 256, 17):
                assert hue_of(f"#{red:02x}{green:02x}{blue:02x}") in HUES
    assert hue_of("beige", "gray") == "gray"
