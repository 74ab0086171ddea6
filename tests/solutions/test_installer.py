"""Install, upgrade, uninstall, undo: plans in one transaction, on both databases."""

import time
from typing import Any

import pytest
import sqlalchemy as sa

from tests.solutions.support import (
    PROPERTY,
    Installed,
    package,
    properties,
    texts,
)
from xrm.metadata.documents import Document
from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import Conflict, NotFound
from xrm.platform.records import service
from xrm.rule_engine import core_names
from xrm.solutions.archives import read_archive, read_source, write_archive
from xrm.solutions.exporter import export
from xrm.solutions.installer import packaged
from xrm.solutions.source import BadPackage

pytestmark = pytest.mark.one_database


def test_the_crm_comes_and_goes_without_a_trace(core: Installed) -> None:
    before = core.schema()
    started = time.monotonic()
    core.install("crm", samples=True)
    print(f"crm with samples: {time.monotonic() - started:.1f} s")  # noqa: T201
    assert core.count("opportunity") == 250
    assert [s.name for s in core.installer.installed()] == ["core", "crm"]
    core.installer.uninstall("crm")
    assert core.schema() == before
    assert [s.name for s in core.installer.installed()] == ["core"]
    assert "account" not in core.catalog.entities
    assert core.catalog.entity("task").field("regardingobjectid").targets[
        -1
    ].entity == ("team")
    assert core.count("task") == 0
    assert core.count("systemuser") == 11, "people stay"


def test_an_uninstall_can_be_undone(crm: Installed) -> None:
    with crm.work() as work:
        unit = work.connection.scalar(
            sa.select(work.tables.table("businessunit").c.businessunitid)
        )
        user = service.create(
            work,
            "systemuser",
            {"lastname": "X", "domainname": "x", "businessunitid": unit},
        )
        account = service.create(
            work, "account", {"name": "Acme", "ownerid": Ref(core_names.USER, user)}
        )
    before = crm.schema()
    crm.installer.uninstall("crm")
    crm.installer.undo()
    assert crm.schema() == before
    with crm.work() as work:
        assert service.retrieve(work, "account", account)["name"] == "Acme"
    assert export(crm.database, "crm").files == read_source(packaged("crm")).files


@pytest.mark.parametrize("name", ["core", "crm"])
def test_an_export_is_what_was_installed_byte_for_byte(
    crm: Installed, name: str
) -> None:
    came = read_source(packaged(name))
    leaves = export(crm.database, name)
    assert leaves.files == came.files
    packed = write_archive(list(came.files.items()))
    assert write_archive(list(leaves.files.items())) == packed
    assert read_archive(packed, f"{name}.zip").files == came.files


def test_a_second_install_changes_nothing(crm: Installed) -> None:
    before = crm.schema()
    plan = crm.installer.plan_package(packaged("crm"))
    assert plan.action == "reinstall"
    assert plan.prepared is not None
    assert plan.prepared.changes == ()
    crm.installer.apply(plan)
    assert crm.schema() == before


def test_a_plan_made_before_somebody_published_is_refused(core: Installed) -> None:
    plan = core.installer.plan_package(properties())
    core.install("crm")
    with pytest.raises(Conflict, match="Make the plan again"):
        core.installer.apply(plan)


def test_a_third_package_is_in_force_at_the_next_request(crm: Installed) -> None:
    with crm.work() as work:
        assert "prop_property" not in work.catalog.entities
    crm.install(properties())
    with crm.work() as work:
        entity = work.catalog.entity("task")
        targets = [t.entity for t in entity.field("regardingobjectid").targets]
        assert targets[-1] == "prop_property"
        assert "account" in targets
        parties = work.catalog.entity("activityparty").field("partyid").targets
        assert parties[-1].relationship == "prop_property_activity_parties"
        assert work.catalog.view("prop_property", "active").label == "Active properties"
    crm.installer.uninstall("properties")
    assert "prop_property" not in crm.catalog.entities


def test_an_upgrade_says_what_it_does_and_is_undone(core: Installed) -> None:
    core.install(properties())
    newer = PROPERTY.replace(
        "  rooms:", "  city: {type: text, label: City}\n  rooms:"
    ).replace("label: Rooms", "label: Number of rooms")
    plan = core.installer.plan_package(
        properties("1.1", **{"entities/prop_property/entity.yaml": newer})
    )
    assert (plan.action, plan.installed_version) == ("upgrade", "1.0")
    assert plan.heading == "Plan for properties 1.1 (installed 1.0)"
    core.installer.apply(plan)
    assert "city" in core.catalog.entity("prop_property").fields
    core.installer.undo()
    assert "city" not in core.catalog.entity("prop_property").fields
    assert core.installer.installed()[-1].version == "1.0"
    files = export(core.database, "properties").files
    assert files == properties().files


def test_what_others_need_cannot_be_removed(crm: Installed) -> None:
    with pytest.raises(BadPackage) as caught:
        crm.installer.uninstall("core")
    assert texts(caught.value.problems) == [
        'S032 "crm" 1.0.0 needs "core" >=1.0. Uninstall "crm" first.',
        "S035 Everything stands on core; it cannot be removed.",
    ]
    with pytest.raises(NotFound, match=r'solution "crn" is not installed\. Did you'):
        crm.installer.uninstall("crn")


def test_requirements_are_checked(sqlite_core: Installed) -> None:
    plan = sqlite_core.installer.plan_package(
        package("x", requires='{crm: ">=1.0", core: ">=2.0"}')
    )
    assert texts(plan.errors) == [
        'solution.yaml:6:17 M001 There is no solution "crm". There are: core, x.',
        "solution.yaml:6:32 M002 It requires core >=2.0; installed is 1.0.0. Install a "
        "version of core that fits, or change the condition.",
    ]
    with pytest.raises(BadPackage):
        sqlite_core.installer.apply(plan)


BROKEN = {
    "entities/prop_a/entity.yaml": "kind: entity\nname: prop_b\n",
    "entities/prop_c/entity.yaml": "kind: entity\nname: prop_c\nlabel: [1\n",
    "choices/x.yaml": "kind: choise\nname: x\n",
    "stray/y.yaml": "kind: choice\nname: y\n",
    "roles/z.yaml": "kind: role\nname: z\nlabel: Z\nprivileges: {acount: own}\n",
    "seed/acount.csv": "id,name\na,A\na,B\n",
}


def test_every_fault_is_listed_at_once(sqlite_core: Installed) -> None:
    plan = sqlite_core.installer.plan_package(package("x", BROKEN))
    lines = texts(plan.errors)
    codes = {line.split()[1] for line in lines}
    assert codes >= {"S012", "S010", "D021", "S024"}
    assert any(line.startswith("entities/prop_c/entity.yaml:") for line in lines)
    assert "choices/x.yaml:1:7 D021" in "\n".join(lines)


def test_definitions_that_do_not_fit_are_refused(sqlite_core: Installed) -> None:
    wrong = package(
        "x", {"roles/z.yaml": "kind: role\nname: z\nprivileges: {tasc: own}\n"}
    )
    (line,) = texts(sqlite_core.installer.plan_package(wrong).errors)
    assert line.startswith("roles/z.yaml:3:")
    assert "tasc" in line
    assert "task" in line


def test_records_of_a_package_that_do_not_fit_are_refused(
    sqlite_core: Installed,
) -> None:
    wrong = package(
        "x",
        {
            "seed/1_subject.csv": "id,titel\na,A\n",
            "seed/2_subjekt.csv": "id,title\na,A\n",
        },
    )
    assert texts(sqlite_core.installer.plan_package(wrong).errors) == [
        'seed/1_subject.csv:2:1 S026 Subject has no field "titel". Did you mean '
        '"title"?',
        'seed/2_subjekt.csv:1:1 S025 There is no entity "subjekt". Did you mean '
        '"subject"?',
    ]


def test_a_refused_record_takes_the_whole_install_back(core: Installed) -> None:
    before = core.schema()
    wrong = properties(**{"seed/prop_property.csv": "id,name,rooms\na,A,3\nb,B,-1\n"})
    with pytest.raises(BadPackage, match=r"seed/prop_property.csv:3:1 S028 The record"):
        core.install(wrong)
    assert core.schema() == before
    assert [s.name for s in core.installer.installed()] == ["core"]


def test_seed_comes_once_and_keeps_what_people_changed(core: Installed) -> None:
    files = {"seed/subject.csv": "id,title,parentsubject\nb,B,a\na,A,\n"}
    core.install(package("x", files))
    with core.work() as work:
        table = work.tables.table("subject")
        rows = work.connection.execute(sa.select(table)).mappings().all()
        by_title = {row["title"]: row for row in rows}
        assert by_title["B"]["parentsubject"] == by_title["A"]["subjectid"]
        service.update(work, "subject", by_title["A"]["subjectid"], {"title": "Mine"})
    core.install(package("x", files, version="1.1"))
    with core.work() as work:
        table = work.tables.table("subject")
        found = work.connection.execute(sa.select(table.c.title)).scalars()
        assert set(found) == {"B", "Mine"}
    core.installer.uninstall("x")
    assert core.count("subject") == 0


def test_roles_have_records(crm: Installed) -> None:
    def roles() -> dict[str, int]:
        with crm.work() as work:
            table = work.tables.table("role")
            rows = work.connection.execute(sa.select(table.c.name, table.c.statecode))
            return {row.name: row.statecode for row in rows}

    assert set(roles()) == set(crm.catalog.roles)
    with crm.work() as work:
        unit = work.connection.scalar(
            sa.select(work.tables.table("businessunit").c.businessunitid)
        )
        user = service.create(
            work,
            "systemuser",
            {"lastname": "X", "domainname": "x", "businessunitid": unit},
        )
        table = work.tables.table("role")
        role = work.connection.scalar(
            sa.select(table.c.roleid).where(table.c.name == "salesperson")
        )
        service.associate(work, core_names.USER_ROLES, user, role)
    crm.installer.uninstall("crm")
    assert roles() == {
        "basic_user": 0,
        "salesperson": 1,
        "system_administrator": 0,
        "system_customizer": 0,
    }
    crm.install("crm")
    assert set(roles().values()) == {0}


def own(kind: str, name: str, **data: object) -> Document:
    return Document(kind, name, {"kind": kind, "name": name, **data})


def test_own_changes_lie_above_and_survive_an_upgrade(core: Installed) -> None:
    core.install(properties())
    mine = own("entity", "prop_property", label="House", fields={"rooms": {"max": 9}})
    core.installer.apply(core.installer.plan_local([mine]))
    assert core.catalog.entity("prop_property").label == "House"
    newer = PROPERTY.replace("label: Property\n", "label: Real estate\n")
    plan = core.installer.plan_package(
        properties("2.0", **{"entities/prop_property/entity.yaml": newer})
    )
    assert [c.path for c in plan.conflicts] == [("label",)]
    core.installer.apply(plan)
    entity = core.catalog.entity("prop_property")
    assert (entity.label, entity.field("rooms").options["max"]) == ("House", 9)
    assert core.installer.local_documents() == (mine,)
    assert set(export(core.database, "local").files) == {
        "entities/prop_property/entity.yaml"
    }
    core.installer.uninstall("properties")
    assert core.installer.local_documents() == ()


def test_an_own_change_that_does_not_fit_is_refused(sqlite_core: Installed) -> None:
    wrong = own("entity", "task", fields={"subject": {"type": "txt"}})
    plan = sqlite_core.installer.plan_local([wrong])
    assert plan.errors
    assert "txt" in texts(plan.errors)[0]


def test_values_that_are_computed_follow_what_a_publish_says(core: Installed) -> None:
    """A stored formula or rollup that comes or changes holds for the records there."""
    core.install(properties())
    with core.work() as work:
        parent = service.create(work, "prop_property", {"name": "Tower", "rooms": 3})
        for rooms in (1, 2):
            values = {"name": f"Flat {rooms}", "rooms": rooms}
            service.create(work, "prop_property", values)

    def publish(*fields: str) -> None:
        text = PROPERTY + "".join(f"  {line}\n" for line in fields)
        core.install(properties("1.1", **{"entities/prop_property/entity.yaml": text}))

    def points() -> list[Any]:
        with core.work() as work:
            table = work.tables.table("prop_property")
            found = sa.select(table.c.prop_points).order_by(table.c.rooms)
            return list(work.connection.execute(found).scalars())

    kind = "prop_points: {{type: integer, label: Points, stored: true, formula: {}}}"
    publish(kind.format("rooms * 10"))
    assert points() == [10, 20, 30]
    publish(kind.format("rooms * 20"))
    assert points() == [20, 40, 60]
    core.installer.undo()
    assert points() == [10, 20, 30]
    with core.work() as work:
        service.update(work, "prop_property", parent, {"rooms": 4})
    assert points() == [10, 20, 40]
