"""Telephone customers in, the known answers out: 7,043, of whom 1,869 left."""

from collections.abc import Iterator

import pytest

from tests.support.reference import Reference, money, reference

pytestmark = pytest.mark.one_database

PARTS = ["contract", "paymentmethod", "internetservice", "seniorcitizen", "techsupport"]
ONE_ZERO = {True: "1", False: "0"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def telco(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reference]:
    folder = tmp_path_factory.mktemp("telco")
    with reference(request, folder, "telco-churn") as made:
        yield made


def test_overall(telco: Reference) -> None:
    assert telco.reports[0].refused == []
    (rate,) = telco.rates("contact", "tc_rate").values()
    charges = telco.figures("contact", "tc_charges")
    assert telco.answers["overall"] == [
        [
            telco.count("contact", "tc_everyone"),
            telco.figures("contact", "tc_all")[True],
            rate,
            money(charges[True]),
            money(sum(charges.values())),
        ]
    ]


@pytest.mark.parametrize("part", PARTS)
def test_churn_by(telco: Reference, part: str) -> None:
    found = telco.figures("contact", f"tc_by_{part}")
    rates = telco.rates("contact", f"tc_rate_by_{part}")
    assert [
        [
            ONE_ZERO.get(key, key),
            found[key, True] + found[key, False],
            found[key, True],
            rate,
        ]
        for key, rate in sorted(rates.items(), key=lambda pair: -pair[1])
    ] == telco.answers[f"by-{part}"]


def test_churn_by_tenure(telco: Reference) -> None:
    found = telco.figures("contact", "tc_by_tenure")
    rates = telco.rates("contact", "tc_rate_by_tenure")
    monthly = telco.rates("contact", "tc_monthly_by_tenure")
    assert [
        [key, found[key, True] + found[key, False], rates[key], monthly[key]]
        for key in sorted(rates)
    ] == telco.answers["by-tenure"]


def test_lists(telco: Reference) -> None:
    (_, most), *_ = telco.listed("contact", "tc_no_total", 1)
    blank = telco.count("contact", "tc_no_total")
    assert telco.answers["blank-totals"] == [[blank, most]]
    (charges,) = telco.figures("contact", "tc_at_risk").values()
    at_risk = telco.count("contact", "tc_at_risk")
    assert telco.answers["at-risk"] == [[at_risk, money(charges)]]
