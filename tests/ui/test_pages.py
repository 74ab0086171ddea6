"""Pages over a small catalog, on both databases: what they show, keep and refuse."""

import re
from uuid import uuid4

import pytest

from tests.ui.world import Person, Screens
from xrm.metadata.fields.field_type import Ref
from xrm.platform.records import service
from xrm.ui import shell
from xrm.ui.solutions_desk import EXTENSION
from xrm.ui.solutions_progress import MOST, Board, Progress

XSS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus=alert(1) autofocus='",
    "{{7*7}}",
    "javascript:alert(1)",
    "</textarea><svg/onload=alert(1)>",
)


def test_a_stranger_is_sent_to_sign_in_and_back(screens: Screens) -> None:
    client = screens.app.test_client()
    answer = client.get("/app/work/sample?view=active", headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == (
        "/sign-in?next=%2Fapp%2Fwork%2Fsample%3Fview%3Dactive"
    )


def test_a_wrong_password_keeps_the_name_and_says_so(screens: Screens) -> None:
    person = Person(screens.app.test_client())
    person.get("/sign-in")
    answer = person.post("/sign-in", name="anna", password="wrong")
    assert answer.status_code == 401
    assert "name or the password is wrong" in answer.text
    assert 'value="anna"' in answer.text


@pytest.mark.parametrize(
    "following", ["//evil.example", "https://evil.example", "/\\evil"]
)
def test_sign_in_never_leads_elsewhere(screens: Screens, following: str) -> None:
    person = screens.client()
    answer = person.http.get("/sign-in", query_string={"next": following})
    assert answer.headers["Location"] == "/"


def test_a_post_without_the_token_is_refused(screens: Screens) -> None:
    person = screens.client()
    answer = person.http.post("/app/work/sample/new", data={"name": "x"})
    assert answer.status_code == 400
    assert "CSRF" in answer.text


def test_the_first_page_is_the_first_list(screens: Screens) -> None:
    answer = screens.client().get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/app/work/sample")


def test_an_empty_list_says_what_belongs_there(screens: Screens) -> None:
    text = screens.client().get("/app/work/sample").text
    assert "No samples in “All samples”" in text
    assert "One field of each type" in text
    assert 'href="/app/work/sample/new"' in text


def test_a_list_shows_values_as_people_read_them(screens: Screens) -> None:
    city = screens.create("client", name="Nord GmbH", city="Kiel")
    screens.create(
        "sample",
        name="First",
        price=200,
        pieces=1500,
        kind_of=1,
        clientid=city,
        day="2026-03-31",
    )
    text = screens.client().get("/app/work/sample").text
    for shown in ("First", "Nord GmbH", "1,500", "Mar 31, 2026"):
        assert shown in text
    assert '<span class="x-choice h-red">Red</span>' in text
    assert '<span class="x-pill h-blue">New</span>' in text
    assert f'href="/app/work/client/{city}"' in text


def test_views_sort_filter_and_search(screens: Screens) -> None:
    for number in range(1, 6):
        screens.create(
            "sample", name=f"Sample {number}", price=number * 10, pieces=number
        )
    person = screens.client()

    def names(address: str) -> list[str]:
        found = re.findall(
            r'class="lead" href="[^"]+">([^<]+)', person.get(address).text
        )
        return [name.removeprefix("Sample ") for name in found]

    assert names("/app/work/sample") == ["1", "2", "3", "4", "5"]
    assert names("/app/work/sample?view=active") == ["5", "4", "3", "2", "1"]
    assert names("/app/work/sample?sort=-pieces") == ["5", "4", "3", "2", "1"]
    assert names("/app/work/sample?f=pieces:ge:4") == ["4", "5"]
    assert names("/app/work/sample?field=pieces&op=lt&value=2") == ["1"]
    assert names("/app/work/sample?q=sample+3") == ["3"]
    assert names("/app/work/sample?f=nonsense:eq:1&sort=nonsense") == list("12345")
    text = person.get("/app/work/sample?f=pieces:ge:4").text
    assert "Pieces is at least <b>4</b>" in text
    assert "View changed" in text
    assert (
        "No samples fit the filters"
        in person.get("/app/work/sample?f=pieces:gt:99").text
    )


def test_pages_go_on_and_back_by_key(screens: Screens) -> None:
    with screens.work() as work:
        service.create_many(
            work, "sample", [{"name": f"N{number:03}"} for number in range(120)]
        )
    person = screens.client()
    first = person.get("/app/work/sample").text
    assert "N000" in first
    assert "N050" not in first
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following
    second = person.get(following.group(1).replace("&amp;", "&")).text
    assert "N050" in second
    assert "N049" not in second
    assert "51–100" in second
    back = re.search(r'href="([^"]+)" rel="prev"', second)
    assert back
    assert "N000" in person.get(back.group(1).replace("&amp;", "&")).text
    count = person.fragment("/app/work/sample?count=capped", "count").text
    assert "50 of 120" in count
    assert "1–50 of 120" in count


def test_the_same_address_gives_a_page_or_a_fragment(screens: Screens) -> None:
    person = screens.client()
    whole = person.get("/app/work/sample")
    part = person.fragment("/app/work/sample", "list")
    assert whole.text.startswith("<!doctype html>")
    assert "<html" not in part.text
    assert 'id="list"' in part.text
    assert part.headers["Cache-Control"] == "no-store"


def test_a_tab_can_come_alone(screens: Screens) -> None:
    record = screens.create("sample", name="One", day="2026-03-31")
    address = f"/app/work/sample/{record}?tab=more"
    person = screens.client()
    part = person.fragment(address, "tab-more").text
    assert "<html" not in part
    assert 'value="2026-03-31"' in part
    assert 'name="pieces"' not in person.get(address).text


def test_every_type_can_be_typed_and_comes_back(screens: Screens) -> None:
    client = screens.create("client", name="Nord", city="Kiel")
    person = screens.client()
    person.get("/app/work/sample/new")
    typed = {
        "name": "All",
        "mail": "a@b.example",
        "phone": "+49 1",
        "site": "https://a.example",
        "story": "line 1\r\nline 2",
        "page": "<p>Hello</p>",
        "pieces": "1,234",
        "spent": "1 h 30 min",
        "share": "12.5 %",
        "ratio": "0.25",
        "price": "€99.50",
        "ready": ["false", "true"],
        "day": "2026-03-31",
        "moment": "2026-03-31T14:30",
        "kind_of": "2",
        "kinds": ["", "1", "3"],
        "words": "red, blue",
        "place": "54.3, 10.1",
        "clientid": "",
        "clientid.text": "nord",
        "anyone": f"client:{client}",
        "anyone.text": "Nord",
    }
    answer = person.post("/app/work/sample/new", **typed)
    assert answer.status_code == 303, re.findall(
        r"x-says.*?<span>(.*?)</span>", answer.text
    )
    address = answer.headers["Location"]
    text = person.get(address).text + person.get(f"{address}?tab=more").text
    for shown in (
        'value="1,234"', 'value="90"', 'value="12.5"', 'value="0.25"',
        'value="99.50"',
        'value="2026-03-31"', 'value="2026-03-31T14:30"', 'value="red, blue"',
        'value="54.3, 10.1"', f'value="client:{client}"', "line 1\nline 2", "2,468",
        "&lt;p&gt;Hello&lt;/p&gt;", "S-",
    ):  # fmt: skip
        assert shown in text, shown
    again = person.post(
        address, version=_version(text), **typed | {"clientid": f"client:{client}"}
    )
    assert again.status_code == 303
    assert "Nothing was changed" in person.said(address)


def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(
    screens: Screens,
) -> None:
    person = screens.client()
    person.get("/app/work/sample/new")
    answer = person.post("/app/work/sample/new", name="", price="abc", pieces="7")
    assert answer.status_code == 400
    assert 'value="abc"' in answer.text
    assert 'value="7"' in answer.text
    assert 'aria-invalid="true" aria-describedby="f-price-says"' in answer.text
    answer = person.post("/app/work/sample/new", name="", price="200")
    assert "Name is required" in answer.text
    answer = person.post("/app/work/sample/new", name="Dear", price="2,000", story="")
    assert answer.status_code == 400
    assert 'href="#f-story"' in answer.text
    assert "Above 1,000 a story is needed." in answer.text
    assert 'value="2,000"' in answer.text


def test_a_warning_is_told_after_saving(screens: Screens) -> None:
    person = screens.client()
    person.get("/app/work/sample/new")
    answer = person.post("/app/work/sample/new", name="Many", pieces="600")
    assert answer.status_code == 303
    assert "That is a large number of pieces." in person.said(
        answer.headers["Location"]
    )


def test_a_stale_form_shows_both_values_and_saves_the_choice(screens: Screens) -> None:
    record = screens.create("sample", name="One", pieces=1, mail="old@a.example")
    address = f"/app/work/sample/{record}"
    person = screens.client()
    version = _version(person.get(address).text)
    screens.world.update("sample", record, pieces=2, phone="123")
    answer = person.post(
        address, version=version, pieces="3", mail="new@a.example", phone=""
    )
    assert answer.status_code == 412
    question = re.search(
        r"<tr><th scope=\"row\">Pieces.*?</tr>", answer.text, re.DOTALL
    )
    assert question
    assert re.findall(r"Pieces: ([^\"]+)", question.group()) == [
        "keep yours, 3",
        "take the other one, 2",
    ]
    assert "Mail (yours)" in answer.text
    assert "Phone (" in answer.text
    done = person.post(
        address,
        **{
            "version": _version(answer.text),
            "merge": "1",
            "pieces": "3",
            "mail": "new@a.example",
            "pick.pieces": "theirs",
        },
    )
    assert done.status_code == 303
    now = screens.world.read("sample", record)
    assert (now["pieces"], now["mail"], now["phone"]) == (2, "new@a.example", "123")


def test_a_closed_record_is_read_only_and_says_why(screens: Screens) -> None:
    record = screens.create("sample", name="One")
    person = screens.client()
    address = f"/app/work/sample/{record}"
    assert "Mark as closed" in person.get(address).text
    asked = person.get(f"{address}/state?to=1").text
    assert "Dropped" in asked
    assert (
        person.post(f"{address}/state", to="1", reason="4", sure="1").status_code == 303
    )
    text = person.get(address).text
    assert "Read-only: this sample is closed" in text
    assert 'name="name"' not in text
    assert "Activate" in text


def test_delete_asks_first(screens: Screens) -> None:
    record = screens.create("sample", name="Gone soon")
    person = screens.client()
    address = f"/app/work/sample/{record}"
    assert "Delete “Gone soon”?" in person.get(f"{address}/delete").text
    answer = person.post(f"{address}/delete", sure="1")
    assert answer.headers["Location"] == "/app/work/sample"
    assert person.get(address).status_code == 404


def test_bulk_asks_first_and_tells_about_each(screens: Screens) -> None:
    mine = [screens.create("sample", "anna", name=f"Mine {n}") for n in range(3)]
    person = screens.client("anna")
    person.get("/app/work/sample")
    asked = person.post("/app/work/sample/bulk", id=[str(i) for i in mine], do="delete")
    assert "Delete 3 samples?" in asked.text
    answer = person.post(
        "/app/work/sample/bulk", id=[str(i) for i in mine[:2]], do="delete", sure="1"
    )
    assert answer.status_code == 303
    assert "2 samples deleted." in person.said("/app/work/sample")
    mixed = person.post(
        "/app/work/sample/bulk", id=[str(mine[2]), str(mine[0])], do="delete", sure="1"
    )
    assert "1 of 2 samples deleted" in mixed.text
    assert "Refused" in mixed.text


def test_bulk_assign_takes_a_typed_name(screens: Screens) -> None:
    record = screens.create("sample", name="One")
    person = screens.client()
    person.get("/app/work/sample")
    answer = person.post(
        "/app/work/sample/bulk",
        **{"id": str(record), "do": "assign", "sure": "1", "ownerid.text": "Ben"},
    )
    assert answer.status_code == 303
    assert (
        screens.world.read("sample", record)["ownerid"].id == screens.world.users["ben"]
    )


def test_history_tells_before_and_after(screens: Screens) -> None:
    record = screens.create("sample", name="One", price=10)
    screens.world.update("sample", record, "carla", price=25)
    text = screens.client().get(f"/app/work/sample/{record}/history").text
    assert re.search(r"Price</th><td class=\"x-was\">€10.00</td><td>€25.00", text)
    assert "<b>You</b> changed this sample" in text


def test_history_names_what_was_linked(screens: Screens) -> None:
    record = screens.create("deal", name="One")
    tag = screens.create("tag", name="Urgent")
    with screens.work() as work:
        service.associate(work, "deal_tag", record, tag)
    person = screens.client()
    said = "The system</b> linked Urgent to this deal"
    assert said in person.get(f"/app/work/deal/{record}/history").text
    told = person.fragment(f"/app/work/deal/{record}/timeline", "timeline").text
    assert "The system linked Urgent to this deal" in told
    assert told.count("created this") == 1


def test_subgrids_show_and_add(screens: Screens) -> None:
    client = screens.create("client", name="Nord")
    screens.create("sample", name="Of Nord", clientid=client)
    person = screens.client()
    grid = f"/app/work/client/{client}/related/samples"
    text = person.get(f"/app/work/client/{client}").text
    assert f'hx-get="{grid}?view=associated"' in text
    part = person.fragment(grid, "related-samples").text
    assert "Of Nord" in part
    add = re.search(r'href="(/app/work/sample/new[^"]+)"', part)
    assert add
    form = person.get(add.group(1).replace("&amp;", "&")).text
    assert f'value="client:{client}"' in form


def test_a_lookup_offers_and_resolves_names(screens: Screens) -> None:
    screens.create("client", name="Nord")
    screens.create("client", name="Nordwind")
    person = screens.client()
    hits = person.http.get("/app/work/sample/lookup/clientid?clientid.text=nord").text
    assert "Nordwind" in hits
    assert 'data-pick="client:' in hits
    person.get("/app/work/sample/new")
    answer = person.post(
        "/app/work/sample/new", **{"name": "x", "clientid": "", "clientid.text": "ord"}
    )
    assert answer.status_code == 400
    assert "Several are called “ord”" in answer.text
    assert "Nordwind (Medium)" in answer.text


def test_people_see_only_what_they_may(screens: Screens) -> None:
    record = screens.create("sample", "ben", name="Of Ben")
    anna = screens.client("anna")
    assert "Of Ben" not in anna.get("/app/work/sample").text
    assert anna.get(f"/app/work/sample/{record}").status_code == 404
    assert anna.get("/app/boss_only/person").status_code == 404
    assert "Boss only" not in anna.get("/app/work/sample").text
    assert anna.get("/solutions").status_code == 403
    assert "Boss only" in screens.client("carla").get("/app/work/sample").text


def test_a_change_of_solutions_says_how_far_it_is(
    screens: Screens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "may_solutions", lambda actor: actor.name != "Anna")
    board = screens.app.extensions[EXTENSION].board
    carla = screens.client("carla")
    with screens.work("carla") as work:
        user = work.actor.user_id
    address = "/solutions/progress/abc"
    assert carla.get(address).status_code == 204
    board.note(user, "abc", Progress(3, 12))
    assert 'max="12" value="3"' in carla.get(address).text
    assert "3 of 12 steps" in carla.get(address).text
    assert carla.get("/solutions/progress/other").status_code == 204
    assert screens.client("anna").get(address).status_code == 403
    assert screens.client("ben").get(address).status_code == 204
    board.forget(user, "abc")
    assert carla.get(address).status_code == 204


def test_only_some_changes_are_remembered() -> None:
    board, someone = Board(), uuid4()
    for number in range(MOST + 5):
        board.note(someone, str(number), Progress(1, 2))
    assert board.find(someone, "4") is None
    assert board.find(someone, "5") == Progress(1, 2)


@pytest.mark.parametrize("text", XSS)
def test_texts_are_never_markup(screens: Screens, text: str) -> None:
    record = screens.create("sample", name=text, story=text, page=text)
    person = screens.client()
    for address in (
        "/app/work/sample",
        f"/app/work/sample/{record}",
        f"/app/work/sample/{record}/history",
        f"/app/work/sample?q={text}",
        f"/search?q={text}",
    ):
        shown = person.get(address).text
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
        assert "<svg/onload" not in shown
        assert "onfocus=alert(1) autofocus='" not in shown.replace("&#39;", "§")


def test_faults_have_friendly_pages(screens: Screens) -> None:
    person = screens.client()
    for address, status, words in (
        ("/app/work/nothing", 404, "There is no entity"),
        ("/app/none/sample", 404, "There is no app"),
        ("/nowhere", 404, "There is no page at this address"),
        ("/app/work/sample/not-an-id", 404, "There is no such sample"),
    ):
        answer = person.get(address, headers={"Accept": "text/html"})
        assert answer.status_code == status
        assert words in answer.text
        assert 'class="x-nav"' in answer.text


def test_static_files_are_kept_for_a_year(screens: Screens) -> None:
    person = screens.client()
    text = person.get("/app/work/sample").text
    total = len(text)
    for address in set(re.findall(r'(?:href|src)="(/static/[^"#]+)', text)):
        answer = person.http.get(address, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert "max-age=31536000, immutable" in answer.headers["Cache-Control"]
        total += len(answer.data)
    assert total < 180_000, total


def _version(text: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', text)
    assert found
    return found.group(1)


def test_many_to_many_lists_link_and_unlink(screens: Screens) -> None:
    user = screens.world.users["anna"]
    address = f"/app/boss_only/systemuser/{user}"
    grid = f"{address}/related/systemuserroles_association"
    person = screens.client("carla")
    assert "seller" in person.get(grid).text
    assert "Link a role with “Anna”" in person.get(f"{grid}/link").text
    hits = person.http.get("/app/boss_only/role/find?ownerid.text=bos").text
    assert 'data-title="boss"' in hits
    answer = person.post(f"{grid}/link", **{"ownerid.text": "boss", "sure": "1"})
    assert answer.status_code == 303
    text = person.get(grid).text
    assert "boss" in text
    boss = re.search(r'value="([0-9a-f-]{36})" aria-label="Unlink"', text)
    assert boss
    role = re.search(r'href="/app/boss_only/role/([0-9a-f-]{36})">boss', text)
    assert role
    assert person.post(f"{grid}/unlink", other=role.group(1)).status_code == 303
    assert ">boss<" not in person.get(grid).text


def test_a_quick_view_shows_some_fields_of_what_is_looked_up(screens: Screens) -> None:
    client = screens.create("client", name="Nord", city="Graz")
    record = screens.create("sample", name="One", clientid=Ref("client", client))
    bare = screens.create("sample", name="Two")
    person = screens.client()
    address = f"/app/work/sample/{record}"
    assert 'id="quick-clientid"' in person.get(f"{address}?tab=more").text
    assert (
        'id="quick-clientid"'
        not in person.get(f"/app/work/sample/{bare}?tab=more").text
    )
    text = person.fragment(
        f"{address}/quick/clientid?form=short", "quick-clientid"
    ).text
    assert f'href="/app/work/client/{client}">Nord</a>' in text
    assert "Graz" in text
    assert "Employees" not in text
    assert person.get(f"{address}/quick/clientid").status_code == 303
    assert person.get(f"{address}/quick/name").status_code == 404
    assert person.get(f"/app/work/sample/{bare}/quick/clientid").status_code == 404


def test_tabs_tell_how_many_related_records_they_show(screens: Screens) -> None:
    deal = screens.create("deal", name="One")
    for number in range(3):
        screens.create("line", name=str(number), dealid=Ref("deal", deal))
    person = screens.client()
    assert (
        f'hx-get="/app/work/deal/{deal}/counts"'
        in person.get(f"/app/work/deal/{deal}").text
    )
    text = person.fragment(f"/app/work/deal/{deal}/counts", "").text
    assert '<span class="n" id="n-products" hx-swap-oob="true">3</span>' in text
    assert "n-facts" not in text
