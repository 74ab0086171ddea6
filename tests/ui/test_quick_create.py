"""Records made in a dialog, and lookups that find and make what they point to."""

import json
import re
from uuid import UUID

from tests.ui.test_models import catalog
from tests.ui.world import Person, Screens
from xrm.metadata.fields.field_type import Ref
from xrm.platform.records import service
from xrm.ui import form_plan, lookups

NEW = "/app/work/sample/new"
HEADERS = {"HX-Request": "true", "HX-Target": "dialog"}


def send(person: Person, **values: str) -> tuple[int, str, dict[str, object]]:
    """Send a quick create as its dialog does."""
    person.get("/app/work/sample")
    data = {"csrf_token": person.token, **values}
    answer = person.http.post(NEW, data=data, headers=HEADERS)
    told = json.loads(answer.headers.get("HX-Trigger", "{}"))
    return answer.status_code, answer.text, told


def found(person: Person, address: str, target: str = "f-clientid-hits") -> list[str]:
    """Return the titles that a lookup offers."""
    text = person.fragment(address, target).text
    return re.findall(r'data-title="([^"]*)"', text)


def test_an_entity_without_a_quick_form_asks_for_what_it_needs() -> None:
    quick = form_plan.quick_form(catalog(), catalog().entity("client"))
    assert "name" in quick.fields
    assert len(quick.fields) <= form_plan.QUICK_FIELDS


def test_a_typed_name_goes_where_it_can_be_typed() -> None:
    assert lookups.typed_name(catalog().entity("client")) == "name"
    assert lookups.typed_name(catalog().entity("person")) == "lastname"


def test_the_dialog_has_the_short_form_and_the_page_the_whole(
    screens: Screens,
) -> None:
    person = screens.client()
    dialog = person.fragment(f"{NEW}?set.name=Typed&for=f-x", "dialog").text
    assert 'id="q-name"' in dialog
    assert 'value="Typed"' in dialog
    assert 'name="for" value="f-x"' in dialog
    assert "Save and new" not in dialog
    assert 'name="mail"' not in dialog
    assert 'href="/app/work/sample/new?set.name=Typed"' in dialog
    assert 'name="mail"' in person.get(NEW).text


def test_a_dialog_says_what_was_made_and_who_asked(screens: Screens) -> None:
    person = screens.client()
    status, text, told = send(person, name="Ünits", **{"for": "f-clientid"})
    assert status == 200
    assert "Open “Ünits”" in text
    assert "created-sample" in told
    made = told["xrm-created"]
    assert isinstance(made, dict)
    assert (made["asker"], made["title"]) == ("f-clientid", "Ünits")
    assert made["value"].startswith("sample:")


def test_a_dialog_keeps_what_was_typed_and_can_go_on(screens: Screens) -> None:
    person = screens.client()
    status, text, told = send(person, name="", price="12,50 nonsense")
    assert (status, told) == (400, {})
    assert "What you typed is kept." in text
    assert "12,50 nonsense" in text
    assert 'href="#q-price"' in text
    client = screens.create("client", name="Nord")
    status, text, told = send(
        person, name="One", then="new", by="clientid", **{"from": f"client:{client}"}
    )
    assert "“One” is saved." in text
    assert f'value="client:{client}"' in text
    assert 'id="q-name"' in text
    with screens.work() as work:
        made = str(told["xrm-created"]["value"])  # type: ignore[index]  # asserted above
        record = service.retrieve(
            work, "sample", UUID(made.partition(":")[2]), ("name", "clientid")
        )
    assert record == {"name": "One", "clientid": Ref("client", client)}


def test_lookups_offer_what_was_opened_last_then_the_newest(screens: Screens) -> None:
    first = screens.create("client", name="Alpha", city="Graz")
    screens.create("client", name="Beta")
    screens.create("client", name="Gone", number="closed")
    person = screens.client()
    person.get(f"/app/work/client/{first}")
    address = "/app/work/sample/lookup/clientid?clientid.text="
    assert found(person, address) == ["Alpha", "Beta"]
    assert "Graz" in person.fragment(address, "f-clientid-hits").text


def test_lookups_find_beginnings_first_and_respect_the_form(screens: Screens) -> None:
    for name in ("A north", "North", "Hidden"):
        screens.create("client", name=name)
    person = screens.client()
    address = "/app/work/sample/lookup/clientid"
    assert found(person, f"{address}?clientid.text=nort") == ["North", "A north"]
    assert found(person, f"{address}?clientid.text=hid") == ["Hidden"]
    assert found(person, f"{address}?form=quick&clientid.text=hid") == []
    dialog = person.fragment(NEW, "dialog").text
    assert "lookup/clientid?form=quick" in dialog
    person.get(NEW)
    status, text, _ = send(
        person, name="x", **{"clientid": "", "clientid.text": "hidden"}
    )
    assert status == 400
    assert "Nothing you may see is called “hidden”" in text


def test_lookups_offer_to_create_where_roles_allow(screens: Screens) -> None:
    address = "/app/work/sample/lookup/anyone?anyone.text=Zed"
    person = screens.client()
    text = person.fragment(address, "f-anyone-hits").text
    assert "Create client “Zed”" in text
    assert "set.lastname=Zed" in text
    assert "for=f-anyone" in text
    assert "Create" not in person.fragment(address, "q-anyone-hits").text


def test_records_can_be_chosen_without_scripts(screens: Screens) -> None:
    screens.create("client", name="Nord")
    person = screens.client()
    person.get(NEW)
    text = person.post(
        NEW, **{"name": "Kept", "clientid.text": "no", "find": "clientid"}
    ).text
    assert "Nord (Medium)" in text
    assert 'value="Kept"' in text
    record = screens.create("sample", name="One")
    address = f"/app/work/sample/{record}"
    person.get(address)
    text = person.post(
        address,
        **{"name": "Two", "clientid": "", "clientid.text": "zzz", "find": "clientid"},
    ).text
    assert "Nord (Medium)" in text
    assert 'value="Two"' in text
