"""A plan prints as the design says, and its digest is always the same."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

from xrm.metadata.catalog import Catalog, compose
from xrm.metadata.changes import Impact, make_plan, wanted_indexes
from xrm.metadata.documents import Document


def opportunity(fields: dict[str, Any], *views: dict[str, Any]) -> Catalog:
    data = {"kind": "entity", "name": "opportunity", "fields": fields}
    documents = [Document("entity", "opportunity", data)]
    for view in views:
        body = {"entity": "opportunity", "columns": ["createdon"], **view}
        documents.append(Document("view", view["name"], body))
    return compose(documents)


OLD = opportunity({"name": {"type": "text"}, "fax": {"type": "text", "max_length": 50}})
NEW = opportunity(
    {
        "name": {"type": "text", "max_length": 300},
        "estimatedclosedate": {"type": "date"},
    }
)


def test_a_plan_is_printed_as_the_design_says() -> None:
    plan = make_plan(OLD, NEW).with_impacts(
        [
            Impact("opportunity", "fax", "values lost", 12,
                   "12 records have a value; kept in quarantine"),
            Impact("opportunity", None, "rewrite", 9, "rewrites 9 rows"),
        ]
    )  # fmt: skip
    text = plan.text("Plan for crm 1.1.0 (installed 1.0.0)", "xrm solution apply")
    assert (
        text
        == """\
Plan for crm 1.1.0 (installed 1.0.0)
  - field   opportunity.fax                  12 records have a value; kept in quarantine
  ~ field   opportunity.name                 text(100) → text(300)
  + field   opportunity.estimatedclosedate   date
    opportunity: rewrites 9 rows
1 added, 1 changed, 1 removed. Apply with: xrm solution apply"""
    )


def test_a_plan_without_counts_says_what_the_removed_field_was() -> None:
    assert make_plan(OLD, NEW).lines()[0] == (
        "  - field   opportunity.fax                  text(50)"
    )


def test_an_empty_plan_says_so() -> None:
    plan = make_plan(OLD, OLD)
    assert plan.text(apply_with="x") == "Plan\nNothing to change."
    assert not plan.loses_data


def test_a_changed_field_is_followed_by_what_it_does() -> None:
    plan = make_plan(NEW, OLD).with_impacts(
        [Impact("opportunity", "name", "cut", 3, "3 values will be cut")]
    )
    assert "text(300) → text(100); 3 values will be cut" in plan.text()
    assert plan.loses_data


def test_the_digest_depends_on_operations_and_version_alone() -> None:
    plan = make_plan(OLD, NEW)
    assert make_plan(OLD, NEW).digest == plan.digest
    assert plan.with_impacts([]).digest == plan.digest
    assert make_plan(replace(OLD, version=7), NEW).digest != plan.digest
    assert make_plan(NEW, OLD).digest != plan.digest
    assert (make_plan(replace(OLD, version=7), NEW).base_version) == 7


def test_the_digest_is_the_same_in_another_process() -> None:
    code = (
        "from tests.metadata.changes.test_plan import NEW, OLD, make_plan;"
        "import sys; sys.stdout.write(make_plan(OLD, NEW).digest)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == make_plan(OLD, NEW).digest


def test_indexes_follow_lookups_views_and_filters() -> None:
    made = opportunity(
        {
            "name": {"type": "text"},
            "due": {"type": "date"},
            "body": {"type": "rich_text"},
            "accountid": {"type": "lookup", "to": "account"},
        },
        {"name": "open", "sort": ["-due", "name"], "filter": 'statecode = "Active"'},
        {"name": "late", "sort": ["name"], "filter": "due < today()"},
        {"name": "odd", "sort": ["body"]},
        {"name": "far", "sort": ["accountid.name"]},
        {"name": "broken", "filter": "((("},
    )
    found = {
        ", ".join(
            f"{c}{' (fold)' if c.fold else ''}" for c in spec.columns
        ): spec.reason
        for spec in wanted_indexes(made)
    }
    assert found == {
        "accountid": "lookup accountid",
        "ownerid, due, -name (fold), opportunityid, statecode": (
            "view open of one ownerid"
        ),
        "owningbusinessunit, due, -name (fold), opportunityid, statecode": (
            "view open of one owningbusinessunit"
        ),
        "statecode, due, -name (fold), opportunityid": "view open",
        "name (fold), opportunityid": "view late",
        "due": "filter of view late",
        "statecode, statuscode, ownerid, owningbusinessunit": "counts of open",
    }
    assert wanted_indexes(made, ["nowhere"]) == frozenset()
