"""Know what people did for customers: cases, activities, notes."""

from random import Random

from tests.support.samples import words
from tests.support.samples.deals import Deal
from tests.support.samples.table import Row, write

CASES, TASKS, CALLS, MEETINGS, MAILS, NOTES = 120, 520, 420, 230, 330, 180
AGENTS = ("service", "service", "piet.vos")
Subject = tuple[str, str, int, int, str, str]
"""Entity, label, first day, last day, owner, the customer's label."""


def cases(rng: Random, companies: list[Row], people: list[Row]) -> list[Row]:
    """Write the cases; return them."""
    found = []
    for number in range(1, CASES + 1):
        account = rng.choice(companies)
        staff = [
            p for p in people if p["parentcustomerid"] == f"account:{account['id']}"
        ]
        title, kind, subject, product = rng.choice(words.CASES)
        age = int(rng.triangular(0, 300, 1))
        priority = rng.choice(("High", "Normal", "Normal", "Normal", "Low"))
        days = {"High": 2, "Normal": 5, "Low": 10}[priority]
        is_open = age < 6 or (age < 60 and rng.random() < 0.6)
        status = (
            rng.choice(("In Progress", "In Progress", "On Hold", "Waiting for Details"))
            if is_open
            else rng.choice(
                ("Problem Solved",) * 7 + ("Information Provided", "Canceled")
            )
        )
        row: Row = {
            "id": f"case_{number:03}",
            "title": title,
            "customerid": f"account:{account['id']}",
            "primarycontactid": rng.choice(staff)["id"],
            "casetypecode": kind,
            "caseorigincode": rng.choice(("Email", "Email", "Phone", "Web")),
            "prioritycode": priority,
            "subjectid": subject,
            "productid": product,
            "statuscode": status,
            "customersatisfactioncode": ""
            if is_open or rng.random() < 0.5
            else rng.choice(
                ("Very Satisfied", "Satisfied", "Satisfied", "Neutral", "Dissatisfied")
            ),
            "isescalated": "true"
            if is_open and age > days and rng.random() < 0.4
            else "false",
            "description": rng.choice(words.CASE_TEXTS),
            "ownerid": f"systemuser:{rng.choice(AGENTS)}",
            "resolveby@days": -age + days,
            "overriddencreatedon@days": -age,
        }
        found.append(row)
    write("32_incident.csv", found)
    return found


def subjects(
    companies: list[Row], deals: list[Deal], leads: list[Row], found_cases: list[Row]
) -> list[Subject]:
    """Return what activities may be about, with when it was worked on and by whom."""
    made: list[Subject] = []
    for deal in deals:
        first = int(deal.row["overriddencreatedon@days"])
        last = deal.closed if deal.closed is not None else 20
        owner = str(deal.row["ownerid"])
        made.append(
            ("opportunity", deal.label, first, last, owner, str(deal.account["id"]))
        )
    for case in found_cases:
        first = int(case["overriddencreatedon@days"])
        is_open = case["statuscode"] in (
            "In Progress",
            "On Hold",
            "Waiting for Details",
        )
        label = str(case["customerid"]).partition(":")[2]
        last = 6 if is_open else min(first + 9, 0)
        owner = str(case["ownerid"])
        made.append(("incident", str(case["id"]), first, last, owner, label))
    for lead in leads:
        first = int(lead["overriddencreatedon@days"])
        is_open = lead["statuscode"] in ("New", "Contacted")
        last = 10 if is_open else min(first + 30, 0)
        made.append(("lead", str(lead["id"]), first, last, str(lead["ownerid"]), ""))
    for account in companies:
        label = str(account["id"])
        made.append(("account", label, -360, 30, str(account["ownerid"]), label))
    return made


def _pick(rng: Random, about: list[Subject], kinds: tuple[str, ...]) -> Subject:
    """Choose what an activity is about; younger things have more of them."""
    while True:
        one = rng.choice(about)
        if one[0] in kinds and (one[3] > -365 or rng.random() < 0.25):
            return one


def _day(rng: Random, one: Subject) -> int:
    return rng.randint(one[2], max(one[2], one[3]))


def _hour(rng: Random) -> float:
    """Return a time of the working day as a part of a day, in quarters of an hour."""
    return rng.randint(7 * 4, 15 * 4) / 96


def tasks(rng: Random, about: list[Subject]) -> list[Row]:
    """Write the tasks."""
    found = []
    for number in range(1, TASKS + 1):
        one = _pick(rng, about, ("opportunity", "incident", "account", "lead"))
        day = _day(rng, one)
        due = round(day + _hour(rng), 6)
        is_done = day < -3 or (day < 0 and rng.random() < 0.7)
        row: Row = {
            "id": f"task_{number:03}",
            "subject": rng.choice(words.TASKS[one[0]]),
            "regardingobjectid": f"{one[0]}:{one[1]}",
            "prioritycode": rng.choice(("Normal", "Normal", "Normal", "High", "Low")),
            "statuscode": rng.choice(("Completed",) * 9 + ("Canceled",))
            if is_done
            else rng.choice(("Not Started", "Not Started", "In Progress")),
            "percentcomplete": 100 if is_done else rng.choice((0, 0, 25, 50)),
            "ownerid": one[4],
            "scheduledend@workdays": due,
            "actualend@workdays": round(due - rng.random(), 6) if is_done else "",
            "overriddencreatedon@workdays": min(day - rng.randint(1, 12), -1),
        }
        found.append(row)
    write("33_task.csv", found)
    return found


def _staff(people: list[Row]) -> dict[str, list[Row]]:
    """Return the contacts of each company."""
    found: dict[str, list[Row]] = {}
    for person in people:
        label = str(person["parentcustomerid"]).partition(":")[2]
        found.setdefault(label, []).append(person)
    return found


def calls(rng: Random, about: list[Subject], companies: list[Row]) -> list[Row]:
    """Write the phone calls."""
    numbers = {str(row["id"]): row.get("telephone1", "") for row in companies}
    found = []
    for number in range(1, CALLS + 1):
        one = _pick(rng, about, ("opportunity", "incident", "account", "lead"))
        day = _day(rng, one)
        is_done = day < -2
        is_ours = rng.random() < 0.65
        due = round(day + _hour(rng), 6)
        row: Row = {
            "id": f"call_{number:03}",
            "subject": rng.choice(words.CALLS[one[0]]),
            "directioncode": "true" if is_ours else "false",
            "phonenumber": numbers.get(one[5], ""),
            "regardingobjectid": f"{one[0]}:{one[1]}",
            "description": rng.choice(words.CALL_TEXTS) if is_done else "",
            "statuscode": ("Made" if is_ours else "Received") if is_done else "Open",
            "actualdurationminutes": rng.choice((5, 10, 15, 20, 30)) if is_done else "",
            "ownerid": one[4],
            "scheduledend@workdays": due,
            "actualend@workdays": due if is_done else "",
            "overriddencreatedon@workdays": min(day - rng.randint(0, 5), -1),
        }
        found.append(row)
    write("34_phonecall.csv", found)
    return found


def meetings(
    rng: Random, about: list[Subject], companies: list[Row], people: list[Row]
) -> list[Row]:
    """Write the appointments."""
    cities = {str(row["id"]): row.get("address1_city", "") for row in companies}
    staff = _staff(people)
    found = []
    for number in range(1, MEETINGS + 1):
        one = _pick(rng, about, ("opportunity", "opportunity", "account"))
        day = _day(rng, one)
        start = day + _hour(rng)
        name, place, minutes = rng.choice(words.MEETINGS)
        is_done = day < 0
        row: Row = {
            "id": f"appointment_{number:03}",
            "subject": name,
            "location": place or cities.get(one[5], ""),
            "regardingobjectid": f"{one[0]}:{one[1]}",
            "statuscode": rng.choice(("Completed",) * 9 + ("Canceled",))
            if is_done
            else rng.choice(("Busy", "Busy", "Tentative")),
            "ownerid": one[4],
            "organizer": one[4],
            "requiredattendees": "; ".join(
                f"contact:{person['id']}" for person in staff.get(one[5], [])[:2]
            ),
            "scheduledstart@workdays": round(start, 6),
            "scheduledend@workdays": round(start + minutes / 1440, 6),
            "overriddencreatedon@workdays": min(day - rng.randint(3, 20), -1),
        }
        found.append(row)
    write("35_appointment.csv", found)
    return found


def mails(rng: Random, about: list[Subject], people: list[Row]) -> list[Row]:
    """Write the e-mails."""
    staff = _staff(people)
    found = []
    for number in range(1, MAILS + 1):
        one = _pick(rng, about, ("opportunity", "incident"))
        day = min(_day(rng, one), -rng.randint(1, 9))
        person = rng.choice(staff[one[5]])
        ours = (
            "support@aurelia.example"
            if one[0] == "incident"
            else "sales@aurelia.example"
        )
        is_ours = rng.random() < 0.6
        subject, body = rng.choice(words.MAILS)
        is_draft = day > -4 and rng.random() < 0.3
        row: Row = {
            "id": f"email_{number:03}",
            "subject": subject,
            "directioncode": "true" if is_ours or is_draft else "false",
            "sender": ours if is_ours or is_draft else person["emailaddress1"],
            "torecipients": person["emailaddress1"] if is_ours or is_draft else ours,
            "from": one[4] if is_ours or is_draft else f"contact:{person['id']}",
            "to": f"contact:{person['id']}" if is_ours or is_draft else one[4],
            "description": body,
            "regardingobjectid": f"{one[0]}:{one[1]}",
            "statuscode": "Draft" if is_draft else "Sent" if is_ours else "Received",
            "ownerid": one[4],
            "senton@workdays": "" if is_draft else round(day + _hour(rng) - 1, 6),
            "overriddencreatedon@workdays": day,
        }
        found.append(row)
    write("36_email.csv", found)
    return found


def notes(rng: Random, about: list[Subject]) -> list[Row]:
    """Write the notes."""
    found = []
    for number in range(1, NOTES + 1):
        one = _pick(rng, about, ("opportunity", "incident", "account", "lead"))
        subject, text = rng.choice(words.NOTES)
        found.append(
            {
                "id": f"note_{number:03}",
                "subject": subject,
                "notetext": text,
                "objectid": f"{one[0]}:{one[1]}",
                "ownerid": one[4],
                "overriddencreatedon@days": min(_day(rng, one), -1),
            }
        )
    write("37_annotation.csv", found)
    return found
