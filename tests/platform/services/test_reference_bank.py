"""A bank's campaign in, its known answers out: 45,211 contacts as campaign responses.

The dynamic selection is a view: 1,394 members, of whom 303 responded.
"""

from collections.abc import Iterator

import pytest

from tests.support.installed import Installed
from tests.support.reference import Reference, reference

RESPONSE = "campaignresponse"
INTERESTED, NOT_INTERESTED = 1, 2
YES_NO = {True: "yes", False: "no"}
PARTS = [
    "job",
    "contact",
    "poutcome",
    "month",
    "education",
    "marital",
    "housing",
    "age",
]

pytestmark = [
    pytest.mark.timeout(900),  # the first test waits for the import
    pytest.mark.one_database,
]


def make_campaign(system: Installed) -> None:
    system.create("campaign", name="Term deposit")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def bank(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reference]:
    folder = tmp_path_factory.mktemp("bank")
    with reference(
        request, folder, "bank-marketing", app="marketing", first=make_campaign
    ) as made:
        yield made


def test_overall(bank: Reference) -> None:
    assert bank.reports[0].refused == []
    states = bank.figures(RESPONSE, "bm_all")
    (rate,) = bank.figures(RESPONSE, "bm_rate").values()
    assert bank.answers["overall"] == [
        [
            bank.count(RESPONSE, "bm_everyone"),
            states[INTERESTED],
            round(float(rate), 3),
        ]
    ]


@pytest.mark.parametrize("part", PARTS)
def test_responses_by(bank: Reference, part: str) -> None:
    found = bank.figures(RESPONSE, f"bm_by_{part}")
    rates = bank.rates(RESPONSE, f"bm_rate_by_{part}")
    made = {
        (
            YES_NO.get(key, key),
            found[key, INTERESTED] + found.get((key, NOT_INTERESTED), 0),
            found[key, INTERESTED],
            rates[key],
        )
        for key, _ in found
    }
    assert made == set(map(tuple, bank.answers[f"by-{part}"]))


def test_the_list_behind_the_responses(bank: Reference) -> None:
    (interested, n, address), _ = bank.drawn(RESPONSE, "bm_all")
    assert (interested, n) == ("Interested", bank.answers["overall"][0][1])
    assert bank.count_at(address) == n


def test_responses_by_number_of_calls(bank: Reference) -> None:
    found = bank.figures(RESPONSE, "bm_by_calls")
    rates = bank.rates(RESPONSE, "bm_rate_by_calls")
    assert [
        [key, found[key, INTERESTED] + found[key, NOT_INTERESTED], rates[key]]
        for key in sorted(rates)
    ] == bank.answers["by-calls"]


def test_the_dynamic_selection(bank: Reference) -> None:
    assert bank.answers["segment"] == [
        [
            bank.count(RESPONSE, "bm_segment"),
            bank.count(RESPONSE, "bm_segment_responded"),
        ]
    ]
    members = bank.listed(RESPONSE, "bm_segment", 2_000)
    assert len(members) == 1394
    assert sum(row[-1] == INTERESTED for row in members) == 303
