"""Know what surrounds the deals: competitors, who has a say, goals."""

from decimal import Decimal
from random import Random

from tests.support.samples import texts
from tests.support.samples.deals import Deal
from tests.support.samples.table import MADE, Row, read, write, write_links

SELLERS = (
    "salesperson",
    "jonas.berg",
    "clara.moreau",
    "paolo.conti",
    "aisha.khan",
)
HALVES = (("Last half-year", -365, -182), ("This half-year", -181, 1))


def competitors(rng: Random, deals: list[Deal]) -> None:
    """Write who else was asked for an offer."""
    rivals = [str(row["id"]) for row in read("45_competitor.csv")]
    write_links(
        "46_competitors_of_deals.yaml",
        "opportunitycompetitors_association",
        [
            (f"opportunity:{deal.label}", f"competitor:{rival}")
            for deal in deals
            if rng.random() < 0.45
            for rival in sorted(rng.sample(rivals, rng.choice((1, 1, 2))))
        ],
    )


def stakeholders(rng: Random, deals: list[Deal], people: list[Row]) -> None:
    """Write who has a say in a deal."""
    found = []
    roles = ("decision_maker", "technical_buyer", "influencer", "champion")
    for deal in deals:
        staff = [
            p
            for p in people
            if p["parentcustomerid"] == f"account:{deal.account['id']}"
        ]
        if rng.random() > 0.35:
            continue
        for person, role in zip(
            rng.sample(staff, min(2, len(staff))), roles, strict=False
        ):
            found.append(
                {
                    "id": f"{deal.label}_{role}",
                    "record1id": f"opportunity:{deal.label}",
                    "record2id": f"contact:{person['id']}",
                    "record2roleid": role,
                    "name": f"{person['firstname']} {person['lastname']}",
                    "ownerid": deal.row["ownerid"],
                    MADE: min(int(deal.row[MADE]) + 3, -1),
                }
            )
    write("47_connection.csv", found)


def goals(deals: list[Deal]) -> None:
    """Write what each salesperson was to sell in a half-year, and what came of it."""
    found: list[Row] = []
    for title, first, last in HALVES:
        slug = title.lower().replace(" ", "_").replace("-", "_")
        parent = f"{slug}_all"
        parts = [
            _goal(
                f"{slug}_{seller}",
                f"{title}, {texts.SELLERS[seller]}",
                f"systemuser:{seller}",
                _won(deals, seller, first, last),
                _open(deals, seller, last),
                (first, last),
            )
            for seller in SELLERS
        ]
        whole = _goal(
            parent,
            f"{title}, all of sales",
            "systemuser:salesmanager",
            sum((Decimal(part["actualmoney"]) for part in parts), Decimal(0)),
            sum((Decimal(part["inprogressmoney"]) for part in parts), Decimal(0)),
            (first, last),
            target=sum(int(part["targetmoney"]) for part in parts),
        )
        whole["rolluponlyfromchildgoals"] = "true"
        found += [whole, *({**part, "parentgoalid": parent} for part in parts)]
    write("49_goal.csv", found)


def _goal(
    label: str,
    title: str,
    owner: str,
    won: Decimal,
    in_progress: Decimal,
    days: tuple[int, int],
    *,
    target: int | None = None,
) -> Row:
    if target is None:
        target = int(round(won * Decimal("1.1"), -5)) or 100_000
    return {
        "id": label,
        "title": title,
        "metricid": "won_revenue",
        "goalownerid": owner,
        "ownerid": "systemuser:salesmanager",
        "isfiscalperiodgoal": "false",
        "targetmoney": target,
        "stretchtargetmoney": int(target * 1.2),
        "actualmoney": won,
        "inprogressmoney": in_progress,
        "statuscode": "Open" if days[1] > 0 else "Closed",
        "transactioncurrencyid": "EUR",
        "goalstartdate@days": days[0],
        "goalenddate@days": days[1],
        MADE: days[0] - 10,
    }


def _won(deals: list[Deal], seller: str, first: int, last: int) -> Decimal:
    return sum(
        (
            Decimal(deal.row["actualvalue"])
            for deal in _of(deals, seller)
            if deal.row["statuscode"] == "Won"
            and first <= int(deal.row["actualclosedate@days"]) <= last
        ),
        Decimal(0),
    )


def _open(deals: list[Deal], seller: str, last: int) -> Decimal:
    return sum(
        (
            Decimal(deal.row["estimatedvalue"])
            for deal in _of(deals, seller)
            if last > 0 and deal.closed is None
        ),
        Decimal(0),
    )


def _of(deals: list[Deal], seller: str) -> list[Deal]:
    """Return a person's deals in euro: goals are not made of several currencies."""
    owner = f"systemuser:{seller}"
    return [
        deal
        for deal in deals
        if deal.row["ownerid"] == owner and deal.row["transactioncurrencyid"] == "EUR"
    ]
