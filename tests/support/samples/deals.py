"""Know what is offered and sold: leads, opportunities, quotes, orders, invoices.

An order holds the lines of its quote, an invoice those of its order, so their totals
agree. Business grows over the eight quarters and is stronger in autumn.
"""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from tests.support.samples import words
from tests.support.samples.masters import (
    OWNERS,
    PRICE_LISTS,
    currency_of,
    list_of,
    price_of,
    telephone,
)
from tests.support.samples.table import Row, write

LEADS, DEALS = 150, 250
TAX = Decimal("0.19")
CENT = Decimal("0.01")
SOURCES = (
    "Web",
    "Web",
    "Web",
    "Trade Show",
    "Trade Show",
    "Partner",
    "Advertisement",
    "Seminar",
    "Word of Mouth",
    "External Referral",
)
PROBABILITY = {"Qualify": 10, "Develop": 30, "Propose": 60, "Close": 85}
LOST = ("Canceled", "Out-Sold", "Out-Sold")
COMPANY_WORDS = (
    ("Indigo", "Luna", "Opal", "Cobalt", "Juno", "Sequoia", "Ravel", "Onyx", "Tarn"),
    ("Farms", "Kitchens", "Transport", "Chemicals", "Dairy", "Castings", "Foods"),
    ("GmbH", "SAS", "Kft.", "B.V.", "S.r.l.", "AB", "Ltd.", "S.L.", "Oy"),
)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign that leads and deals may come from: its label and when it ran."""

    label: str
    first: int
    last: int


def running(campaigns: list[Row]) -> list[Campaign]:
    """Return the campaigns that began."""
    return [
        Campaign(
            str(row["id"]),
            int(row["actualstart@days"]),
            min(int(row.get("actualend@days") or row["proposedend@days"]), 0),
        )
        for row in campaigns
        if "actualstart@days" in row
    ]


def leads(rng: Random, campaigns: list[Campaign]) -> list[Row]:
    """Write the leads; return them."""
    found = []
    for number in range(1, LEADS + 1):
        country = rng.choice(list(words.COUNTRIES.values())[:7])
        city, _ = rng.choice(country.cities)
        age = int(rng.triangular(0, 365, 40))
        able = [c for c in campaigns if c.first <= -age <= c.last]
        campaign = rng.choice(able) if able and rng.random() < 0.55 else None
        company = " ".join(rng.choice(part) for part in COMPANY_WORDS)
        domain = f"{'-'.join(company.lower().split()[:2])}.example"
        subject = rng.choice(words.SOLUTIONS)[0]
        if age > 45:
            status = rng.choice(
                ("Qualified",) * 4
                + ("Lost", "Cannot Contact", "No Longer Interested", "Canceled", "New")
            )
        else:
            status = rng.choice(("New", "New", "Contacted", "Contacted", "Qualified"))
        job, _ = rng.choice(words.JOBS)
        owner = rng.choice((*OWNERS[country.territory], "marketing"))
        row: Row = {
            "id": f"lead_{number:03}",
            "subject": subject,
            "firstname": rng.choice(country.first),
            "lastname": rng.choice(country.last),
            "companyname": company,
            "jobtitle": job,
            "emailaddress1": f"{rng.choice(words.LATIN_FIRST)}@{domain}",
            "telephone1": telephone(rng, country.dial),
            "leadsourcecode": "Trade Show"
            if campaign and "fair" in campaign.label
            else rng.choice(SOURCES),
            "leadqualitycode": rng.choice(("Hot", "Warm", "Warm", "Cold")),
            "industrycode": rng.choice(
                (
                    "Food and Tobacco Processing",
                    "Durable Manufacturing",
                    "Transportation",
                    "Utility Creation and Distribution",
                    "Building Supply Retail",
                    "Petrochemical Extraction and Distribution",
                )
            ),
            "estimatedamount": rng.choice((3, 6, 9, 12, 18, 25, 40, 60, 90)) * 1000,
            "numberofemployees": rng.choice((12, 35, 60, 120, 250, 400, 900)),
            "address1_city": city,
            "address1_country": country.name,
            "campaignid": campaign.label if campaign else "",
            "statuscode": status,
            "ownerid": f"systemuser:{owner}",
            "estimatedclosedate@days": -age + rng.randint(60, 160),
            "overriddencreatedon@days": -age,
        }
        found.append(row)
    write("23_lead.csv", found)
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """What is sold on one line, in the currency of its deal."""

    product: str
    unit: str
    quantity: int
    price: Decimal
    discount: Decimal
    tax: Decimal

    @property
    def net(self) -> Decimal:
        """Return the amount without tax."""
        return self.quantity * self.price - self.discount

    def row(self, kind: str, parent: str, number: int) -> Row:
        """Return the line as a row of a document."""
        return {
            "id": f"{parent}_{number}",
            kind: parent,
            "lineitemnumber": number,
            "productid": self.product,
            "uomid": self.unit,
            "quantity": self.quantity,
            "priceperunit": self.price,
            "manualdiscountamount": self.discount or "",
            "tax": self.tax,
        }


@dataclass(frozen=True, slots=True)
class Deal:
    """An opportunity with its lines, its customer and when things happened."""

    row: Row
    lines: tuple[Line, ...]
    account: Row
    closed: int | None

    @property
    def label(self) -> str:
        """Return what the sample files call it."""
        return str(self.row["id"])


def opportunities(
    rng: Random,
    companies: list[Row],
    people: list[Row],
    products: list[Row],
    qualified: list[Row],
    campaigns: list[Campaign],
) -> list[Deal]:
    """Write the opportunities and their lines; return them."""
    by_label = {str(row["id"]): row for row in products}
    origins = list(qualified)
    found = []
    for number in range(1, DEALS + 1):
        age = rng.randint(2, 720) if rng.random() < 0.6 else rng.randint(2, 160)
        account = rng.choice(companies)
        staff = [
            p for p in people if p["parentcustomerid"] == f"account:{account['id']}"
        ]
        what, catalogue = rng.choice(words.SOLUTIONS)
        price_list = "partners" if rng.random() < 0.08 else list_of(account)
        if PRICE_LISTS[price_list][1] != currency_of(account):
            price_list = list_of(account)
        lines = _lines(rng, catalogue, by_label, price_list, account)
        net = sum((line.net for line in lines), Decimal(0))
        origin = origins.pop() if origins and age < 300 and rng.random() < 0.6 else None
        closed, status = _fate(rng, age)
        stage = "Close" if closed is not None else _stage(rng, age)
        row: Row = {
            "id": f"opp_{number:03}",
            "name": f"{what} for {account['name']}",
            "customerid": f"account:{account['id']}",
            "parentcontactid": rng.choice(staff)["id"],
            "transactioncurrencyid": currency_of(account),
            "estimatedvalue": net.quantize(CENT),
            "closeprobability": {"Won": 100}.get(
                status, 0 if closed is not None else PROBABILITY[stage]
            ),
            "salesstage": stage,
            "opportunityratingcode": rng.choice(("Hot", "Warm", "Warm", "Cold")),
            "pricelevelid": price_list,
            "originatingleadid": origin["id"] if origin else "",
            "campaignid": (origin or {}).get("campaignid", "")
            or _source(rng, campaigns, age),
            "statuscode": status,
            "actualvalue": net.quantize(CENT) if status == "Won" else "",
            "ownerid": account["ownerid"],
            "estimatedclosedate@days": closed
            if closed is not None
            else rng.randint(-12, 150),
            "actualclosedate@days": "" if closed is None else closed,
            "overriddencreatedon@days": -age,
        }
        found.append(Deal(row, lines, account, closed))
    write("24_opportunity.csv", (deal.row for deal in found))
    write(
        "25_opportunityproduct.csv",
        (
            line.row("opportunityid", deal.label, number)
            for deal in found
            for number, line in enumerate(deal.lines, 1)
        ),
    )
    return found


def _fate(rng: Random, age: int) -> tuple[int | None, str]:
    """Return on which day it was closed and how; `None` and a status when open."""
    after = rng.randint(30, 170)
    if age <= after + 2:
        return None, "On Hold" if rng.random() < 0.12 else "In Progress"
    day = -age + after
    return day, "Won" if rng.random() < 0.56 else rng.choice(LOST)


def _stage(rng: Random, age: int) -> str:
    stages = list(PROBABILITY)
    return stages[min(3, int(age / 40 + rng.random() * 1.8))]


def _source(rng: Random, campaigns: list[Campaign], age: int) -> str:
    able = [c.label for c in campaigns if c.first <= -age <= c.last]
    return rng.choice(able) if able and rng.random() < 0.25 else ""


def _lines(
    rng: Random,
    catalogue: tuple[str, ...],
    products: dict[str, Row],
    price_list: str,
    account: Row,
) -> tuple[Line, ...]:
    size = 1 + int(account.get("numberofemployees", 100)) / 300
    made = []
    for label in catalogue[: rng.randint(2, len(catalogue))]:
        product = products[label]
        if product["statecode"] != "Active":
            continue
        price = price_of(product, price_list)
        unit = str(product["defaultuomid"])
        quantity = {
            "piece": max(1, round(rng.triangular(3, 60, 10) * size)),
            "month": rng.choice((12, 12, 24, 36)),
            "day": rng.randint(1, 8),
            "hour": rng.randint(4, 40),
        }[unit]
        if unit == "piece" and price > 800:
            quantity = max(1, quantity // 8)
        amount = quantity * price
        rate = rng.choice((0, 0, 0, 5, 10))
        discount = (amount * rate / 100).quantize(CENT)
        tax = ((amount - discount) * TAX).quantize(CENT)
        made.append(Line(label, unit, quantity, price, discount, tax))
    return tuple(made)


def documents(rng: Random, deals: list[Deal]) -> None:
    """Write the quotes, orders and invoices of the deals, with their lines."""
    quotes: list[tuple[Row, Deal]] = []
    orders: list[tuple[Row, Deal]] = []
    invoices: list[tuple[Row, Deal]] = []
    for deal in deals:
        status = deal.row["statuscode"]
        is_offered = status == "Won" or (
            rng.random() < 0.3
            if deal.closed is not None
            else deal.row["salesstage"] in ("Propose", "Close")
        )
        if not is_offered:
            continue
        quote = _quote(rng, deal, f"quote_{len(quotes) + 1:03}")
        quotes.append((quote, deal))
        if status != "Won":
            continue
        day = deal.closed or 0
        order = _order(rng, deal, f"order_{len(orders) + 1:03}", str(quote["id"]), day)
        orders.append((order, deal))
        if order["statuscode"] in ("Complete", "Invoiced"):
            label = f"invoice_{len(invoices) + 1:03}"
            invoices.append((_invoice(rng, deal, label, str(order["id"]), day), deal))
    for file, lines, parent, made in (
        ("26_quote.csv", "27_quotedetail.csv", "quoteid", quotes),
        ("28_salesorder.csv", "29_salesorderdetail.csv", "salesorderid", orders),
        ("30_invoice.csv", "31_invoicedetail.csv", "invoiceid", invoices),
    ):
        write(file, (row for row, _ in made))
        write(
            lines,
            (
                line.row(parent, str(row["id"]), number)
                for row, deal in made
                for number, line in enumerate(deal.lines, 1)
            ),
        )


def _document(rng: Random, deal: Deal, label: str) -> Row:
    account = deal.account
    return {
        "id": label,
        "name": deal.row["name"],
        "customerid": deal.row["customerid"],
        "opportunityid": deal.label,
        "pricelevelid": deal.row["pricelevelid"],
        "transactioncurrencyid": deal.row["transactioncurrencyid"],
        "paymenttermscode": account.get("paymenttermscode", "Net 30"),
        "shippingmethodcode": rng.choice(("DHL", "UPS", "Full Load", "Will Call")),
        "freightamount": rng.choice((0, 25, 25, 60, 120)),
        "billto_name": account["name"],
        "billto_line1": account.get("address1_line1", ""),
        "billto_postalcode": account.get("address1_postalcode", ""),
        "billto_city": account.get("address1_city", ""),
        "billto_country": account.get("address1_country", ""),
        "ownerid": deal.row["ownerid"],
    }


def _quote(rng: Random, deal: Deal, label: str) -> Row:
    row = _document(rng, deal, label)
    status = deal.row["statuscode"]
    made = int(deal.row["overriddencreatedon@days"]) + rng.randint(5, 15)
    sent = min(made, -1)
    row["statuscode"] = (
        4
        if status == "Won"
        else 5
        if deal.closed is not None
        else rng.choice((1, 2, 3))
    )
    row["effectivefrom@days"] = sent
    row["effectiveto@days"] = sent + 45
    row["closedon@days"] = "" if deal.closed is None else deal.closed
    row["overriddencreatedon@days"] = sent
    return row


def _order(rng: Random, deal: Deal, label: str, quote: str, day: int) -> Row:
    row = _document(rng, deal, label)
    row["quoteid"] = quote
    age = -day
    row["statuscode"] = (
        rng.choice(("New", "Pending", "In Progress"))
        if age < 21
        else rng.choice(("Complete", "Invoiced", "Invoiced", "Invoiced"))
        if age < 420 or rng.random() < 0.97
        else "No Money"
    )
    row["requestdeliveryby@days"] = day + rng.randint(20, 45)
    is_done = row["statuscode"] in ("Complete", "Invoiced")
    row["datefulfilled@days"] = min(day + rng.randint(14, 50), -1) if is_done else ""
    row["overriddencreatedon@days"] = day
    return row


def _invoice(rng: Random, deal: Deal, label: str, order: str, day: int) -> Row:
    row = _document(rng, deal, label)
    row["salesorderid"] = order
    billed = min(day + rng.randint(16, 40), -1)
    due = billed + 30
    row["statuscode"] = 100001 if due < -10 or rng.random() < 0.3 else "Billed"
    row["duedate@days"] = due
    row["datedelivered@days"] = billed
    row["overriddencreatedon@days"] = billed
    return row
