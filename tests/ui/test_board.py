"""The board over a small catalog: lanes, figures, cards, moves and their refusals."""

import re
from html import unescape

from tests.ui.world import Screens
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.run import run


def lanes(text: str) -> dict[str, list[str]]:
    """Return the titles of the cards of each lane."""
    return {
        label: re.findall(r'class="x-lead grow clip" href="[^"]+">([^<]+)', cards)
        for label, cards in re.findall(r'data-label="([^"]+)">(.*?)</ol>', text, re.S)
    }


def value(screens: Screens, record: object, field: str) -> object:
    with screens.work() as work:
        where = Compare("sampleid", "eq", (record,))
        return run(work, Query("sample", (field,), where)).rows[0][field]


def fill(screens: Screens) -> None:
    for number, kind in enumerate((1, 1, 2, None), 1):
        screens.create("sample", name=f"S{number}", kind_of=kind, price=number * 1000,
                       story="told")  # fmt: skip


def test_the_switch_is_there_where_an_entity_offers_layouts(screens: Screens) -> None:
    text = screens.client().get("/app/work/sample?q=x").text
    assert 'href="/app/work/sample?as=board&amp;q=x"' in text
    assert "as=tree" not in text


def test_a_board_has_lanes_with_counts_sums_and_cards(screens: Screens) -> None:
    fill(screens)
    text = screens.client().get("/app/work/sample?as=board&by=kind_of").text
    assert lanes(text) == {"No kind": ["S4"], "Red": ["S1", "S2"], "Blue": ["S3"]}
    assert '<span class="sum">€3,000</span>' in text
    assert "Lanes" in text
    assert 'href="/app/work/sample/new?set.kind_of=1"' in text


def test_filters_views_and_search_hold_on_the_board(screens: Screens) -> None:
    fill(screens)
    person = screens.client()
    text = person.get("/app/work/sample?as=board&by=kind_of&f=price:ge:2000").text
    assert lanes(text)["Red"] == ["S2"]
    assert "as=board" in unescape(text).split("Reset")[0]
    text = person.get("/app/work/sample?as=board&by=kind_of&q=S1").text
    assert lanes(text) == {"Red": ["S1"], "Blue": []}
    without = person.get("/app/work/sample?as=board&by=nonsense").text
    assert "New" in lanes(without)


def test_more_cards_come_lane_by_lane(screens: Screens) -> None:
    with screens.work():
        pass
    for number in range(23):
        screens.create("sample", name=f"N{number:02}", kind_of=1)
    person = screens.client()
    text = person.get("/app/work/sample?as=board&by=kind_of").text
    assert len(lanes(text)["Red"]) == 20
    assert "3 more" in text
    found = re.search(r'hx-get="([^"]+)"[^>]*hx-target="#more-1"', text)
    assert found
    more = person.fragment(unescape(found.group(1)), "more-1").text
    assert re.findall(r">(N\d\d)<", more) == ["N20", "N21", "N22"]
    assert "x-board" not in more


def test_a_card_is_moved_by_its_menu(screens: Screens) -> None:
    record = screens.create("sample", name="Mover", kind_of=1)
    person = screens.client()
    board = "/app/work/sample?as=board&by=kind_of"
    text = person.get(board).text
    found = re.search(r'href="([^"]+/move\?[^"]+)" data-dialog', text)
    assert found
    asked = person.get(unescape(found.group(1))).text
    assert "Move “Mover”" in asked
    assert '<option value="1" selected>Red</option>' in asked
    version = re.search(r'name="version" value="(\d+)"', asked)
    assert version
    answer = person.post(
        f"/app/work/sample/{record}/move",
        by="kind_of", to="2", version=version.group(1), back=board,
    )  # fmt: skip
    assert answer.headers["Location"] == board
    assert value(screens, record, "kind_of") == 2
    assert "moved to Blue" in person.said(board)
    stale = person.post(
        f"/app/work/sample/{record}/move",
        by="kind_of", to="", version=version.group(1), back=board,
    )  # fmt: skip
    assert stale.status_code == 303
    assert "somebody changed the record meanwhile" in person.said(board)
    assert value(screens, record, "kind_of") == 2


def test_a_status_moves_with_its_state(screens: Screens) -> None:
    record = screens.create("sample", name="Done soon")
    person = screens.client()
    person.get("/app/work/sample?as=board&by=statuscode")
    person.post(f"/app/work/sample/{record}/move", by="statuscode", to="4")
    assert value(screens, record, "statecode") == 1
    assert value(screens, record, "statuscode") == 4
    person.post(f"/app/work/sample/{record}/move", by="statecode", to="0")
    assert value(screens, record, "statecode") == 0


def test_a_refused_move_leaves_the_card_and_says_why(screens: Screens) -> None:
    record = screens.create("sample", name="Stays", kind_of=1)
    with screens.work() as work:
        assert work
    person = screens.client()
    person.get("/app/work/sample")
    answer = person.http.post(
        f"/app/work/sample/{record}/move",
        data={"csrf_token": person.token, "by": "kind_of", "to": "99",
              "back": "/app/work/sample?as=board&by=kind_of"},
        headers={"HX-Request": "true", "HX-Target": "list"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert "Not moved: Kind has no such option." in answer.text
    assert lanes(answer.text)["Red"] == ["Stays"]
    gone = person.post(f"/app/work/sample/{record}/move", by="doubled", to="1")
    assert gone.status_code == 404


def test_a_new_record_takes_the_lane_it_was_begun_in(screens: Screens) -> None:
    text = screens.client().get("/app/work/sample/new?set.kind_of=2&set.key=1").text
    assert '<option value="2" selected>Blue</option>' in text
