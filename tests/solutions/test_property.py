"""The second application: a small estate agency, declared only, with or without crm.

It is the proof that the CRM is not special: what is tested here is YAML.
"""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.solutions.support import Installed
from tests.support.environment import ROOT
from tests.ui.world import PASSWORD, Person
from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import Invalid
from xrm.platform.main import cli, create_app
from xrm.platform.query.query import Aggregate, Expr, Group, Order, Query
from xrm.platform.query.run import rows
from xrm.platform.records import service
from xrm.platform.settings import load_settings
from xrm.solutions.installer import packaged

pytestmark = pytest.mark.one_database

PROPERTY, BROKER = "prop_property", "prop_broker"
CLIENT, VIEWING, CONTRACT = "prop_client", "prop_viewing", "prop_contract"
MOST_LINES = 400
MAP = ROOT / "tests" / "data" / "dreamhouse" / "mapping.yaml"
Open = Callable[[tuple[str, ...]], Installed]


@pytest.fixture
def agency(copy: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Installed:
    """Give core and the property package, with commands that work on them."""
    made = copy(("core", "property"))
    _commands(made, monkeypatch, tmp_path)
    return made


def _commands(made: Installed, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("XRM_DATABASE_URL", url_of(made))
    monkeypatch.setenv("XRM_DATA_DIR", str(folder))


def url_of(made: Installed) -> str:
    return made.database.url.render_as_string(hide_password=False)


def xrm(*words: object, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], input=typed)


def ask(made: Installed, query: Query) -> list[dict[str, Any]]:
    with made.work() as work:
        return list(rows(work, query))


def test_it_is_data_of_at_most_400_lines() -> None:
    files = [path for path in packaged("property").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".yaml", ".csv"}
    lines = sum(
        len(path.read_text("utf-8").splitlines())
        for path in files
        if path.suffix == ".yaml"
    )
    assert lines <= MOST_LINES


@pytest.mark.parametrize("beside", [("core",), ("core", "crm")])
def test_it_comes_and_goes_without_a_trace(
    copy: Open,
    beside: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    made = copy(beside)
    _commands(made, monkeypatch, tmp_path)
    before = made.schema()
    done = xrm("solution", "install", "property", "--samples")
    assert done.exit_code == 0, done.output
    assert "Done: install of property" in done.output
    assert made.count(PROPERTY) == 4
    targets = made.catalog.entity("task").field("regardingobjectid").targets
    assert PROPERTY in [target.entity for target in targets]
    assert ("account" in made.catalog.entities) == ("crm" in beside)
    gone = xrm("solution", "uninstall", "property", "--yes")
    assert gone.exit_code == 0, gone.output
    assert made.schema() == before


def test_the_houses_of_a_file_become_properties(
    agency: Installed, shared: Path
) -> None:
    """Brokers, properties and clients from JSON whose files refer to each other."""
    folder = shared / "data" / "dreamhouse"
    text = (shared / "data" / "reference_answers.json").read_text("utf-8")
    answers = {
        item["id"].split("/")[1]: item["rows"]
        for item in json.loads(text)["sets"]["dreamhouse"]["answers"]
    }
    dry = xrm("import", folder, "--map", MAP, "--dry-run", "--json")
    done = xrm("import", folder, "--map", MAP, "--json")
    for result in (dry, done):
        added = {one["entity"]: one["added"] for one in json.loads(result.stdout)}
        assert added == {BROKER: 8, PROPERTY: 12, CLIENT: 5}
        assert result.exit_code == 0, result.output
    counts = [agency.count(name) for name in (BROKER, PROPERTY, CLIENT)]
    assert counts == answers["sizes"][0]

    brokers = ask(
        agency,
        Query(
            PROPERTY,
            group=(Group("brokerid.name", alias="name"),),
            aggregates=(
                Aggregate("count", alias="n"),
                Aggregate("sum", "price", "total"),
                Aggregate("max", "price", "highest"),
            ),
        ),
    )
    found = [[b["name"], b["n"], b["total"], b["highest"]] for b in brokers]
    order = sorted(found, key=lambda broker: (-broker[2], broker[0]))
    assert order == answers["brokers"]
    unsold = {
        broker["name"]: (broker["for_sale"], broker["asking_total"])
        for broker in ask(agency, Query(BROKER, ("name", "for_sale", "asking_total")))
    }
    assert unsold["Michael Jones"] == (2, 1850000)
    assert unsold["Olivia Green"][0] == 0, "her only property is sold"

    cities = ask(
        agency,
        Query(
            PROPERTY,
            group=(Group("city", alias="city"),),
            aggregates=(
                Aggregate("count", alias="n"),
                Aggregate("avg", "price", "mean"),
            ),
            order=(Order("n", descending=True),),
        ),
    )
    assert [[c["city"], c["n"], round(float(c["mean"]), 2)] for c in cities] == answers[
        "cities"
    ]
    large = ask(
        agency,
        Query(
            PROPERTY,
            ("address", "city", "price", "beds"),
            where=Expr("beds >= 4 and price < 800000"),
            order=(Order("price"),),
        ),
    )
    assert [[r["address"], r["city"], r["price"], r["beds"]] for r in large] == answers[
        "search"
    ]
    dangling = ask(agency, Query(PROPERTY, where=Expr("brokerid is empty")))
    assert len(dangling) == answers["dangling"][0][0]

    (house,) = ask(
        agency,
        Query(
            PROPERTY,
            ("prop_propertyid", "style", "statecode", "statuscode", "postcode"),
            where=Expr('name = "Stunning Victorian"'),
        ),
    )
    assert (house["style"], house["statecode"], house["statuscode"]) == (3, 0, 1)
    assert house["postcode"] == "01742"
    with agency.work() as work:
        whole = service.retrieve(work, PROPERTY, house["prop_propertyid"])
    assert tuple(whole["location"]) == (42.35663, -71.11095)
    again = json.loads(xrm("import", folder, "--map", MAP, "--json").stdout)
    assert [(one["added"], one["skipped"]) for one in again] == [
        (0, 8),
        (0, 12),
        (0, 5),
    ]


def test_a_sale_from_listing_to_signature(agency: Installed) -> None:
    with agency.work() as work:
        user = _user(work)

        def create(entity: str, **values: Any) -> Any:
            owned = work.catalog.entity(entity).ownership == "user"
            owner = {"ownerid": Ref("systemuser", user)} if owned else {}
            return service.create(work, entity, {**owner, **values})

        broker = create(BROKER, name="Ada Lindqvist")
        buyer = create(CLIENT, first_name="Daniel", last_name="Okoye")
        with pytest.raises(Invalid, match="goes on the market with a price"):
            create(PROPERTY, name="Mill by the stream")
        mill = create(PROPERTY, name="Mill", statuscode=2)  # pre-market
        values = {"price": 720000, "area": 140, "brokerid": Ref(BROKER, broker)}
        service.update(work, PROPERTY, mill, {**values, "statuscode": 1})
        house = service.retrieve(work, PROPERTY, mill)
        assert house["price_per_m2"] == Decimal("5142.86")
        assert house["listed_on"] == work.now.date()
        assert house["days_on_market"] == 0

        with pytest.raises(Invalid, match="in the future has not been held"):
            create(
                VIEWING,
                propertyid=Ref(PROPERTY, mill),
                clientid=Ref(CLIENT, buyer),
                starts_on=work.now + timedelta(days=1),
                statecode=1,
            )
        seen = create(
            VIEWING,
            propertyid=Ref(PROPERTY, mill),
            clientid=Ref(CLIENT, buyer),
            starts_on=work.now - timedelta(days=1),
            statecode=1,
        )
        viewing = service.retrieve(work, VIEWING, seen)
        assert viewing["subject"] == "Daniel Okoye: Mill"
        assert service.retrieve(work, PROPERTY, mill)["viewings_held"] == 1
        assert service.retrieve(work, CLIENT, buyer)["seen"] == 1

        contract = create(
            CONTRACT, propertyid=Ref(PROPERTY, mill), buyerid=Ref(CLIENT, buyer)
        )
        draft = service.retrieve(work, CONTRACT, contract)
        assert (draft["price"], draft["commission"]) == (720000, 25200)
        assert re.fullmatch(r"C-\d{4}-1000", draft["number"])
        service.update(work, PROPERTY, mill, {"statecode": 1})
        with pytest.raises(Invalid, match="one of its contracts is signed"):
            service.update(work, PROPERTY, mill, {"statecode": 2})
        service.update(work, CONTRACT, contract, {"statecode": 1})
        signed = service.retrieve(work, CONTRACT, contract)
        assert signed["signed_on"] == work.now.date()
        service.update(work, PROPERTY, mill, {"statecode": 2})
        sold = service.retrieve(work, PROPERTY, mill)
        assert (sold["sold_on"], sold["statecode"]) == (work.now.date(), 2)


def _user(work: Any) -> Any:
    (unit,) = [r["businessunitid"] for r in rows(work, Query("businessunit"))]
    return service.create(
        work,
        "systemuser",
        {"lastname": "Vik", "domainname": "vik", "businessunitid": unit},
    )


def test_its_pages_open_for_an_agent_who_sees_no_more(
    agency: Installed, tmp_path: Path
) -> None:
    assert xrm("solution", "apply", "property", "--samples").exit_code == 0
    roles = ["--role", "prop_agent", "--role", "basic_user"]
    added = xrm("user", "add", "vik", *roles, "--password-stdin", typed=PASSWORD)
    assert added.exit_code == 0, added.output
    app = create_app(
        load_settings(
            {
                "XRM_DATABASE_URL": url_of(agency),
                "XRM_DATA_DIR": str(tmp_path),
                "XRM_SECRET_KEY": "a key that only tests know, long enough",
            }
        )
    )
    vik = Person(app.test_client())
    assert vik.sign_in("vik").status_code == 303
    first = vik.get("/app/prop_agency/prop_property?view=on_offer").text
    links = set(re.findall(r'href="(/app/prop_agency[^"#]*)"', first))
    assert {f"/app/prop_agency/{name}" for name in (BROKER, CLIENT, VIEWING)} <= {
        link.partition("?")[0] for link in links
    }
    pages = [
        *links,
        *(f"/app/prop_agency/{name}/new" for name in (PROPERTY, VIEWING, CONTRACT)),
    ]
    for address in pages:
        answer = vik.http.get(address.replace("&amp;", "&"))
        assert answer.status_code == 200, address
    assert "No records" not in vik.get("/app/prop_agency/prop_property").text
    assert vik.get("/app/prop_agency/prop_broker/new").status_code == 403
    assert vik.get("/app/settings/systemuser").status_code in (403, 404)
    app.extensions["xrm"].database.dispose()
