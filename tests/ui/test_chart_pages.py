"""Charts and dashboards as pages: what they show, to whom, with which filter."""

import re
from datetime import UTC, datetime, timedelta

from tests.ui.world import Screens
from xrm.platform.security import access

TODAY = datetime.now(UTC).date()


def make_samples(screens: Screens, user: str | None = None) -> None:
    for name, kind, price, days in (
        ("one", 1, 100, 0),
        ("two", 1, 50, 0),
        ("three", 2, 25, 70),
        ("four", None, None, 70),
    ):
        screens.create(
            "sample",
            user,
            name=name,
            kind_of=kind,
            price=price,
            story="Long" if kind else None,
            day=TODAY - timedelta(days=days),
        )


def test_a_chart_is_a_table_of_links_to_its_records(screens: Screens) -> None:
    make_samples(screens)
    person = screens.client()
    text = person.get("/app/work/sample/charts/by_kind").text
    assert 'data-chart="doughnut"' in text
    assert re.search(r'<th scope="row">Red</th><td class="num" data-v="2">', text)
    assert "No kind" in text
    (href,) = re.findall(r'href="([^"]+at=%3D1[^"]*)">2</a>', text)
    listed = person.get(href.replace("&amp;", "&")).text
    assert "Samples by kind <b>Red</b>" in listed
    assert {"one", "two"} == set(re.findall(r'class="lead"[^>]*>(\w+)<', listed))


def test_money_of_two_currencies_adds_up_in_the_base_currency(screens: Screens) -> None:
    currencies = screens.world.currencies
    for code in ("EUR", "USD"):
        screens.create(
            "sample",
            name=code,
            price=100,
            day=TODAY,
            transactioncurrencyid=currencies[code],
        )
    text = screens.client().get("/app/work/sample/charts/price_by_month").text
    assert 'data-v="180.0000"' in text
    assert ">€180</a>" in text


def test_a_chart_fragment_is_for_lists_to_embed(screens: Screens) -> None:
    make_samples(screens)
    person = screens.client()
    address = "/app/work/sample/charts/by_client?view=active&f=kind_of:eq:1"
    text = person.fragment(address, "chart").text
    assert text.lstrip().startswith('<section class="x-card x-chart-box"')
    assert "view=active&amp;chart=by_client&amp;at=~&amp;in=%3D1" in text
    assert "f=kind_of%3Aeq%3A1" in text
    assert 'hx-target="#chart"' in text


def test_a_chart_shows_only_what_its_reader_may_see(screens: Screens) -> None:
    make_samples(screens, "anna")
    address = "/app/work/sample/charts/by_kind"
    assert 'data-v="2"' in screens.client("anna").get(address).text
    assert "No samples to show yet." in screens.client("ben").get(address).text


def test_a_chart_of_a_hidden_field_says_why_it_is_empty(
    screens: Screens, monkeypatch: object
) -> None:
    make_samples(screens)
    person = screens.client()
    whole = access.readable_fields
    try:
        access.readable_fields = lambda s, a, e: whole(s, a, e) - {"kind_of"}
        answer = person.get("/app/work/sample/charts/by_kind")
    finally:
        access.readable_fields = whole
    assert answer.status_code == 200
    assert "your roles do not let you read" in answer.text
    assert "<canvas" not in answer.text


def test_a_missing_chart_and_a_broken_part_are_said(screens: Screens) -> None:
    person = screens.client()
    assert person.get("/app/work/sample/charts/by_knd").status_code == 404
    for part in ("chart=gone&at=~", "chart=by_kind&at=what", "chart=by_kind&in=~"):
        answer = person.get(f"/app/work/sample?{part}")
        assert answer.status_code == 400, part


def test_texts_of_other_spelling_are_one_part(screens: Screens) -> None:
    for name, story, share in (
        ("a", "Rome", 90),
        ("b", "ROME", 80),
        ("c", "Oslo|1", 5),
        ("d", None, 15),
    ):
        screens.create("sample", name=name, story=story, share=share)
    person = screens.client()
    text = person.get("/app/work/sample/charts/by_story").text
    found = []
    for figure in ("85 %", "10 %"):
        (href,) = re.findall(f'<a href="([^"]+)">{figure}</a>', text)
        listed = person.get(href.replace("&amp;", "&")).text
        found.append(sorted(re.findall(r'class="lead"[^>]*>(\w+)<', listed)))
    assert found == [["a", "b"], ["c", "d"]]


def test_a_dashboard_loads_its_tiles_one_by_one(screens: Screens) -> None:
    make_samples(screens)
    person = screens.client()
    text = person.get("/app/work/dashboards/overview").text
    tiles = re.findall(r'hx-get="([^"]+)" hx-trigger="load"', text)
    assert len(tiles) == 3
    assert "<noscript>" in text
    assert "all=1" in text
    loaded = [person.fragment(t.replace("&amp;", "&"), "x").text for t in tiles]
    assert "€150" in loaded[0]
    assert 'data-chart="doughnut"' in loaded[1]
    assert "Active ones" in loaded[2]
    assert "four" in loaded[2]


def test_a_dashboard_works_without_scripts(screens: Screens) -> None:
    make_samples(screens)
    text = screens.client().get("/app/work/dashboards/overview?all=1").text
    assert "hx-trigger" not in text.partition('<div class="x-dash">')[2]
    assert "€150" in text
    assert "Active ones" in text


def test_the_shared_filter_holds_for_every_tile_that_has_the_field(
    screens: Screens,
) -> None:
    make_samples(screens, "anna")
    make_samples(screens, "ben")
    person = screens.client("carla")
    address = "/app/work/dashboards/overview"

    def tile(index: int, query: str) -> str:
        return person.fragment(f"{address}/tiles/{index}?{query}", "x").text

    everyone = tile(1, "period=any&owner=everyone")
    assert 'data-v="4"' in everyone
    assert "No samples fit the filters." in tile(1, "period=any&owner=me")
    this_year = tile(1, "period=this-month&owner=everyone")
    assert 'data-v="4"' in this_year
    assert "Blue" not in this_year
    assert "f=day%3Athis-month%3A" in this_year
    view = tile(2, "period=this-month&owner=everyone")
    assert "Any time" in view
    assert "No samples here." in tile(2, "period=any&owner=me")
    assert "eq-businessid-or-below" in tile(1, "period=any&owner=team")


def test_nonsense_in_a_dashboards_address_is_as_declared(screens: Screens) -> None:
    person = screens.client()
    text = person.get("/app/work/dashboards/overview?period=x&owner=y").text
    assert 'aria-label="Period: Any time. Change period"' in text
    answer = person.get("/app/work/dashboards/overview/tiles/1")
    assert answer.status_code == 303
    assert person.get("/app/work/dashboards/overview/tiles/99").status_code == 303
    assert (
        person.fragment("/app/work/dashboards/overview/tiles/99", "x").status_code
        == 404
    )


def test_a_dashboard_is_for_its_roles_only(screens: Screens) -> None:
    address = "/app/work/dashboards/boss_only"
    assert screens.client("carla").get(address).status_code == 200
    assert screens.client("anna").get(address).status_code == 404
    assert (
        "For the boss"
        not in screens.client("anna").get("/app/work/dashboards/overview").text
    )


def test_an_app_that_begins_with_a_dashboard_opens_it(screens: Screens) -> None:
    text = screens.client("carla").get("/app/boss_only/person").text
    assert 'href="/app/boss_only/dashboards/boss_only"' in text
