"""The demonstration records: how many, how they agree, that they are made alike."""

import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.samples import __main__ as maker
from tests.support.samples import table
from tests.support.samples.table import FOLDER, Row, read


def test_they_are_made_anew_byte_for_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "samples"
    shutil.copytree(FOLDER, kept)
    monkeypatch.setattr(table, "FOLDER", kept)
    maker.main()
    for file in sorted(FOLDER.iterdir()):
        assert (kept / file.name).read_bytes() == file.read_bytes(), file.name


def test_there_is_enough_for_a_working_day() -> None:
    assert len(read("14_product.csv")) == 40
    assert len(read("21_account.csv")) >= 60
    assert len(read("22_contact.csv")) >= 200
    assert len(read("24_opportunity.csv")) == 250
    assert len(read("32_incident.csv")) == 120
    started = [row for row in read("20_campaign.csv") if "actualstart@days" in row]
    assert len(started) >= 6
    files = ("33_task", "34_phonecall", "35_appointment", "36_email")
    assert sum(len(read(f"{name}.csv")) for name in files) == 1500


def test_every_campaign_that_began_has_answers() -> None:
    started = {r["id"] for r in read("20_campaign.csv") if "actualstart@days" in r}
    answers = Counter(r["regardingobjectid"] for r in read("43_campaignresponse.csv"))
    assert set(answers) == started
    assert min(answers.values()) >= 30


def test_goals_say_what_was_won() -> None:
    won = sum(
        Decimal(row["actualvalue"])
        for row in read("24_opportunity.csv")
        if row["statuscode"] == "Won"
        and row["transactioncurrencyid"] == "EUR"
        and -365 <= int(row["actualclosedate@days"]) <= 1
    )
    whole = [row for row in read("49_goal.csv") if "parentgoalid" not in row]
    assert sum(Decimal(row["actualmoney"]) for row in whole) == won


def test_deals_close_in_each_of_eight_quarters() -> None:
    won = Counter(
        int(row["actualclosedate@days"]) // 91
        for row in read("24_opportunity.csv")
        if row["statuscode"] == "Won"
    )
    assert set(won) >= set(range(-7, 0))
    days = [
        float(row["overriddencreatedon@days"]) for row in read("24_opportunity.csv")
    ]
    assert min(days) < -7 * 91


def test_customers_come_from_several_countries_currencies_and_alphabets() -> None:
    accounts = read("21_account.csv")
    assert len({row["address1_country"] for row in accounts if "name" in row}) >= 15
    assert {row["transactioncurrencyid"] for row in accounts} == {
        "EUR",
        "USD",
        "GBP",
        "CHF",
    }
    letters = "".join(row["name"] for row in accounts)
    for alphabet in ("Αί", "Ма", "みど", "北斗", "한빛", "شركة", "ä"):
        assert alphabet in letters


@pytest.mark.parametrize(
    ("document", "parent", "lines", "key", "source", "of_source"),
    [
        (
            "28_salesorder",
            "quoteid",
            "29_salesorderdetail",
            "salesorderid",
            "27_quotedetail",
            "quoteid",
        ),
        (
            "30_invoice",
            "salesorderid",
            "31_invoicedetail",
            "invoiceid",
            "29_salesorderdetail",
            "salesorderid",
        ),
    ],
)
def test_a_document_holds_the_lines_of_the_one_before(
    document: str, parent: str, lines: str, key: str, source: str, of_source: str
) -> None:
    here = _lines(f"{lines}.csv", key)
    there = _lines(f"{source}.csv", of_source)
    for row in read(f"{document}.csv"):
        assert here[row["id"]] == there[row[parent]]


def test_what_was_won_is_what_its_lines_come_to() -> None:
    sums: dict[str, Decimal] = {}
    for line in read("25_opportunityproduct.csv"):
        amount = Decimal(line["quantity"]) * Decimal(line["priceperunit"])
        amount -= Decimal(line.get("manualdiscountamount", "0"))
        label = line["opportunityid"]
        sums[label] = sums.get(label, Decimal(0)) + amount
    for deal in read("24_opportunity.csv"):
        assert Decimal(deal["estimatedvalue"]) == sums[deal["id"]]
        if deal["statuscode"] == "Won":
            assert deal["actualvalue"] == deal["estimatedvalue"]


def _lines(file: str, key: str) -> dict[str, list[Row]]:
    kept = ("productid", "uomid", "quantity", "priceperunit", "tax")
    found: dict[str, list[Row]] = {}
    for line in read(file):
        part = {name: line[name] for name in kept}
        found.setdefault(line[key], []).append(part)
    return found
