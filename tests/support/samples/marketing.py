"""Know what marketing did: lists and their members, campaigns' steps and answers."""

from random import Random

from tests.support.samples import texts
from tests.support.samples.deals import Campaign
from tests.support.samples.table import MADE, Row, read, write, write_links

RESPONSES_OF_CAMPAIGN = (30, 75)
CHANNELS = {
    # campaign: how people answer, how it is carried out
    "spring_trade_fairs": ("Appointment", "Appointment"),
    "energy_savings_webinar_series": ("Others", "Email"),
    "partner_newsletter": ("Email", "Email"),
    "predictive_maintenance_launch": ("Email", "Email"),
    "food_safety_mailing": ("Letter", "Letter"),
    "search_advertising": ("Others", "Other"),
}


def lists(rng: Random, people: list[Row], leads: list[Row]) -> None:
    """Write who is on each marketing list, and for which campaigns they are."""
    members = []
    contacts = [p for p in people if p.get("donotbulkemail") != "true"]
    for row in read("40_list.csv"):
        kind = str(row["createdfromcode"]).lower()
        chosen = rng.sample(leads if kind == "lead" else contacts, rng.randint(24, 70))
        for one in sorted(chosen, key=lambda r: str(r["id"])):
            members.append(
                {
                    "id": f"{row['id']}_{one['id']}",
                    "listid": row["id"],
                    "entityid": f"{kind}:{one['id']}",
                    "name": f"{one['firstname']} {one['lastname']}",
                }
            )
    write("41_listmember.csv", members)


def steps(rng: Random, campaigns: list[Campaign]) -> None:
    """Write the steps of each campaign that began."""
    found: list[Row] = []
    for campaign in campaigns:
        day = campaign.first - 20
        channel = CHANNELS[campaign.label][1]
        for subject, kind, days in texts.CAMPAIGN_STEPS:
            end = day + days
            is_done = end < -2
            found.append(
                {
                    "id": f"{campaign.label}_{len(found) + 1:02}",
                    "subject": subject,
                    "regardingobjectid": campaign.label,
                    "typecode": kind,
                    "channeltypecode": channel,
                    "statuscode": "Completed" if is_done else "In Progress",
                    "budgetedcost": (budget := rng.choice((400, 800, 1500, 2600))),
                    "actualcost": round(budget * rng.uniform(0.8, 1.2))
                    if is_done
                    else "",
                    "ownerid": "systemuser:marketing",
                    "scheduledstart@days": round(day + 9 / 24, 6),
                    "scheduledend@days": round(end + 16 / 24, 6),
                    MADE: min(day - 5, -1),
                }
            )
            day = end
    write("42_campaignactivity.csv", found)


def responses(rng: Random, campaigns: list[Campaign], people: list[Row]) -> None:
    """Write what contacts answered to each campaign that began."""
    found: list[Row] = []
    for campaign in campaigns:
        last = min(campaign.last, -1)
        for person in rng.sample(people, rng.randint(*RESPONSES_OF_CAMPAIGN)):
            day = round(rng.triangular(campaign.first, last, campaign.first + 4))
            answer = rng.choices(
                ("Interested", "Not Interested", "Do Not Send Marketing Materials"),
                (6, 4, 1),
            )[0]
            is_closed = day < -14 or answer != "Interested"
            found.append(
                {
                    "id": f"response_{len(found) + 1:03}",
                    "subject": texts.ANSWERS[answer],
                    "regardingobjectid": campaign.label,
                    "responsecode": answer,
                    "channeltypecode": CHANNELS[campaign.label][0],
                    "customer": f"contact:{person['id']}",
                    "firstname": person["firstname"],
                    "lastname": person["lastname"],
                    "emailaddress": person["emailaddress1"],
                    "statuscode": "Closed" if is_closed else "Open",
                    "ownerid": "systemuser:marketing",
                    "receivedon@days": (moment := day + rng.randint(28, 64) / 96),
                    MADE: moment,
                }
            )
    write("43_campaignresponse.csv", found)


def links_of_lists() -> None:
    """Write which lists a campaign speaks to."""
    write_links(
        "44_lists_of_campaigns.yaml",
        "campaignlist_association",
        [
            (f"campaign:{campaign}", f"list:{label}")
            for campaign, labels in texts.LISTS_OF_CAMPAIGNS.items()
            for label in labels
        ],
    )
