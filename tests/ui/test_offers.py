"""Pages offer at a record only what is not refused there, on both databases."""

import re

from tests.ui.world import Screens
from xrm.metadata.fields.field_type import Ref

BOARD = "/app/work/sample?as=board&by=kind_of"
AGENDA = "/app/work/sample?as=calendar&by=day&span=agenda&day=2026-03-01"


def fill(screens: Screens) -> tuple[str, str]:
    """Make a sample of somebody else and one of the reader; return their addresses."""
    made = [
        screens.create("sample", user, name=f"Of {user}", kind_of=1, day="2026-03-05")
        for user in ("anna", "dora")
    ]
    return f"/app/work/sample/{made[0]}", f"/app/work/sample/{made[1]}"


def test_a_board_moves_only_what_the_reader_may_change(screens: Screens) -> None:
    fill(screens)
    text = screens.client("dora").get(BOARD).text
    assert "Of anna" in text
    assert re.findall(r'aria-label="Move (.*?) to', text) == ["Of dora"]
    assert len(re.findall(r'class="x-tile"[^>]* data-fixed', text)) == 1
    every = screens.client("carla").get(BOARD).text
    assert len(re.findall(r'aria-label="Move (.*?) to', every)) == 2
    assert "data-fixed" not in every


def test_further_cards_of_a_lane_are_offered_alike(screens: Screens) -> None:
    for number in range(22):
        screens.create("sample", "anna", name=f"S{number:02}", kind_of=1)
    dora = screens.client("dora")
    found = re.search(r'hx-get="([^"]+next=[^"]+)"', dora.get(BOARD).text)
    assert found is not None
    more = dora.fragment(found.group(1).replace("&amp;", "&"), "more-1").text
    assert more.count("x-tile") == 2
    assert 'aria-label="Move' not in more


def test_a_calendar_dates_only_what_the_reader_may_change(screens: Screens) -> None:
    fill(screens)
    text = screens.client("dora").get(AGENDA).text
    assert "Of anna" in text
    assert re.findall(r'aria-label="Edit date of (.*?)"', text) == ["Of dora"]
    month = screens.client("dora").get(AGENDA.replace("agenda", "month")).text
    assert month.count("data-movable") == 1


def test_a_timeline_takes_entries_only_where_they_may_be_linked(
    screens: Screens,
) -> None:
    others, own = fill(screens)
    dora = screens.client("dora")
    assert 'id="note"' in dora.get(own + "/timeline").text
    text = dora.get(others + "/timeline").text
    assert 'id="note"' not in text
    assert "New errand" not in text


def test_a_related_list_is_added_to_only_where_it_may_be(screens: Screens) -> None:
    dora = screens.client("dora")
    for user, offered in (("anna", False), ("dora", True)):
        client = screens.create("client", user, name=f"Of {user}")
        screens.create("sample", user, name="S", clientid=Ref("client", client))
        text = dora.get(f"/app/work/client/{client}/related/samples").text
        assert ">S<" in text
        assert ("Add sample" in text) is offered, user
