"""The service around records: metadata, who am I, health, errors, rights of routes."""

import re
from typing import Any
from uuid import UUID, uuid4
from xml.etree.ElementTree import fromstring

import pytest

from tests.platform.api.conftest import ROOT, Api
from xrm.platform.web import Right, declared_right

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


def test_who_am_i(api: Api) -> None:
    for path in ("WhoAmI", "WhoAmI()", "Microsoft.Dynamics.CRM.WhoAmI()"):
        shown = api.get(path)
        assert UUID(shown["UserId"]) == api.world.users["carla"]
        assert UUID(shown["BusinessUnitId"]) == api.world.units["root"]
        UUID(shown["OrganizationId"])


def test_the_service_document_lists_the_sets(api: Api) -> None:
    sets = {item["name"] for item in api.get("")["value"]}
    assert {"clients", "deals", "systemusers"} <= sets


def test_the_schema_document_is_consistent(api: Api) -> None:
    response = api.send("GET", "$metadata")
    assert response.content_type.startswith("application/xml")
    document = fromstring(response.get_data(as_text=True))
    types = {t.get("Name"): t for t in document.iter(f"{EDM}EntityType")}
    complex_types = {t.get("Name") for t in document.iter(f"{EDM}ComplexType")}
    sets = {s.get("Name") for s in document.iter(f"{EDM}EntitySet")}
    for entity in types.values():
        names = [p.get("Name") for p in entity if p.tag != f"{EDM}Key"]
        assert len(names) == len(set(names))
        for link in entity.iter(f"{EDM}NavigationProperty"):
            target = re.sub(r"^Collection\((.*)\)$", r"\1", link.get("Type", ""))
            assert target.removeprefix("mscrm.") in types
        for item in entity.iter(f"{EDM}Property"):
            kind = re.sub(r"^Collection\((.*)\)$", r"\1", item.get("Type", ""))
            assert kind.startswith("Edm.") or kind[6:] in complex_types
    for binding in document.iter(f"{EDM}NavigationPropertyBinding"):
        assert binding.get("Target") in sets
    again = api.send("GET", "$metadata", If_None_Match=response.headers["ETag"])
    assert again.status_code == 304


LOOKUPS_OF_MICROSOFTS_SDK = [
    (
        "EntityDefinitions?$select=LogicalName,EntitySetName,PrimaryIdAttribute"
        "&$filter=LogicalName eq 'client'"
    ),
    (
        "EntityDefinitions?%24select=LogicalName%2CEntitySetName%2CPrimaryIdAttribute"
        "&%24filter=LogicalName+eq+%27client%27"
    ),
]


@pytest.mark.parametrize("path", LOOKUPS_OF_MICROSOFTS_SDK)
def test_a_client_finds_the_set_of_an_entity(api: Api, path: str) -> None:
    (found,) = api.get(path)["value"]
    assert found["EntitySetName"] == "clients"
    assert found["PrimaryIdAttribute"] == "clientid"


def test_an_unknown_entity_gives_an_empty_list(api: Api) -> None:
    path = "EntityDefinitions?$select=LogicalName&$filter=LogicalName eq 'none'"
    assert api.get(path)["value"] == []


def test_a_client_finds_the_labels_of_choices(api: Api) -> None:
    path = (
        "EntityDefinitions(LogicalName='client')/Attributes/"
        "Microsoft.Dynamics.CRM.PicklistAttributeMetadata"
        "?$select=LogicalName&$expand=OptionSet($select=Options)"
    )
    found = {f["LogicalName"]: f for f in api.get(path)["value"]}
    options = found["size"]["OptionSet"]["Options"]
    labels = [o["Label"]["LocalizedLabels"][0]["Label"] for o in options]
    assert labels == ["Small", "Medium", "Large"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("EntityDefinitions(LogicalName='client')", "client"),
        (
            "EntityDefinitions(LogicalName='client')/Attributes(LogicalName='city')",
            "city",
        ),
        (
            "EntityDefinitions(LogicalName='client')/Attributes(LogicalName='city')"
            "/Microsoft.Dynamics.CRM.StringAttributeMetadata",
            "city",
        ),
        (
            "EntityDefinitions(LogicalName='client')/Keys(LogicalName='by_number')",
            "by_number",
        ),
    ],
)
def test_one_definition_is_found_by_name_and_by_id(
    api: Api, path: str, name: str
) -> None:
    shown = api.get(path)
    assert shown["LogicalName"] == name
    head = path.rpartition("(LogicalName=")[0]
    if not path.endswith("Metadata"):
        assert api.get(f"{head}({shown['MetadataId']})")["LogicalName"] == name


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("EntityDefinitions(LogicalName='clint')", 404),
        ("EntityDefinitions(LogicalName='client')/Attributes(LogicalName='x')", 404),
        ("EntityDefinitions(LogicalName='client')/Nothing", 404),
        ("EntityDefinitions/Attributes", 404),
        ("EntityDefinitions?$select=Nam", 400),
        ("EntityDefinitions?$filter=LogicalName gt 1", 400),
        ("EntityDefinitions(0f1c9a52-3f6e-4a34-9d52-6f2c2b8a7e11)", 404),
    ],
)
def test_a_definition_that_is_not_there(api: Api, path: str, status: int) -> None:
    response = api.send("GET", path)
    assert response.status_code == status
    assert set(response.get_json()["error"]) == {"code", "message", "target", "details"}


def test_relationships_and_choices(api: Api) -> None:
    head = "EntityDefinitions(LogicalName='client')"
    many = api.get(f"{head}/OneToManyRelationships")["value"]
    deal = next(r for r in many if r["SchemaName"] == "deal_customer_clients")
    assert deal["ReferencingEntityNavigationPropertyName"] == "customerid_client"
    links = api.get("EntityDefinitions(LogicalName='deal')/ManyToManyRelationships")
    assert [r["SchemaName"] for r in links["value"]] == ["deal_tag"]
    one = api.get("RelationshipDefinitions(SchemaName='deal_tag')")
    assert one["Entity1LogicalName"] == "deal"
    assert api.get("GlobalOptionSetDefinitions")["value"] == []


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz", "/metrics"])
def test_health_needs_no_credential(api: Api, path: str) -> None:
    response = api.send("GET", path, user="anonymous", address="")
    assert response.status_code == 200
    if path == "/metrics":
        assert b"xrm_requests_total" in response.get_data()


ERRORS: list[tuple[str, str, Any, dict[str, str], int]] = [
    ("GET", "clients(00000000-0000-0000-0000-000000000000)", None, {}, 404),
    ("GET", "nothing", None, {}, 404),
    ("GET", "clients(x)", None, {}, 400),
    ("GET", "clients('x", None, {}, 400),
    ("PUT", "clients", {}, {}, 405),
    ("DELETE", "clients", None, {}, 405),
    ("POST", "clients/$count", {}, {}, 405),
    ("PATCH", "$metadata", {}, {}, 405),
    ("POST", "clients", None, {"Content_Type": "text/plain"}, 400),
    ("GET", "clients/Nothing", None, {}, 404),
    ("POST", "clients/Microsoft.Dynamics.CRM.CreateMultple", {}, {}, 404),
    ("POST", "$batch", {}, {}, 501),
    ("GET", "clients?$skip=1", None, {}, 501),
    ("GET", "clients", None, {"Prefer": "odata.maxpagesize=x"}, 400),
    ("POST", "clients", {"name": ""}, {}, 400),
]


@pytest.mark.parametrize(("method", "path", "body", "headers", "status"), ERRORS)
def test_every_error_has_the_one_shape(
    api: Api, method: str, path: str, body: Any, headers: dict[str, str], status: int
) -> None:
    response = api.send(method, path, body, **headers)
    assert response.status_code == status, response.get_data(as_text=True)
    error = response.get_json()["error"]
    assert set(error) == {"code", "message", "target", "details"}
    assert error["message"]
    assert response.headers["X-MS-Service-Request-Id"]
    if status == 405:
        assert "Allowed:" in error["message"]
        assert response.headers["Allow"]


def test_another_media_type_is_refused(api: Api) -> None:
    response = api.send("POST", "clients", data=b"<a/>", Content_Type="text/xml")
    assert response.status_code == 415
    assert "application/json" in response.get_json()["error"]["message"]


def test_a_body_beyond_the_limit_is_refused(api: Api) -> None:
    response = api.send("POST", "clients", data=b'"' + b"x" * (11 << 20) + b'"')
    assert response.status_code == 413


def test_a_request_keeps_the_id_of_its_caller(api: Api) -> None:
    given = str(uuid4())
    response = api.send("GET", "WhoAmI", X_MS_Client_Request_Id=given)
    assert response.headers["X-MS-Service-Request-Id"] == given
    other = api.send("GET", "WhoAmI", X_Request_Id="not an id")
    assert other.headers["X-Request-Id"] != "not an id"


@pytest.mark.parametrize("user", ["anonymous", "nobody", "seller", "boss"])
def test_security_headers_are_on_every_answer(api: Api, user: str) -> None:
    headers = api.send("GET", "clients", user=user).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    "header",
    ["Bearer xrm_wrong", "Bearer ", "Basic YTpi", "", "Bearer " + "x" * 5000],
)
def test_a_wrong_token_is_refused(api: Api, header: str) -> None:
    answer = api.app.test_client().get(
        "/api/data/v9.2/WhoAmI", headers={"Authorization": header}
    )
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.get_json()["error"]["code"]


def test_a_cookie_needs_a_csrf_token_to_change_anything(api: Api) -> None:
    client = api.app.test_client()
    client.set_cookie("xrm_session", "stolen")
    answer = client.post("/api/data/v9.2/clients", json={"name": "x"})
    assert answer.status_code == 400
    assert answer.get_json()["error"]["code"] == "csrf"


def test_too_many_requests_are_told_when_to_come_back(api: Api) -> None:
    server = api.app.extensions["xrm"]
    limited = type(server.settings)(
        **{
            name: getattr(server.settings, name)
            for name in type(server.settings).__dataclass_fields__
        }
        | {"rate_limit": 1}
    )
    kept, server.settings = server.settings, limited
    try:
        answers = [api.send("GET", "WhoAmI", user="seller") for _ in range(3)]
    finally:
        server.settings = kept
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[-1].get_json()["error"]["code"] == "0x80072322"


def test_every_route_of_the_api_declares_its_right(api: Api) -> None:
    own = [
        rule
        for rule in api.app.url_map.iter_rules()
        if rule.endpoint.startswith(("data.", "health."))
    ]
    assert own
    for rule in own:
        view = api.app.view_functions[rule.endpoint]
        assert declared_right(view) is not None, f"{rule} declares no right"


def test_every_other_route_needs_a_credential(api: Api) -> None:
    """A route that declares nothing is for people who are signed in."""
    for rule in api.app.url_map.iter_rules():
        view = api.app.view_functions[rule.endpoint]
        if declared_right(view) is Right.PUBLIC or rule.endpoint.endswith("static"):
            continue
        values = dict.fromkeys(rule.arguments, "00000000-0000-0000-0000-000000000001")
        address = rule.rule
        for name, value in values.items():
            address = re.sub(rf"<([a-z]+:)?{name}>", value, address)
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        answer = api.app.test_client().open(
            address, method=method, headers={"Accept": "application/json"}
        )
        assert answer.status_code == 401, f"{method} {address}: {answer.status_code}"


OPERATIONS: list[tuple[str, str, str, Any]] = [
    ("service document", "GET", "", None),
    ("csdl", "GET", "$metadata", None),
    ("who", "GET", "WhoAmI", None),
    ("metadata", "GET", "EntityDefinitions?$select=LogicalName", None),
    ("list", "GET", "clients", None),
    ("count", "GET", "clients/$count", None),
    ("read", "GET", "clients({id})", None),
    ("property", "GET", "clients({id})/name", None),
    ("navigation", "GET", "clients({id})/parentid", None),
    ("collection", "GET", "clients({id})/people", None),
    ("create", "POST", "clients", {"name": "x"}),
    ("bulk create", "POST", "clients/CreateMultiple", {"Targets": [{"name": "x"}]}),
    (
        "bulk update",
        "POST",
        "clients/UpdateMultiple",
        {"Targets": [{"clientid": "{id}", "city": "x"}]},
    ),
    ("update", "PATCH", "clients({id})", {"city": "x"}),
    ("put property", "PUT", "clients({id})/city", {"value": "y"}),
    ("clear property", "DELETE", "clients({id})/city", None),
    (
        "set reference",
        "PUT",
        "clients({id})/parentid/$ref",
        {"@odata.id": "clients({id})"},
    ),
    ("clear reference", "DELETE", "clients({id})/parentid/$ref", None),
    ("delete", "DELETE", "clients({id})", None),
]
FREE = {"service document", "csdl", "who", "metadata"}
EMPTY = {"list", "count"}


@pytest.mark.parametrize(("name", "method", "path", "body"), OPERATIONS)
@pytest.mark.parametrize("user", ["anonymous", "nobody", "seller", "boss"])
def test_every_operation_for_every_kind_of_user(
    api: Api, name: str, method: str, path: str, body: Any, user: str
) -> None:
    """`seller` holds rights on her own records only; this one belongs to the boss."""
    record = api.create("clients", name=f"the boss's {uuid4()}")
    sent = None
    if body is not None:
        sent = {
            k: [{x: str(y).replace("{id}", record) for x, y in t.items()} for t in v]
            if isinstance(v, list)
            else v.replace("{id}", record)
            for k, v in body.items()
        }
    response = api.send(method, path.replace("{id}", record), sent, user=user)
    status = response.status_code
    text = response.get_data(as_text=True)
    if user == "anonymous":
        assert status == 401, text
    elif user == "boss" or name in FREE:
        expected = (200, 204) if name != "set reference" else (200, 204, 400)
        assert status in expected, text
    elif name in EMPTY:
        assert status == 200
        assert record not in text
    elif user == "seller" and name in ("create", "bulk create"):
        assert status in (200, 204), text
    else:
        assert status in (403, 404), text
        assert "the boss's" not in text


def test_the_address_of_the_service_is_the_one_that_was_asked(api: Api) -> None:
    answer = api.app.test_client().get(
        "/api/data/v9.2/WhoAmI",
        headers={"Authorization": f"Bearer {api.tokens['boss']}"},
        base_url="https://crm.example:8443",
    )
    context = answer.get_json()["@odata.context"]
    assert context.startswith("https://crm.example:8443/api/data/v9.2/$metadata")
    assert ROOT.startswith("http://localhost")
