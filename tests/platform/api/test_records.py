"""The wire contract of single records: what clients send, what they need back."""

import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.platform.api.conftest import ROOT, Api, id_in

FORMATTED = "OData.Community.Display.V1.FormattedValue"
LOGICAL = "Microsoft.Dynamics.CRM.lookuplogicalname"
NAVIGATION = "Microsoft.Dynamics.CRM.associatednavigationproperty"
ALL = 'odata.include-annotations="*"'


def test_create_answers_with_the_address(api: Api) -> None:
    response = api.send("POST", "clients", {"name": "Contoso"})
    assert response.status_code == 204
    assert response.get_data() == b""
    assert response.headers["OData-Version"] == "4.0"
    record = id_in(response)
    assert response.headers["OData-EntityId"] == f"{ROOT}clients({record})"
    assert response.headers["Location"] == f"{ROOT}clients({record})"


def test_create_returns_the_record_when_preferred(api: Api) -> None:
    response = api.send(
        "POST",
        "clients?$select=name,size",
        {"name": "Contoso", "employees": 7},
        Prefer="return=representation",
    )
    assert response.status_code == 201
    assert response.headers["Preference-Applied"] == "return=representation"
    assert "OData-EntityId" not in response.headers
    shown = response.get_json()
    assert shown["@odata.context"] == f"{ROOT}$metadata#clients(name,size)/$entity"
    assert shown["@odata.etag"] == response.headers["ETag"]
    assert (shown["name"], shown["size"]) == ("Contoso", 2)
    assert set(shown) == {
        *("@odata.context", "@odata.etag", "clientid", "name", "size")
    }


def test_a_chosen_id_is_kept(api: Api) -> None:
    chosen = str(uuid4())
    response = api.send("POST", "clients", {"name": "x", "clientid": chosen})
    assert id_in(response) == chosen


@pytest.mark.parametrize("version", ["v9.0", "v9.1", "v9.2"])
def test_every_version_is_spoken(api: Api, version: str) -> None:
    record = api.create("clients", name="versions")
    address = f"/api/data/{version}/"
    shown = api.get(f"clients({record})?$select=name", address=address)
    assert shown["@odata.context"].startswith(f"http://localhost{address}$metadata")


def test_another_version_is_refused(api: Api) -> None:
    response = api.send("GET", "clients", address="/api/data/v8.2/")
    assert response.status_code == 404
    assert "Use /api/data/v9.2/." in response.get_json()["error"]["message"]


@pytest.mark.parametrize("spelling", [str.lower, str.upper, "{{{}}}".format])
def test_an_id_is_read_in_every_spelling(api: Api, spelling: Any) -> None:
    record = api.create("clients", name="spelling")
    assert api.get(f"clients({spelling(record)})?$select=name")["name"] == "spelling"
    assert api.get(f"clients(clientid={record})?$select=name")["name"] == "spelling"


@pytest.mark.parametrize(
    "key",
    [
        "clients(number='O''Hara/7')",
        "clients(number=%27O%27%27Hara%2F7%27)",
        "clients(name='Key+client',city='Köln')".replace("+", "%2B"),
    ],
)
def test_an_alternate_key_names_a_record(api: Api, key: str) -> None:
    body = {"number": "O'Hara/7", "name": "Key+client", "city": "Köln"}
    api.send("PATCH", "clients(number='O''Hara/7')", body)
    assert api.get(f"{key}?$select=name")["name"] == "Key+client"


def test_a_key_that_is_none_is_refused_with_those_that_are(api: Api) -> None:
    response = api.send("GET", "clients(city='x')")
    assert response.status_code == 400
    assert "Its keys are: number; name, city" in response.get_json()["error"]["message"]


def test_an_update_changes_what_is_sent(api: Api) -> None:
    record = api.create("clients", name="before", employees=1)
    response = api.send("PATCH", f"clients({record})", {"name": "after"}, If_Match="*")
    assert response.status_code == 204
    shown = api.get(f"clients({record})?$select=name,employees")
    assert (shown["name"], shown["employees"]) == ("after", 1)


def test_an_update_returns_the_record_when_preferred(api: Api) -> None:
    record = api.create("clients", name="before")
    response = api.send(
        "PATCH",
        f"clients({record})?$select=name",
        {"name": "after"},
        Prefer="return=representation",
    )
    assert response.status_code == 200
    assert response.get_json()["name"] == "after"


CONDITIONS = [
    # exists, If-Match, If-None-Match → status
    (True, None, None, 204),
    (False, None, None, 204),
    (True, "*", None, 204),
    (False, "*", None, 404),
    (True, None, "*", 412),
    (False, None, "*", 204),
    (True, None, "null", 204),
    (False, None, "null", 204),
    (True, 'W/"1"', None, 412),
    (True, '"nonsense"', None, 412),
    (False, 'W/"1"', None, 404),
    (True, "*", "*", 400),
]


@pytest.mark.parametrize(("exists", "match", "none_match", "status"), CONDITIONS)
@pytest.mark.parametrize("by_key", [False, True])
def test_a_patch_follows_its_conditions(
    api: Api,
    exists: bool,
    match: str | None,
    none_match: str | None,
    status: int,
    by_key: bool,
) -> None:
    number = uuid4().hex[:12]
    record = (
        api.create("clients", name="there", number=number) if exists else str(uuid4())
    )
    headers = {
        name: value
        for name, value in (("If_Match", match), ("If_None_Match", none_match))
        if value
    }
    path = f"clients(number='{number}')" if by_key else f"clients({record})"
    response = api.send("PATCH", path, {"name": "patched"}, **headers)
    assert response.status_code == status, response.get_data(as_text=True)
    found = api.send("GET", f"{path}?$select=name").get_json()
    if status == 204:
        assert found["name"] == "patched"
        assert (
            response.headers["OData-EntityId"] == f"{ROOT}clients({found['clientid']})"
        )
    else:
        assert found.get("name") == ("there" if exists else None)


def test_the_version_that_was_read_may_be_changed_once(api: Api) -> None:
    record = api.create("clients", name="v")
    etag = api.get(f"clients({record})")["@odata.etag"]
    path = f"clients({record})"
    assert api.send("PATCH", path, {"name": "a"}, If_Match=etag).status_code == 204
    stale = api.send("PATCH", path, {"name": "b"}, If_Match=etag)
    assert stale.status_code == 412
    assert stale.get_json()["error"]["code"] == "0x80060882"
    assert api.send("DELETE", path, If_Match=etag).status_code == 412
    assert api.get(path)["name"] == "a"


def test_a_read_with_the_same_version_is_not_modified(api: Api) -> None:
    record = api.create("clients", name="etag")
    etag = api.get(f"clients({record})")["@odata.etag"]
    path = f"clients({record})?$select=name"
    response = api.send("GET", path, If_None_Match=etag)
    assert response.status_code == 304
    assert response.get_data() == b""
    assert api.send("GET", path, If_None_Match="null").status_code == 200
    assert api.send("GET", path, If_None_Match='W/"1"').status_code == 200


def test_a_delete_removes(api: Api) -> None:
    record = api.create("clients", name="gone")
    assert api.send("DELETE", f"clients({record})", If_Match="*").status_code == 204
    assert api.send("GET", f"clients({record})").status_code == 404
    assert api.send("DELETE", f"clients({record})").status_code == 404


@pytest.mark.parametrize(
    "binding",
    [
        "/clients({0})",
        "clients({0})",
        f"{ROOT}clients({{0}})",
        "/clients(number='{1}')",
    ],
)
def test_a_lookup_is_bound_in_every_way(api: Api, binding: str) -> None:
    number = uuid4().hex[:12]
    client = api.create("clients", name="bound", number=number)
    bound = {"lastname": "Doe", "clientid@odata.bind": binding.format(client, number)}
    person = api.create("persons", **bound)
    shown = api.get(f"persons({person})?$select=_clientid_value")
    assert shown["_clientid_value"] == client
    api.send("PATCH", f"persons({person})", {"clientid@odata.bind": None})
    assert api.get(f"persons({person})")["_clientid_value"] is None


def test_a_polymorphic_lookup_is_bound_by_its_target(api: Api) -> None:
    client = api.create("clients", name="customer")
    deal = api.create(
        "deals", name="d", **{"customerid_client@odata.bind": f"/clients({client})"}
    )
    shown = api.get(f"deals({deal})?$select=customerid", Prefer=ALL)
    assert shown["_customerid_value"] == client
    assert shown[f"_customerid_value@{LOGICAL}"] == "client"
    assert shown[f"_customerid_value@{NAVIGATION}"] == "customerid_client"
    assert shown[f"_customerid_value@{FORMATTED}"] == "customer"


REFUSED_BODIES: list[tuple[dict[str, Any], str, str]] = [
    ({"nam": "x"}, "0x80041103", 'no field "nam". Did you mean "name"?'),
    ({"Name": "x"}, "0x80041103", 'Did you mean "name"?'),
    ({"name": "x" * 61}, "0x80044331", "60"),
    ({"employees": "many"}, "", "Employees"),
    ({"size": 9}, "", "Size"),
    ({"parentid@odata.bind": "/tags(1)"}, "", "no id"),
    ({"parentid@odata.bind": "/nothing(1)"}, "0x80060888", "no entity set"),
    ({"parentid@odata.bind": 7}, "", "A reference to a record is a text"),
    ({"parentid@odata.bind": "http://evil.example/clients(1)"}, "", "another server"),
    ({"parent@odata.bind": "/clients(1)"}, "0x80041103", 'no field "parent"'),
    ({"_parentid_value": str(uuid4())}, "", "can be read only"),
    ({"parentid": {"name": "inside"}}, "", "holds a record inside this one"),
    ({"client_deals": [{"name": "inside"}]}, "", "holds a record inside this one"),
]


@pytest.mark.parametrize(("body", "code", "message"), REFUSED_BODIES)
def test_a_body_that_does_not_fit_is_refused(
    api: Api, body: dict[str, Any], code: str, message: str
) -> None:
    response = api.send("POST", "clients", {"name": "x", **body})
    assert response.status_code in (400, 404), response.get_data(as_text=True)
    error = response.get_json()["error"]
    assert message in error["message"]
    if code:
        assert error["code"] == code


def test_all_faults_are_told_at_once(api: Api) -> None:
    body = {"employees": "many", "nam": 1, "since": "never"}
    error = api.send("POST", "clients", body).get_json()["error"]
    assert [d["target"] for d in error["details"]] == ["employees", "nam", "since"]


def test_what_was_read_can_be_sent_back(api: Api) -> None:
    record = api.create("clients", name="round trip")
    shown = api.get(f"clients({record})", Prefer=ALL)
    computed = {"display", "has_big"}
    sent = {
        k: v
        for k, v in shown.items()
        if "@" in k or not (k.startswith("_") or k in computed)
    }
    sent["name"] = "changed"
    response = api.send("PATCH", f"clients({record})", sent)
    assert response.status_code == 204, response.get_data(as_text=True)


def test_one_property_is_read_set_and_cleared(api: Api) -> None:
    record = api.create("clients", name="one", city="Bern")
    path = f"clients({record})/city"
    assert api.get(path) == {
        "@odata.context": f"{ROOT}$metadata#clients/city",
        "value": "Bern",
    }
    assert api.send("GET", f"{path}/$value").get_data() == b"Bern"
    assert api.send("PUT", path, {"value": "Basel"}).status_code == 204
    assert api.get(path)["value"] == "Basel"
    assert api.send("DELETE", path).status_code == 204
    assert api.send("GET", path).status_code == 204


def test_references_are_shown_set_and_cleared(api: Api) -> None:
    parent = api.create("clients", name="parent")
    child = api.create("clients", name="child")
    path = f"clients({child})/parentid/$ref"
    assert api.send("GET", path).status_code == 204
    body = {"@odata.id": f"{ROOT}clients({parent})"}
    assert api.send("PUT", path, body).status_code == 204
    assert api.get(path)["@odata.id"] == f"{ROOT}clients({parent})"
    followed = api.get(f"clients({child})/parentid?$select=name")
    assert followed["name"] == "parent"
    assert api.send("DELETE", path).status_code == 204
    assert api.send("GET", f"clients({child})/parentid").status_code == 204


def test_records_are_linked_and_parted_in_collections(api: Api) -> None:
    deal = api.create("deals", name="linked")
    tag = api.create("tags", name=f"tag {uuid4()}")
    path = f"deals({deal})/tags"
    added = api.send("POST", f"{path}/$ref", {"@odata.id": f"tags({tag})"})
    assert added.status_code == 204
    assert [t["tagid"] for t in api.get(path)["value"]] == [tag]
    assert api.send("GET", f"{path}/$count").get_data() == b"1"
    assert api.send("DELETE", f"{path}({tag})/$ref").status_code == 204
    assert api.get(path)["value"] == []
    api.send("POST", f"{path}/$ref", {"@odata.id": f"{ROOT}tags({tag})"})
    parted = api.send("DELETE", f"{path}/$ref?$id={ROOT}tags({tag})")
    assert parted.status_code == 204
    assert api.get(f"tags({tag})/deals")["value"] == []


def test_a_one_to_many_collection_sets_the_lookup(api: Api) -> None:
    client = api.create("clients", name="one")
    person = api.create("persons", lastname="many")
    body = {"@odata.id": f"persons({person})"}
    assert api.send("POST", f"clients({client})/people/$ref", body).status_code == 204
    found = api.get(f"clients({client})/people?$select=lastname")["value"]
    assert [p["lastname"] for p in found] == ["many"]
    parted = api.send("DELETE", f"clients({client})/people({person})/$ref")
    assert parted.status_code == 204
    assert api.get(f"persons({person})")["_clientid_value"] is None


def test_money_keeps_its_digits(api: Api) -> None:
    body = b'{"name": "money", "value": 922337203685477.58}'
    response = api.send(
        "POST", "deals", data=body, Content_Type="application/json; charset=utf-8"
    )
    assert response.status_code == 204, response.get_data(as_text=True)
    shown = api.send("GET", f"deals({id_in(response)})?$select=value").get_data()
    found = json.loads(shown, parse_float=Decimal)["value"]
    assert Decimal(found) == Decimal("922337203685477.58")  # a text beyond 15 digits


def test_create_many_answers_with_the_ids_in_order(api: Api) -> None:
    kind = "Microsoft.Dynamics.CRM.client"
    targets = [{"@odata.type": kind, "name": f"bulk {n}"} for n in range(5)]
    response = api.send(
        "POST", "clients/Microsoft.Dynamics.CRM.CreateMultiple", {"Targets": targets}
    )
    assert response.status_code == 200, response.get_data(as_text=True)
    names = [
        api.get(f"clients({i})?$select=name")["name"]
        for i in response.get_json()["Ids"]
    ]
    assert names == [f"bulk {n}" for n in range(5)]


def test_one_refused_target_undoes_all(api: Api) -> None:
    mark = uuid4().hex
    for bad in ({"nam": "x"}, {"name": "x" * 99}, {"name": None}):
        response = api.send(
            "POST",
            "clients/Microsoft.Dynamics.CRM.CreateMultiple",
            {"Targets": [{"name": mark}, bad]},
        )
        assert response.status_code == 400, response.get_data(as_text=True)
    filtered = f"clients/$count?$filter=name eq '{mark}'"
    assert api.send("GET", filtered).get_data() == b"0"


def test_update_many_and_upsert_many(api: Api) -> None:
    number = uuid4().hex[:12]
    one = api.create("clients", name="one")
    two = api.create("clients", name="two")
    changed = api.send(
        "POST",
        "clients/Microsoft.Dynamics.CRM.UpdateMultiple",
        {"Targets": [{"clientid": one, "city": "A"}, {"clientid": two, "city": "B"}]},
    )
    assert changed.status_code == 204, changed.get_data(as_text=True)
    assert api.get(f"clients({two})?$select=city")["city"] == "B"
    body = {
        "Targets": [
            {"@odata.id": f"clients(number='{number}')", "name": "new"},
            {"clientid": one, "name": "old"},
        ]
    }
    for _ in range(2):
        response = api.send(
            "POST", "clients/Microsoft.Dynamics.CRM.UpsertMultiple", body
        )
        assert response.status_code == 200, response.get_data(as_text=True)
    assert api.get(f"clients(number='{number}')?$select=name")["name"] == "new"
    assert api.get(f"clients({one})?$select=name")["name"] == "old"
