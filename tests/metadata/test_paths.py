"""Paths of fields: where they lead, and which lead nowhere."""

import pytest

from tests.support.cdm import packages
from xrm.metadata.catalog import Catalog
from xrm.metadata.paths import entity_at, field_at, places


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return packages()


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("name", ["opportunity.name"]),
        ("customerid", ["opportunity.customerid"]),
        ("customerid.name", ["opportunity.customerid", "account.name"]),
        ("customerid:contact.lastname", ["opportunity.customerid", "contact.lastname"]),
        (
            "customerid.primarycontactid.fullname",
            ["opportunity.customerid", "account.primarycontactid", "contact.fullname"],
        ),
        ("", None),
        ("nothing", None),
        ("name.more", None),
        ("customerid.nothing", None),
        ("customerid:lead.subject", None),
        ("customerid:nowhere.name", None),
        ("customerid:account", None),
    ],
)
def test_a_path_is_its_fields(
    catalog: Catalog, path: str, way: list[str] | None
) -> None:
    deal = catalog.entity("opportunity")
    found = places(catalog, deal, path)
    shown = found and [f"{entity.name}.{field.name}" for entity, field in found]
    assert (list(shown) if shown else shown) == way
    assert field_at(catalog, deal, path) == (found[-1] if found else None)


@pytest.mark.parametrize(
    ("way", "name"),
    [
        ("", "opportunity"),
        ("customerid", "account"),
        ("customerid:contact", "contact"),
        ("customerid.primarycontactid", "contact"),
        ("customerid:lead", None),
        ("name", None),
    ],
)
def test_a_way_of_lookups_leads_to_an_entity(
    catalog: Catalog, way: str, name: str | None
) -> None:
    found = entity_at(catalog, catalog.entity("opportunity"), way)
    assert (found.name if found else None) == name
