"""The packages that come with the program: sound, complete, true to the reference."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from tests.solutions.support import own_catalog, own_package
from xrm.metadata.checks import check
from xrm.metadata.documents import Document
from xrm.metadata.schemas import schema_problems
from xrm.solutions.installer import packaged
from xrm.solutions.records_files import read_records, record_problems

CRM = (
    "account", "contact", "lead", "opportunity", "opportunityproduct", "product",
    "uom", "uomschedule", "pricelevel", "productpricelevel", "quote", "quotedetail",
    "salesorder", "salesorderdetail", "invoice", "invoicedetail", "incident",
    "campaign", "territory", "competitor", "salesliterature", "discounttype",
    "discount", "customeraddress", "list", "listmember", "metric", "goal",
    "entitlement", "contract", "contractdetail", "knowledgearticle", "feedback",
    "campaignactivity", "campaignresponse", "opportunityclose", "quoteclose",
    "orderclose", "incidentresolution",
)  # fmt: skip
CORE = (
    "systemuser", "team", "businessunit", "role", "transactioncurrency", "task",
    "phonecall", "appointment", "email", "letter", "annotation", "queue", "queueitem",
    "subject", "connection", "connectionrole", "activityparty", "position", "sla",
    "slaitem", "slakpiinstance", "fax", "activitypointer",
)  # fmt: skip
NOT_IN_THIS_SLICE = {
    "createdbyexternalparty", "modifiedbyexternalparty", "participatesinworkflow",
    "primarysatoriid", "primarytwitterid", "stageid", "processid", "traversedpath",
    "timespentbymeonemailandmeetings", "timezoneruleversionnumber", "organizationid",
    "utcconversiontimezonecode", "entityimageid", "addressid",
    "preferredequipmentid", "preferredserviceid", "serviceid", "kbarticleid",
    "socialprofileid",
    "relatedobjectid", "parentbundleid", "productassociationid", "incidentid",
    "messagetypecode", "opportunitystatecode", "quotestatecode",
    "salesorderstatecode", "invoicestatecode", "opendeals_date", "opendeals_state",
    "openrevenue_date", "openrevenue_state",
}  # fmt: skip
"""Internals of the original, and lookups to tables that are out of scope."""
OWNER = {"ownerid", "owningbusinessunit", "owninguser", "owningteam"}
"""A line has the owner of its document."""
MONEY = {"transactioncurrencyid", "exchangerate"}
"""Only where there are amounts."""


@pytest.mark.parametrize("name", ["core", "crm", "property"])
def test_a_package_has_no_problem_in_its_files(name: str) -> None:
    assert own_package(name).problems == ()


def test_the_definitions_pass_every_check() -> None:
    catalog, documents = own_catalog()
    found = [p for document in documents for p in schema_problems(document)]
    assert found == []
    assert check(catalog, documents) == []


@pytest.mark.parametrize("folder", ["seed", "samples"])
@pytest.mark.parametrize("name", ["core", "crm"])
def test_the_records_fit_the_definitions(name: str, folder: str) -> None:
    catalog, _ = own_catalog()
    records = read_records(own_package(name).source, folder)
    assert record_problems(records, catalog) == []


@pytest.mark.parametrize("name", ["core", "crm", "property"])
def test_a_package_holds_data_only(name: str) -> None:
    endings = {file.suffix for file in packaged(name).rglob("*") if file.is_file()}
    assert endings <= {".yaml", ".csv", ".md"}


def test_everything_asked_for_is_there() -> None:
    catalog, _ = own_catalog()
    assert set(catalog.entities) >= {*CORE, *CRM}
    assert set(catalog.apps) == {"settings", "sales", "service", "marketing"}
    assert set(catalog.roles) == {
        "system_administrator", "system_customizer", "basic_user", "salesperson",
        "salesmanager", "service", "marketing",
    }  # fmt: skip
    assert set(catalog.relationships) >= {
        "systemuserroles_association",
        "teamroles_association",
        "teammembership_association",
    }


@pytest.mark.parametrize("name", [*CORE, *CRM])
def test_an_entity_can_be_shown(name: str) -> None:
    catalog, _ = own_catalog()
    entity = catalog.entity(name)
    types = {view.type for view in catalog.views[name].values()}
    assert types == {"public", "lookup", "associated", "quick_find"}
    assert catalog.default_view(name) is not None
    assert entity.icon
    if name not in ("activityparty", "activitypointer"):
        assert catalog.form(name, "main") is not None


def test_short_forms_ask_for_all_that_is_required() -> None:
    catalog, _ = own_catalog()
    lacking = {}
    for entity in catalog.entities.values():
        for kind in ("quick_create", "main"):
            form = catalog.form(entity.name, kind)
            needed = {
                field.name
                for field in entity.fields.values()
                if field.required == "required"
                and not (field.system or field.read_only or field.default is not None)
                and field.formula is None
                and field.type != "autonumber"
            }
            shown = {
                cell.field
                for tab in (form.tabs if form else ())
                for section in tab.sections
                for cell in section.cells
            }
            if form is not None and needed - shown:
                lacking[f"{entity.name} {kind}"] = sorted(needed - shown)
    assert lacking == {}


def test_collections_of_an_entity_have_names_of_their_own() -> None:
    catalog, _ = own_catalog()
    seen: dict[tuple[str, str], str] = {}
    for name in catalog.entities:
        for child in catalog.children(name):
            key = (name, child.target.collection)
            other = seen.setdefault(key, f"{child.entity}.{child.field.name}")
            assert other == f"{child.entity}.{child.field.name}", key


def test_icons_are_in_the_sprite() -> None:
    catalog, _ = own_catalog()
    listed = Path("ui/static/vendor/icons.txt").read_text("utf-8").split()
    icons = {entity.icon for entity in catalog.entities.values()}
    icons |= {app.icon for app in catalog.apps.values()}
    assert icons - {None} <= set(listed)


def reference(shared: Path, file: str) -> dict[tuple[str, str], list[dict[str, str]]]:
    found: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    with (shared / "reference" / "cdm" / file).open(encoding="utf-8") as opened:
        for row in csv.DictReader(opened):
            found[(row["entity"], row["attribute"])].append(row)
    return found


def test_states_are_those_of_the_reference(shared: Path) -> None:
    catalog, _ = own_catalog()
    options = reference(shared, "options.csv")
    for name in (*CRM, "task", "phonecall", "appointment", "email", "letter"):
        expected = {
            (int(r["state_value"]), int(r["value"]), r["label"])
            for r in options.get((name, "statuscode"), ())
        }
        if not expected:
            continue
        entity = catalog.entity(name)
        reasons = {
            (s.value, r.value, r.label) for s in entity.states for r in s.reasons
        }
        assert reasons == expected, name
        states = {(int(r["value"]), r["label"]) for r in options[(name, "statecode")]}
        assert {(s.value, s.name) for s in entity.states} == states, name


def test_options_are_those_of_the_reference(shared: Path) -> None:
    catalog, _ = own_catalog()
    compared = 0
    for (name, attribute), rows in reference(shared, "options.csv").items():
        field = catalog.entity(name).fields.get(attribute) if name in CRM else None
        if field is None or attribute in ("statecode", "statuscode"):
            continue
        expected = {(int(r["value"]), r["label"].strip()) for r in rows}
        assert field.choices is not None, (name, attribute)
        have = {(o.value, o.label) for o in field.choices.options}
        assert have == expected, (name, attribute)
        compared += 1
    assert compared > 60


def test_columns_are_those_of_the_reference(shared: Path) -> None:
    catalog, _ = own_catalog()
    missing = []
    for (name, attribute), (row, *_) in reference(shared, "attributes.csv").items():
        if name not in CRM or attribute.endswith("_base"):
            continue
        kind = row["dataverse_type"]
        skipped = kind in ("BigInt", "EntityName", "Uniqueidentifier", "PartyList")
        if skipped or attribute in NOT_IN_THIS_SLICE or "yomi" in attribute:
            continue
        entity = catalog.entity(name)
        field = entity.fields.get(attribute)
        if field is None and (
            (attribute in OWNER and entity.kind == "child")
            or (
                attribute in MONEY
                and not any(f.type == "currency" for f in entity.fields.values())
            )
        ):
            continue
        if field is None:
            missing.append(f"{name}.{attribute}")
        elif kind == "String" and field.type == "text" and field.formula is None:
            length = int(row["max_length"] or 100)
            assert field.options.get("max_length", 100) == length, (name, attribute)
        elif kind == "Lookup" and field.type == "lookup":
            known = {
                t for t in row["target_tables"].split("|") if t in catalog.entities
            } - {"activitypointer"}  # a list, whose rows are the activities
            assert {t.entity for t in field.targets} >= known, (name, attribute)
    assert missing == []


def test_a_fragment_adds_to_what_lies_below() -> None:
    catalog, _ = own_catalog()
    field = catalog.entity("activityparty").field("partyid")
    targets = [target.entity for target in field.targets]
    assert targets == ["systemuser", "team", "queue", "account", "contact", "lead"]
    names = {target.entity: target.relationship for target in field.targets}
    assert names["systemuser"] == "system_user_activity_parties"
    assert names["account"] == "account_activity_parties"


def test_switches_make_targets() -> None:
    catalog, _ = own_catalog()
    field = catalog.entity("task").field("regardingobjectid")
    names = {target.entity: target.relationship for target in field.targets}
    assert list(names)[:2] == ["systemuser", "team"]
    assert {e.name for e in catalog.entities.values() if e.activities} < set(names)
    assert names["account"] == "account_tasks"
    assert "pricelevel" not in names
    notes = catalog.entity("annotation").field("objectid").targets
    assert {"pricelevel", "task", "account"} <= {target.entity for target in notes}


def test_documents_stand_where_their_names_say() -> None:
    _, documents = own_catalog()
    assert all(isinstance(document, Document) for document in documents)
    for name in ("core", "crm"):
        for document in own_package(name).documents:
            assert (packaged(name) / document.file).is_file()
