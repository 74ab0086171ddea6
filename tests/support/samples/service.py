"""Know what service agreed with customers, wrote down for the next time and heard."""

from random import Random

from tests.support.samples import texts
from tests.support.samples.table import MADE, Row, write, write_links

CONTRACTS = 24
LEVELS = {"Gold": (9600, 60), "Silver": (4800, 30), "Bronze": (2400, 12)}
"""Service level → price of a year in the customer's currency, cases it includes."""


def contracts(rng: Random, companies: list[Row]) -> None:
    """Write service contracts with a line, and what customers may ask for by them."""
    made, lines, rights = [], [], []
    customers = [c for c in companies if c["customertypecode"] == "Customer"]
    for number, account in enumerate(rng.sample(customers, CONTRACTS), 1):
        level = rng.choices(tuple(LEVELS), (1, 3, 3))[0]
        price, cases = LEVELS[level]
        begin = -rng.randint(5, 520)
        end = begin + 365
        used = min(cases, max(0, round(cases * min(-begin, 365) / 365)))
        label = f"contract_{number:02}"
        common = {
            "customerid": f"account:{account['id']}",
            "transactioncurrencyid": account["transactioncurrencyid"],
        }
        made.append(
            {
                "id": label,
                "title": f"{level} service for {account['name']}",
                **common,
                "billingcustomerid": f"account:{account['id']}",
                "contractservicelevelcode": level,
                "allotmenttypecode": "Number of Cases",
                "billingfrequencycode": rng.choice(("Quarterly", "Annually")),
                "statuscode": "Active" if end > 0 else "Expired",
                "ownerid": "systemuser:service",
                "activeon@days": begin,
                "expireson@days": end,
                "billingstarton@days": begin,
                "billingendon@days": end,
                MADE: begin - 12,
            }
        )
        lines.append(
            {
                "id": f"{label}_1",
                "title": f"{level} support, {cases} cases a year",
                "contractid": label,
                **common,
                "initialquantity": 1,
                "totalallotments": cases,
                "allotmentsused": used,
                "price": price,
                "activeon@days": begin,
                "expireson@days": end,
            }
        )
        rights.append(
            {
                "id": f"entitlement_{number:02}",
                "name": f"{level} support of {account['name']}",
                "customerid": common["customerid"],
                "allocationtypecode": "Number of cases",
                "totalterms": cases,
                "remainingterms": cases - used,
                "isdefault": "true",
                "statuscode": "Active" if end > 0 else "Expired",
                "ownerid": "systemuser:service",
                "startdate@days": begin,
                "enddate@days": end,
                MADE: begin - 10,
            }
        )
    write("50_contract.csv", made)
    write("51_contractdetail.csv", lines)
    write("52_entitlement.csv", rights)


def articles(rng: Random, cases: list[Row]) -> None:
    """Write the knowledge articles, and which cases they answered."""
    found, links = [], []
    for number, (title, subject, keywords, text) in enumerate(texts.ARTICLES, 1):
        label = f"article_{number:02}"
        age = rng.randint(30, 400)
        is_draft = number == len(texts.ARTICLES)
        found.append(
            {
                "id": label,
                "title": title,
                "keywords": keywords,
                "content": text,
                "subjectid": subject,
                "primaryauthorid": rng.choice(("service", "piet.vos")),
                "isinternal": "true" if subject == "invoices" else "false",
                "statuscode": "Draft" if is_draft else "Published",
                "publishon@days": "" if is_draft else -age + 4,
                "ownerid": "systemuser:service",
                MADE: -age,
            }
        )
        same = [c for c in cases if c["subjectid"] == subject and not is_draft]
        links += [
            (f"knowledgearticle:{label}", f"incident:{case['id']}")
            for case in rng.sample(same, min(4, len(same)))
        ]
    write("53_knowledgearticle.csv", found)
    write_links("54_articles_of_cases.yaml", "knowledgearticle_incidents", links)


def feedback(rng: Random, cases: list[Row]) -> None:
    """Write what customers said of solved cases."""
    solved = [c for c in cases if c["statuscode"] == "Problem Solved"]
    found: list[Row] = []
    for case in rng.sample(solved, 36):
        rating = rng.choices((5, 4, 3, 2, 1), (8, 6, 3, 2, 1))[0]
        found.append(
            {
                "id": f"feedback_{len(found) + 1:02}",
                "title": texts.FEEDBACK[rating][0],
                "comments": rng.choice((texts.FEEDBACK[rating][1], "")),
                "regardingobjectid": f"incident:{case['id']}",
                "rating": rating,
                "source": "Portal",
                "statuscode": "Closed",
                "ownerid": case["ownerid"],
                MADE: min(int(float(case[MADE])) + 10, -1),
            }
        )
    write("55_feedback.csv", found)
