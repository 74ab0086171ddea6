"""X Education's leads in, its known answers out: 9,237 leads, 3,559 converted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.reference import Reference, reference
from xrm.platform.query.query import Aggregate, Query
from xrm.platform.services.import_files import read_file

pytestmark = pytest.mark.one_database

COLUMNS = {
    "Specialization": "xe_no_specialization",
    "How did you hear about X Education": "xe_no_heard",
    "Lead Profile": "xe_no_profile",
    "City": "xe_no_city",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def leads(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reference]:
    folder = tmp_path_factory.mktemp("xeducation")
    with reference(request, folder, "xeducation-leads") as made:
        yield made


def test_keys_and_conversion(leads: Reference) -> None:
    assert leads.reports[0].refused == []
    distinct = leads.ask(
        Query(
            "lead",
            aggregates=(
                Aggregate("count", alias="n"),
                Aggregate("count_distinct", "subject", "prospects"),
                Aggregate("count_distinct", "xe_number", "numbers"),
                Aggregate("avg", "xe_conversion", "rate"),
            ),
        )
    )[0]
    assert leads.answers["keys"] == [
        [distinct["n"], distinct["prospects"], distinct["numbers"]]
    ]
    states = leads.figures("lead", "xe_all")
    assert leads.answers["overall"] == [
        [
            leads.count("lead", "xe_everyone"),
            states[1],
            round(float(distinct["rate"]), 2),
        ]
    ]


def test_what_says_nothing_is_empty(leads: Reference, shared: Path) -> None:
    source = read_file(shared / "data" / leads.name / "Leads.csv.gz")
    rows = [row for _, row in source.rows()]
    for column, selected in leads.answers["select"]:
        blank = sum(not row[column].strip() for row in rows)
        assert leads.count("lead", COLUMNS[column]) == blank + selected


@pytest.mark.parametrize("by", ["origin", "source"])
def test_conversion_by(leads: Reference, by: str) -> None:
    found = leads.figures("lead", f"xe_by_{by}")
    converted = leads.figures("lead", f"xe_converted_by_{by}")
    rates = leads.rates("lead", f"xe_rate_by_{by}")
    fold = str.lower if by == "source" else str
    assert len(found) == len(leads.answers[by])
    assert {
        (key and fold(key), n, converted.get(key, 0), rates[key])
        for key, n in found.items()
    } == set(map(tuple, leads.answers[by]))


def test_conversion_by_occupation_and_band(leads: Reference) -> None:
    occupations = leads.figures("lead", "xe_by_occupation")
    rates = leads.rates("lead", "xe_rate_by_occupation")
    assert {(key, n, rates[key]) for key, n in occupations.items()} == {
        tuple(row) for row in leads.answers["occupation"]
    }
    bands = leads.figures("lead", "xe_by_band")
    rates = leads.rates("lead", "xe_rate_by_band")
    least = leads.figures("lead", "xe_least_by_band")
    assert (
        sorted(
            ([key, least[key], n, rates[key]] for key, n in bands.items()),
            key=lambda row: row[1],
        )
        == leads.answers["score"]
    )


def test_permissions_and_segment(leads: Reference) -> None:
    found = leads.figures("lead", "xe_do_not")
    rates = leads.rates("lead", "xe_rate_by_do_not")
    yes_no = {True: "Yes", False: "No"}
    assert (
        sorted(
            [yes_no[email], yes_no[call], n, rates[email, call]]
            for (email, call), n in found.items()
        )
        == leads.answers["do-not"]
    )
    assert [[leads.count("lead", "xe_segment")]] == leads.answers["segment"]
    assert len(leads.listed("lead", "xe_segment", 50)) == 17
