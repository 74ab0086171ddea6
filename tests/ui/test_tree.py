"""The tree over a small catalog: levels, counts, what is open, no circle."""

import re
from html import unescape

from tests.ui.world import Screens

LIST = "/app/work/client?as=tree"


def shown(text: str) -> list[tuple[int, str]]:
    """Return level and title of each row."""
    rows = re.findall(r'<tr aria-level="(\d+)".*?</tr>', text, re.S)
    titles = re.findall(r'class="lead clip"[^>]*>([^<]+)', text)
    return list(zip(map(int, rows), titles, strict=False))


def fill(screens: Screens) -> None:
    top = screens.create("client", name="Top", city="Kiel")
    middle = screens.create("client", name="Middle", parentid=top)
    screens.create("client", name="Leaf", parentid=middle)
    screens.create("client", name="Other leaf", parentid=top)
    screens.create("client", name="Alone")


def test_a_tree_opens_level_by_level(screens: Screens) -> None:
    fill(screens)
    person = screens.client()
    text = person.get(LIST).text
    assert sorted(shown(text)) == [(1, "Alone"), (1, "Top")]
    assert 'title="2 directly below">2<' in text
    assert 'aria-label="Open Top"' in text
    toggle = re.search(r'class="x-twist" href="([^"]+)" data-fetch="([^"]+)"', text)
    assert toggle
    opened = person.get(unescape(toggle.group(1))).text
    assert sorted(shown(opened)) == [
        (1, "Alone"), (1, "Top"), (2, "Middle"), (2, "Other leaf"),
    ]  # fmt: skip
    assert 'aria-expanded="true"' in opened
    rows = person.fragment(unescape(toggle.group(2)), "").text
    assert sorted(shown(rows)) == [(2, "Middle"), (2, "Other leaf")]
    assert "<html" not in rows


def test_filters_hold_at_the_top_alone(screens: Screens) -> None:
    fill(screens)
    person = screens.client()
    text = person.get(f"{LIST}&q=middle").text
    assert shown(text) == [(1, "Middle")]
    assert "Filters hold at the top level" in text
    fetch = re.search(r'data-fetch="([^"]+)"', text)
    assert fetch
    assert shown(person.fragment(unescape(fetch.group(1)), "").text) == [(2, "Leaf")]
    assert "No clients at the top" in person.get(f"{LIST}&q=nothing").text


def test_a_record_is_never_shown_below_itself(screens: Screens) -> None:
    fill(screens)
    person = screens.client()
    text = person.get(f"{LIST}&q=top").text
    found = re.search(r"under=([0-9a-f-]+)", text)
    assert found
    top = found.group(1)
    answer = person.fragment(f"{LIST}&under={top}%2C{top}", "").text
    assert (
        shown(answer) == [(3, "Middle"), (3, "Other leaf")] or len(shown(answer)) == 2
    )
    assert person.get(f"{LIST}&under=nonsense&open=nonsense").status_code == 200


def test_only_entities_with_a_hierarchy_offer_a_tree(screens: Screens) -> None:
    person = screens.client()
    assert "as=tree" in person.get("/app/work/client?q=x").text
    assert "treegrid" not in person.get("/app/work/sample?as=tree").text
