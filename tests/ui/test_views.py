"""Columns, built filters and personal views over a small catalog."""

import json
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from werkzeug.test import TestResponse

from tests.ui.world import Person, Screens
from xrm.metadata.views import ViewColumn
from xrm.platform.query.filter_tree import Group, Related, Rule
from xrm.platform.services import personal_views
from xrm.platform.services.personal_views import Kept
from xrm.ui import column_picker, filter_builder

LIST = "/app/work/sample"


def names(answer: TestResponse) -> list[str]:
    return re.findall(r'class="lead" href="[^"]+">([^<]+)', answer.text)


def heads(answer: TestResponse) -> list[str]:
    found = re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]*)', answer.text)
    return [text.strip() for text in found if text.strip()]


def fill(screens: Screens) -> None:
    kiel = screens.create("client", name="Nord", city="Kiel")
    rome = screens.create("client", name="Sued", city="Rom")
    for number, client in enumerate((kiel, rome, kiel), 1):
        screens.create("sample", name=f"S{number}", pieces=number, clientid=client)


def where(answer: TestResponse) -> list[object]:
    """Return the filter in the address that an answer leads to."""
    query = parse_qs(urlsplit(answer.headers["Location"]).query, True)
    text = query["where"][0]
    found: list[object] = json.loads(text) if text else []
    return found


def test_columns_are_chosen_step_by_step(screens: Screens) -> None:
    fill(screens)
    person = screens.client()
    text = person.get(f"{LIST}/columns?sort=-pieces").text
    assert 'name="col" value="clientid"' in text
    step = {"state": "sort=-name", "col": ["name", "price"], "width": ["", "160"]}
    more = person.post(f"{LIST}/columns", **step, do="step", way="clientid").text
    assert 'value="clientid.city"' in more
    added = person.post(f"{LIST}/columns", **step, do="add", field="clientid.city").text
    assert re.findall(r'name="col" value="([^"]+)"', added) == [
        "name", "price", "clientid.city",
    ]  # fmt: skip
    assert "Client: City" in added
    done = person.post(
        f"{LIST}/columns",
        do="apply",
        state="sort=-name",
        col=["clientid.city", "name", "nonsense"],
        width=["160", "", ""],
    )
    assert done.headers["Location"] == (
        f"{LIST}?sort=-name&cols=clientid.city~160%2Cname"
    )
    shown = person.get(done.headers["Location"])
    assert heads(shown) == ["Client: City", "Name"]
    assert names(shown) == ["S3", "S2", "S1"]
    assert "View changed" in shown.text


def test_columns_move_and_go() -> None:
    every = [ViewColumn(name) for name in "abc"]

    def after(do: str, add: str = "") -> str:
        return "".join(c.field for c in column_picker.changed(every, do, add))

    assert after("up:1") == "bac"
    assert after("up:0") == "abc"
    assert after("down:1") == "acb"
    assert after("down:2") == "abc"
    assert after("drop:0") == "bc"
    assert after("drop:9") == "abc"
    assert after("add", "d") == "abcd"
    assert after("add", "a") == "abc"
    assert column_picker.changed(every[:1], "drop:0", "") == every[:1]


def test_the_filter_builder_works_step_by_step(screens: Screens) -> None:
    fill(screens)
    person = screens.client()
    person.get(f"{LIST}/filter")
    base = {"state": "", "j.r": "&", "k.r.0": "rule", "w.r.0": "", "f.r.0": "pieces"}
    step = person.post(f"{LIST}/filter", **base, do="step").text
    assert '<option value="ge">is at least</option>' in step
    base |= {"o.r.0": "ge", "v.r.0": "2"}
    step = person.post(f"{LIST}/filter", **base, do="group:r").text
    assert 'name="k.r.1" value="group"' in step
    assert 'name="k.r.1.1" value="rule"' in step
    assert "In words:</span> Pieces is at least 2" in step
    base |= {
        "k.r.1": "group", "j.r.1": "|",
        "k.r.1.0": "rule", "w.r.1.0": "clientid", "f.r.1.0": "city",
        "o.r.1.0": "eq", "v.r.1.0": "Kiel",
        "k.r.1.1": "rule", "f.r.1.1": "name", "o.r.1.1": "contains", "v.r.1.1": "2",
        "k.r.1.2": "rule", "f.r.1.2": "",
    }  # fmt: skip
    done = person.post(f"{LIST}/filter", **base, do="apply")
    assert where(done) == [
        "&", ["pieces", "ge", "2"],
        ["|", ["clientid.city", "eq", "Kiel"], ["name", "contains", "2"]],
    ]  # fmt: skip
    shown = person.get(done.headers["Location"])
    assert names(shown) == ["S2", "S3"]
    assert "Pieces is at least <b>2</b>" in shown.text
    assert "<b>Client: City equals Kiel or Name contains 2</b>" in shown.text
    gone = re.findall(r'class="x-chip-x" href="([^"]+)"', shown.text)
    assert names(person.get(unescape(gone[1]))) == ["S2", "S3"]
    assert names(person.get(unescape(gone[0]))) == ["S1", "S2", "S3"]


def test_wrong_values_are_told_beside_their_condition(screens: Screens) -> None:
    person = screens.client()
    person.get(f"{LIST}/filter")
    values = {"k.r.0": "rule", "f.r.0": "pieces", "o.r.0": "ge", "v.r.0": "many"}
    answer = person.post(f"{LIST}/filter", **values, do="apply")
    assert answer.status_code == 200
    assert re.search(r'class="x-says" role="alert">.*many', answer.text, re.S)
    assert 'value="many"' in answer.text


def test_a_number_is_typed_as_the_reader_writes_it(screens: Screens) -> None:
    person = screens.client()
    person.get(f"{LIST}/filter")
    values = {"k.r.0": "rule", "f.r.0": "price", "o.r.0": "ge", "v.r.0": "1,500.5"}
    done = person.post(f"{LIST}/filter", **values, do="apply")
    assert where(done) == ["&", ["price", "ge", "1500.5"]]


def test_steps_change_the_tree() -> None:
    tree = Group("&", (Rule("a", "null"), Related("x", True, Group())))
    assert filter_builder.changed(tree, "drop:r.0").items == (tree.items[1],)
    deeper = filter_builder.changed(tree, "add:r.1")
    assert deeper.items[1] == Related("x", True, Group("&", (Rule(),)))
    assert filter_builder.changed(deeper, "drop:r.1.0") == tree
    assert filter_builder.changed(tree, "drop:r.7.1") == tree
    assert filter_builder.changed(tree, "nonsense") == tree
    assert filter_builder.complete(deeper) == tree


def test_a_broken_filter_in_an_address_shows_the_list_with_a_notice(
    screens: Screens,
) -> None:
    fill(screens)
    person = screens.client()
    answer = person.get(LIST + "?where=[[[")
    assert names(answer) == ["S1", "S2", "S3"]
    assert "cannot be read" in answer.text
    answer = person.get(LIST + '?where=["gone","null"]')
    assert names(answer) == ["S1", "S2", "S3"]
    assert "“gone” is no field of samples" in answer.text


def saved(person: Person, state: str, name: str, **more: str) -> str:
    person.get(f"{LIST}/views/save?{state}")
    answer = person.post(f"{LIST}/views/save", state=state, name=name, **more)
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_a_view_is_saved_changed_renamed_and_deleted(screens: Screens) -> None:
    fill(screens)
    person = screens.client()
    state = "view=active&cols=name,clientid.city&sort=-name&f=pieces:ge:2"
    mine = saved(person, state, "My own")
    shown = person.get(mine)
    assert "My own" in shown.text
    assert "View changed" not in shown.text
    assert heads(shown) == ["Name", "Client: City"]
    assert "My views" in shown.text
    record = mine.rpartition("=")[2]
    state = f"view={record}&cols=name,pieces"
    assert "Save view" in person.get(f"{LIST}?{state}").text
    person.post(f"{LIST}/views/{record}/save", state=state)
    assert heads(person.get(mine)) == ["Name", "Pieces"]
    assert "My own" in person.get(f"{LIST}/views/{record}/rename").text
    person.post(f"{LIST}/views/{record}/rename", name="Renamed")
    assert "Renamed" in person.get(mine).text
    assert "Delete the view “Renamed”?" in person.get(
        f"{LIST}/views/{record}/delete"
    ).text  # fmt: skip
    person.post(f"{LIST}/views/{record}/delete")
    assert "There is no view" in person.get(mine).text


def test_a_personal_view_keeps_the_filter_it_began_with(screens: Screens) -> None:
    fill(screens)
    closed = screens.create("sample", name="S4", pieces=4)
    person = screens.client()
    person.get(LIST)
    person.post(f"{LIST}/{closed}/move", by="statecode", to="1")
    assert names(person.get(f"{LIST}?view=active&sort=-name")) == ["S3", "S2", "S1"]
    mine = saved(person, "view=active&sort=-name&f=pieces:ge:2", "Large")
    assert names(person.get(mine)) == ["S3", "S2"]
    assert names(person.get(f"{mine}&where=")) == ["S3", "S2", "S1"]
    kept = saved(person, "view=active&as=board&by=kind_of", "Board of mine")
    assert 'data-board="kind_of"' in person.get(kept).text
    assert "data-board" not in person.get(f"{kept}&as=list").text


def test_a_default_view_opens_first_for_its_owner_alone(screens: Screens) -> None:
    fill(screens)
    person = screens.client()
    mine = saved(person, "f=pieces:ge:3", "First", first="1")
    assert names(person.get(LIST)) == ["S3"]
    assert names(person.get(f"{LIST}?view=all")) == ["S1", "S2", "S3"]
    anna = screens.client("anna")
    assert "First" not in anna.get(LIST).text
    assert "There is no view" in anna.get(mine).text
    record = mine.rpartition("=")[2]
    assert anna.get(f"{LIST}/views/{record}/delete").status_code == 404
    person.post(f"{LIST}/views/{record}/default?on=0")
    assert len(names(person.get(LIST))) == 3


def test_a_stale_view_opens_with_a_plain_warning(screens: Screens) -> None:
    fill(screens)
    kept = Kept(
        base="vanished",
        columns=(ViewColumn("name"), ViewColumn("gone")),
        sort=("gone", "-name"),
        where='["&",["gone","null"],["pieces","ge","2"]]',
    )
    with screens.work("carla") as work:
        record = personal_views.keep(work, "sample", "Old", kept, False)
        broken = personal_views.keep(work, "sample", "Broken", kept, False)
    with screens.work() as work:
        personal_views.service.update(
            work, "userquery", broken, {"layoutjson": "{nonsense"}
        )
    person = screens.client()
    answer = person.get(f"{LIST}?view={record}")
    assert answer.status_code == 200
    for said in ("“vanished” it was made from is gone", "column “gone” is gone",
                 "“gone” is no field"):  # fmt: skip
        assert said in answer.text
    assert names(answer) == ["S3", "S2"]
    assert len(names(person.get(f"{LIST}?view={broken}"))) == 3
    assert "There is no view" in person.get(f"{LIST}?view={uuid4()}").text


def test_a_view_needs_a_name(screens: Screens) -> None:
    person = screens.client()
    person.get(LIST)
    person.post(f"{LIST}/views/save", state="", name=" ")
    assert "Not saved: Give the view a name." in person.said(LIST)
