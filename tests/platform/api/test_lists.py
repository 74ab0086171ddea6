"""The wire contract of lists: options, paging, counts, expansion, annotations."""

from uuid import uuid4

import pytest

from tests.platform.api.conftest import ROOT, Api

FORMATTED = "OData.Community.Display.V1.FormattedValue"
LOGICAL = "Microsoft.Dynamics.CRM.lookuplogicalname"
ALL = 'odata.include-annotations="*"'
CITIES = ("Aarau", "Basel", "Chur", "Davos", "Emmen")


@pytest.fixture(scope="module")
def mark(api: Api) -> str:
    """Make five clients with two persons each; give what their names begin with."""
    mark = uuid4().hex[:10]
    for place, city in enumerate(CITIES):
        client = api.create(
            "clients",
            name=f"{mark} {city}",
            city=city,
            size=1 + place % 3,
            employees=place * 10,
        )
        for name in ("a", "b"):
            bound = {"clientid@odata.bind": f"/clients({client})"}
            api.create("persons", lastname=f"{mark} {city} {name}", **bound)
    return mark


def cities(api: Api, path: str, **headers: str) -> list[str]:
    return [row["city"] for row in api.get(path, **headers)["value"]]


FILTERS = [
    ("city eq 'Basel'", ["Basel"]),
    ("city eq 'BASEL'", ["Basel"]),
    ("city ne 'Basel'", ["Aarau", "Chur", "Davos", "Emmen"]),
    ("employees gt 10 and employees le 30", ["Chur", "Davos"]),
    ("not (employees lt 40)", ["Emmen"]),
    ("size eq 1 or size eq 3", ["Aarau", "Chur", "Davos"]),
    ("contains(city,'av')", ["Davos"]),
    ("startswith(city,'c')", ["Chur"]),
    ("endswith(city,'EN')", ["Emmen"]),
    ("city in ('Chur','Davos')", ["Chur", "Davos"]),
    ("parentid eq null and city eq 'Chur'", ["Chur"]),
    ("_parentid_value eq null and city eq 'Chur'", ["Chur"]),
    ("city eq 'O''Hara'", []),
    ("people/any(p:endswith(p/lastname,'Basel a'))", ["Basel"]),
    (
        'Microsoft.Dynamics.CRM.In(PropertyName=\'size\',PropertyValues=["1","2"])',
        ["Aarau", "Basel", "Davos", "Emmen"],
    ),
    ("city eq @p1", ["Emmen"]),
]


@pytest.mark.parametrize(("condition", "expected"), FILTERS)
@pytest.mark.parametrize("spaces", [" ", "+", "%20"])
def test_a_filter_selects(
    api: Api, mark: str, condition: str, expected: list[str], spaces: str
) -> None:
    whole = f"startswith(name,'{mark}') and ({condition})".replace(" ", spaces)
    path = f"clients?$select=city&$orderby=city&$filter={whole}&@p1='Emmen'"
    assert cities(api, path) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("city", list(CITIES)),
        ("city desc", list(reversed(CITIES))),
        ("size desc,city", ["Chur", "Basel", "Emmen", "Aarau", "Davos"]),
        ("employees desc", list(reversed(CITIES))),
    ],
)
def test_an_order_sorts(api: Api, mark: str, order: str, expected: list[str]) -> None:
    path = f"clients?$filter=startswith(name,'{mark}')&$orderby={order}"
    assert cities(api, path) == expected


def test_a_page_links_to_the_next_one(api: Api, mark: str) -> None:
    path = f"clients?$select=city&$filter=startswith(name,'{mark}')&$orderby=city"
    seen: list[str] = []
    pages = 0
    while path:
        shown = api.get(path, Prefer="odata.maxpagesize=2")
        seen += [row["city"] for row in shown["value"]]
        link = shown.get("@odata.nextLink", "")
        assert link == "" or link.startswith(f"{ROOT}clients?")
        path = link.removeprefix(ROOT)
        pages += 1
    assert seen == list(CITIES)
    assert pages == 3


@pytest.mark.parametrize("end", ["", "/"])
def test_a_link_with_a_slash_at_its_end_is_followed(
    api: Api, mark: str, end: str
) -> None:
    path = f"clients?$select=city&$filter=startswith(name,'{mark}')&$orderby=city"
    link = api.get(path, Prefer="odata.maxpagesize=2")["@odata.nextLink"]
    following = cities(api, link.removeprefix(ROOT) + end, Prefer="odata.maxpagesize=2")
    assert following == ["Chur", "Davos"]


def test_top_bounds_all_pages_together(api: Api, mark: str) -> None:
    path = f"clients?$filter=startswith(name,'{mark}')&$orderby=city&$top=3"
    first = api.get(path, Prefer="odata.maxpagesize=2")
    assert len(first["value"]) == 2
    second = api.get(first["@odata.nextLink"].removeprefix(ROOT))
    assert [row["city"] for row in second["value"]] == ["Chur"]
    assert "@odata.nextLink" not in second
    assert api.get(f"{path[:-1]}0")["value"] == []


def test_counts(api: Api, mark: str) -> None:
    condition = f"$filter=startswith(name,'{mark}')"
    shown = api.get(f"clients?{condition}&$count=true&$top=1")
    assert (shown["@odata.count"], len(shown["value"])) == (5, 1)
    answer = api.send("GET", f"clients/$count?{condition}")
    assert answer.get_data() == b"5"
    assert answer.content_type.startswith("text/plain")
    capped = api.get(
        f"clients?{condition}&$count=true&$top=1", Prefer="xrm.count=capped"
    )
    assert capped["@odata.count"] == 5


def test_lookups_and_collections_are_expanded(api: Api, mark: str) -> None:
    shown = api.get(
        f"clients?$select=city&$filter=startswith(name,'{mark}')&$orderby=city"
        "&$expand=people($select=lastname;$orderby=lastname desc),"
        "parentid($select=name)"
    )["value"]
    assert [len(row["people"]) for row in shown] == [2] * 5
    last = [p["lastname"].rsplit(" ", 1)[1] for p in shown[0]["people"]]
    assert last == ["b", "a"]
    assert set(shown[0]["people"][0]) == {"@odata.etag", "personid", "lastname"}
    assert shown[0]["parentid"] is None
    persons = api.get(
        f"persons?$filter=startswith(lastname,'{mark}')&$top=1"
        "&$expand=clientid($select=city,size)",
        Prefer=ALL,
    )["value"]
    client = persons[0]["clientid"]
    assert client["city"] in CITIES
    assert client[f"size@{FORMATTED}"] in ("Small", "Medium", "Large")


def test_expanded_collections_take_filter_and_top(api: Api, mark: str) -> None:
    shown = api.get(
        f"clients?$select=city&$filter=startswith(name,'{mark}')&$expand="
        "people($select=lastname;$filter=endswith(lastname,' a');$top=1)"
    )["value"]
    assert [len(row["people"]) for row in shown] == [1] * 5
    assert all(row["people"][0]["lastname"].endswith(" a") for row in shown)


def test_many_to_many_is_expanded(api: Api) -> None:
    deal = api.create("deals", name="tagged")
    for name in ("x", "y"):
        tag = api.create("tags", name=f"{name} {uuid4()}")
        api.send("POST", f"deals({deal})/tags/$ref", {"@odata.id": f"tags({tag})"})
    shown = api.get(f"deals({deal})?$select=name&$expand=tags($select=name)")
    assert sorted(t["name"][0] for t in shown["tags"]) == ["x", "y"]
    listed = api.get(f"deals?$filter=dealid eq {deal}&$expand=tags($select=name)")
    assert len(listed["value"][0]["tags"]) == 2


def test_a_polymorphic_lookup_is_expanded_by_target(api: Api) -> None:
    client = api.create("clients", name="target")
    bound = {"customerid_client@odata.bind": f"clients({client})"}
    deal = api.create("deals", name="poly", **bound)
    shown = api.get(
        f"deals({deal})?$select=name&$expand=customerid_client($select=name),"
        "customerid_person($select=lastname)"
    )
    assert shown["customerid_client"]["name"] == "target"
    assert shown["customerid_person"] is None


@pytest.mark.parametrize(
    "prefer",
    [
        ALL,
        f'odata.include-annotations="{FORMATTED}"',
        f"odata.include-annotations={FORMATTED}",
        f'odata.maxpagesize=5,odata.include-annotations="{FORMATTED}"',
    ],
)
def test_formatted_values_come_when_asked_for(api: Api, mark: str, prefer: str) -> None:
    path = f"clients?$select=size,ownerid&$filter=startswith(name,'{mark}')&$top=1"
    row = api.get(path, Prefer=prefer)["value"][0]
    assert row[f"size@{FORMATTED}"] in ("Small", "Medium", "Large")
    assert row[f"_ownerid_value@{FORMATTED}"] == "Carla"
    assert (f"_ownerid_value@{LOGICAL}" in row) is (prefer == ALL)
    plain = api.get(path)["value"][0]
    assert not any(FORMATTED in name for name in plain)


REFUSED = [
    ("$select=nam", 'no field "nam". Did you mean "name"?'),
    ("$filter=nam eq 1", "nam"),
    ("$filter=name eq", "$filter"),
    ("$filter=name eq 'x", "$filter"),
    ("$orderby=nam", "nam"),
    ("$top=-1", "$top"),
    ("$top=x", "$top"),
    ("$count=maybe", "$count"),
    ("$expand=nothing", "nothing"),
    ("$expand=people($expand=clientid)", "one level deep"),
    ("$expand=people($skip=1)", "cannot stand inside"),
    ("$expand=parentid($filter=name eq 'x')", "one record, not a collection"),
    ("$expand=people,people", "expanded twice"),
    ("$skiptoken=x", "damaged"),
    ("$skiptoken=1.x", "Start again at the first page"),
    ("$slect=name", 'Did you mean "$select"?'),
    ("top=1", "Write $top."),
]


@pytest.mark.parametrize(("query", "message"), REFUSED)
def test_an_option_that_does_not_fit_is_refused(
    api: Api, query: str, message: str
) -> None:
    response = api.send("GET", f"clients?{query}")
    assert response.status_code == 400, response.get_data(as_text=True)
    error = response.get_json()["error"]
    assert message in error["message"] + (error["target"] or "")


def test_an_unknown_set_suggests_the_nearest(api: Api) -> None:
    error = api.send("GET", "client").get_json()["error"]
    assert 'The set of the entity "client" is "clients".' in error["message"]
    error = api.send("GET", "clientz").get_json()["error"]
    assert 'Did you mean "clients"?' in error["message"]
