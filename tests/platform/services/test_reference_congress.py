"""The US Congress in, its known answers out: membership as an xRM of its own.

A solution that exists in this test only: members with dated terms, committees in a
tree, memberships with rank, title and side. Places of offices are left out: one has a
latitude of 441.5, which a place refuses.
"""

from collections.abc import Iterator

import pytest

from tests.support.installed import CORE
from tests.support.reference import Reference, reference
from xrm.platform.query.query import Aggregate, Compare, Group, Order, Query

pytestmark = pytest.mark.one_database

PERSON, TERM, COMMITTEE = "cg_person", "cg_term", "cg_committee"
MEMBERSHIP, OFFICE = "cg_membership", "cg_office"
MAJORITY, MINORITY = 1, 2


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def congress(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reference]:
    folder = tmp_path_factory.mktemp("congress")
    with reference(
        request, folder, "congress", packages=(CORE,), app="cg_congress"
    ) as made:
        yield made


def test_sizes_and_orphans(congress: Reference) -> None:
    refused = [report.refused for report in congress.reports]
    assert congress.answers["orphans"] == [
        [len(refused[4]), len(refused[4]), len(refused[5])]
    ]
    assert refused == [[]] * 6
    assert congress.answers["sizes"] == [
        [
            congress.count(PERSON, "all"),
            congress.count(TERM, "all"),
            congress.count(COMMITTEE, "cg_full"),
            congress.count(COMMITTEE, "cg_sub"),
            congress.count(MEMBERSHIP, "all"),
            congress.count(OFFICE, "all"),
        ]
    ]


def test_members_now(congress: Reference) -> None:
    found = congress.figures(TERM, "cg_now")
    assert sorted([*key, n] for key, n in found.items()) == congress.answers["now"]


def test_committees(congress: Reference) -> None:
    names = dict(congress.listed(COMMITTEE, "cg_full", 100))
    chairs: dict[str, str] = {}
    for code, last in congress.listed(MEMBERSHIP, "cg_chairs", 100):
        chairs[code] = max(last, chairs.get(code, ""))
    sides = congress.figures(MEMBERSHIP, "cg_sides")
    made = []
    for code, name in names.items():
        majority = sides.get((code, MAJORITY), 0)
        members = majority + sides.get((code, MINORITY), 0) + sides.get((code, None), 0)
        made.append([code, name, members, majority, chairs.get(code)])
    made.sort(key=lambda row: (-row[2], row[0]))
    assert made == congress.answers["committees"]


def test_a_committee_with_all_below_it(congress: Reference) -> None:
    """Ask a question of our own to the tree: the answer is known from the file."""
    below = congress.listed(COMMITTEE, "cg_agriculture", 10)
    assert [code for code, _ in below] == [
        "HSAG",
        *(f"HSAG{number}" for number in ("03", "14", "15", "16", "22", "29")),
    ]


def test_busiest_and_longest(congress: Reference) -> None:
    busiest = congress.listed(PERSON, "cg_busiest", 10)
    assert busiest == congress.answers["busiest"]
    chart = congress.greatest(MEMBERSHIP, "cg_busiest")
    assert [n for _, n in chart] == [seats for _, _, seats in busiest]
    assert [
        [code, name, str(since), terms]
        for code, name, since, terms in congress.listed(PERSON, "cg_longest", 10)
    ] == congress.answers["longest"]


def test_no_seat_and_switched(congress: Reference) -> None:
    assert [[congress.count(PERSON, "cg_no_seat")]] == congress.answers["no-seat"]
    parties = congress.ask(
        Query(
            TERM,
            where=Compare("cg_party", "not-null"),
            group=(Group("cg_personid"),),
            aggregates=(Aggregate("count_distinct", "cg_party", "n"),),
            order=(Order("n", descending=True),),
        )
    )
    assert congress.answers["switched"] == [
        [
            congress.count(PERSON, "cg_both_chambers"),
            sum(row["n"] > 1 for row in parties),
        ]
    ]


def test_people_of_one_name(congress: Reference) -> None:
    found = congress.greatest(PERSON, "cg_by_last_name")
    assert [[name, n] for name, n in found if n > 2] == congress.answers["same-name"]
