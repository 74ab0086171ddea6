"""Palette, search page, pins, recent records and the bell, on both databases."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.ui.world import Screens
from xrm.platform.query.query import Query
from xrm.platform.query.run import rows
from xrm.platform.security import access
from xrm.platform.services import preferences


def make(screens: Screens) -> dict[str, UUID]:
    rows = {"Nordwind": "anna", "Pharma Nord": "carla", "<b>Nord</b>": "carla"}
    return {n: screens.create("sample", user, name=n) for n, user in rows.items()}


def forget(screens: Screens, user: str) -> None:
    """Take the person's preferences away."""
    with screens.work(user) as work:
        for key in list(preferences.all_of(work)):
            preferences.put(work, key, None)


def test_the_palette_finds_records_places_and_commands(screens: Screens) -> None:
    make(screens)
    carla = screens.client()
    text = carla.fragment("/search?app=work&q=nord", "results").text
    assert '<span class="clip"><b>Nord</b>wind</span>' in text
    assert "&lt;b&gt;<b>Nord</b>&lt;/b&gt;" in text
    assert text.index("wind</span>") < text.index("Pharma <b>Nord</b>")
    assert "Show all that has “nord”" in text
    text = carla.fragment("/search?app=work&q=dark", "results").text
    assert 'name="theme" value="dark"' in text
    text = carla.fragment("/search?app=work&q=%3Enew", "results").text
    assert "New sample" in text
    assert "Records" not in text
    text = carla.fragment("/search?app=work&q=@anna", "results").text
    assert "<b>Anna</b>" in text
    assert "Nordwind" not in text
    text = carla.fragment("/search?app=work&q=qqqq", "results").text
    assert "Nothing you may see has “qqqq”." in text


def test_search_shows_what_may_be_read_only(screens: Screens) -> None:
    make(screens)
    anna = screens.client("anna")
    text = anna.get("/search?q=nord").text
    assert "<b>Nord</b>wind" in text
    assert "Pharma" not in text
    assert "Pharma" not in anna.fragment("/search?q=nord", "results").text


def test_the_search_page_counts_and_narrows_without_scripts(screens: Screens) -> None:
    make(screens)
    carla = screens.client()
    text = carla.get("/search?q=nord").text
    assert re.search(r'<h2 id="part-1">Samples</h2><span class="muted">3</span>', text)
    assert '<option value="sample">Samples</option>' in text
    text = carla.get("/search?q=nord&entity=client").text
    assert "<b>Nord</b>wind" not in text
    assert '<option value="client" selected>' in text
    text = carla.get("/search?q=nord&mine=1").text
    assert "<b>Nord</b>wind" not in text
    assert "Pharma <b>Nord</b>" in text
    part = carla.fragment("/search?q=nord&mine=1", "found").text
    assert part.startswith('<div id="found"') or '<div id="found"' in part[:200]
    assert "<html" not in part


def test_a_list_finds_nothing_in_a_hidden_column(
    screens: Screens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hit tells what stands in a column, so hidden ones are not searched."""
    screens.create("sample", name="Seen one")
    carla = screens.client()
    with screens.work() as work:
        code = next(rows(work, Query("sample", ("code",))))["code"]
        fields = frozenset(work.catalog.entity("sample").fields)
    assert "Seen one" in carla.get(f"/app/work/sample?q={code}").text
    hidden = fields - {"code"}
    real = access.readable_fields

    def readable(snapshot: Any, actor: Any, entity: str) -> frozenset[str]:
        return hidden if entity == "sample" else real(snapshot, actor, entity)

    monkeypatch.setattr(access, "readable_fields", readable)
    for address in (
        f"/app/work/sample?q={code}",
        f"/app/work/sample?as=board&q={code}",
        f"/search?q={code}",
    ):
        assert "Seen one" not in carla.get(address).text, address
    assert "Seen one" in carla.get("/app/work/sample?q=seen").text


def test_what_was_opened_is_recent(screens: Screens) -> None:
    made = make(screens)
    ben = screens.client("ben")
    ben.get(f"/app/work/sample/{made['Nordwind']}")
    carla = screens.client()
    for name in ("Nordwind", "Pharma Nord"):
        assert carla.get(f"/app/work/sample/{made[name]}").status_code == 200
    text = carla.get("/me/shortcuts").text
    assert {"Nordwind", "Pharma Nord"} <= set(re.findall(r'clip">([^<]+)<', text))
    part = carla.fragment("/me/shortcuts?app=work", "nav-recent").text
    assert f"/app/work/sample/{made['Nordwind']}" in part
    assert "<html" not in part
    assert "Nordwind" not in ben.get("/me/shortcuts").text
    assert "Nordwind" in carla.fragment("/search?app=work", "palette").text


def test_records_and_lists_are_pinned_and_unpinned(screens: Screens) -> None:
    made = make(screens)
    forget(screens, "carla")
    carla = screens.client()
    page = carla.get(f"/app/work/sample/{made['Nordwind']}").text
    assert 'aria-label="Pin this record"' in page
    answer = carla.post(
        "/me/pins", pinned="1", entity="sample", id=str(made["Nordwind"]), back="/x?y=1"
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/x?y=1")
    assert "Unpin this record" in carla.get(f"/app/work/sample/{made['Nordwind']}").text
    href = "/app/work/sample?view=active"
    assert 'aria-label="Pin this list"' in carla.get(href).text
    carla.post("/me/pins", pinned="1", href=href, label="Active samples", back=href)
    assert 'aria-label="Unpin this list"' in carla.get(href).text
    part = carla.fragment("/me/shortcuts?app=work", "nav-pinned").text
    assert re.findall(r'clip">([^<]+)<', part) == ["Nordwind", "Active samples"]
    screens.world.update("sample", made["Nordwind"], name="Westwind")
    assert "Westwind" in carla.fragment("/me/shortcuts", "nav-pinned").text
    carla.post("/me/pins", pinned="0", href=href, label="x")
    carla.post("/me/pins", pinned="0", entity="sample", id=str(made["Nordwind"]))
    assert "Nothing yet" in carla.fragment("/me/shortcuts", "nav-pinned").text


def test_a_pin_of_what_may_not_be_seen_is_refused(screens: Screens) -> None:
    made = make(screens)
    forget(screens, "anna")
    anna = screens.client("anna")
    anna.get("/me/shortcuts")
    hidden = str(made["Pharma Nord"])
    answer = anna.post("/me/pins", pinned="1", entity="sample", id=hidden)
    assert answer.status_code == 404
    for address in ("//elsewhere.example", "https://elsewhere.example", "javascript:x"):
        answer = anna.post("/me/pins", pinned="1", href=address, label="x")
        assert answer.headers.get("Location", "").startswith("/me")
    with screens.work("anna") as work:
        assert preferences.pinned(work) == []


def test_the_bell_counts_my_open_activities(screens: Screens) -> None:
    carla = screens.client()
    before = carla.http.get("/me/due/count")
    assert before.json == {"count": 0, "label": "No activities are due"}
    mark = {"If-None-Match": before.headers["ETag"]}
    assert carla.http.get("/me/due/count", headers=mark).status_code == 304
    now = screens.world.now
    late = screens.create(
        "errand", "carla", subject="Call them", scheduledend="2020-01-01T09:00:00Z"
    )
    screens.create("errand", "anna", subject="Not mine", scheduledend=now)
    screens.create(
        "errand", "carla", subject="Later", scheduledend=now + timedelta(days=4_000)
    )
    answer = carla.http.get("/me/due/count", headers=mark)
    assert answer.json == {"count": 1, "label": "1 activity is due today, 1 overdue"}
    text = carla.get(carla.http.get("/me/due").headers["Location"]).text
    assert "Call them" in text
    assert "Not mine" not in text
    assert text.index("Overdue") < text.index("Call them") < text.index("Coming")
    screens.world.update("errand", late, statecode=1)
    assert carla.http.get("/me/due/count").json["count"] == 0  # type: ignore[index]
