"""The tables of crm have the types, options and states of the reference."""

from pathlib import Path

from tests.support.cdm import compare, packages, total
from xrm.metadata.catalog import Catalog

CRM = Path(__file__).resolve().parents[2] / "solutions" / "crm" / "entities"


def test_tables_of_crm_agree_with_the_reference(shared: Path) -> None:
    own = {folder.name for folder in CRM.iterdir()}
    found = [
        one
        for one in compare(packages(), shared / "reference" / "cdm")
        if one.entity in own
    ]
    assert len(found) >= 18
    assert total(one.types for one in found).percent >= 99
    lacking = [
        f"{one.entity}.{line}"
        for one in found
        for line in one.options.missing
        if line.split(" ")[0] not in one.names.missing
    ]
    assert lacking == []


def test_the_packages_have_what_counts_of_the_reference(shared: Path) -> None:
    found = compare(packages(), shared / "reference" / "cdm")
    assert len(found) == 60
    assert total(one.names for one in found).percent >= 90
    assert total(one.types for one in found).percent >= 99
    assert total(one.options for one in found).missing == []


def test_what_is_not_there_counts_as_missing(shared: Path) -> None:
    reference = shared / "reference" / "cdm"
    found = {one.entity: one for one in compare(Catalog(), reference)}
    assert found["goal"].names.right == found["goal"].options.right == 0
    assert found["goal"].names.total > 60
    found = {one.entity: one for one in compare(packages(), reference)}
    assert "equipment" not in found
    assert "fetchxml" not in found["account"].names.missing
    assert not [name for name in found["invoice"].names.missing if "_base" in name]
