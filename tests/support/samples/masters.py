"""Know who and what there is to sell to: products, prices, companies and people.

The first files are kept by hand; what `words.py` adds is put behind them, so a second
run changes nothing.
"""

from decimal import Decimal
from random import Random

from tests.support.samples import words
from tests.support.samples.table import Row, read, write

PRICE_LISTS = {
    # label: name, currency, factor on the price in euro
    "retail": ("Retail", "EUR", Decimal("1")),
    "partners": ("Partners", "EUR", Decimal("0.85")),
    "us": ("United States", "USD", Decimal("1.12")),
    "uk": ("United Kingdom", "GBP", Decimal("0.9")),
    "ch": ("Switzerland", "CHF", Decimal("1.02")),
}
OWNERS = {
    "dach": ("salesperson", "jonas.berg"),
    "north": ("salesperson", "aisha.khan"),
    "west": ("clara.moreau", "jonas.berg"),
    "south": ("paolo.conti", "clara.moreau"),
    "east": ("aisha.khan", "jonas.berg"),
    "overseas": ("aisha.khan", "paolo.conti"),
}
LIST_OF_COUNTRY = {
    "United Kingdom": "uk",
    "Ireland": "uk",
    "Switzerland": "ch",
    "United States": "us",
    "Canada": "us",
    "Japan": "us",
    "South Korea": "us",
    "United Arab Emirates": "us",
    "Singapore": "us",
    "Australia": "us",
    "Brazil": "us",
    "India": "us",
}


def industries() -> dict[int, str]:
    """Return the labels of the industries by their numbers."""
    return {
        12: "Durable Manufacturing",
        17: "Food and Tobacco Processing",
        30: "Transportation",
        31: "Utility Creation and Distribution",
    }


def products() -> list[Row]:
    """Write the catalogue and its prices; return the products."""
    added = {label for label, *_ in words.NEW_PRODUCTS}
    found = [row for row in read("14_product.csv") if row["id"] not in added]
    for label, name, group, unit, price, cost, subject, stock in words.NEW_PRODUCTS:
        found.append(
            {
                "id": label,
                "productnumber": label.upper().replace("_", "-"),
                "name": name,
                "producttypecode": "Sales Inventory" if stock else "Services",
                "defaultuomscheduleid": group,
                "defaultuomid": unit,
                "price": price,
                "standardcost": cost,
                "subjectid": subject,
                "quantityonhand": stock or "",
                "statecode": "Active",
            }
        )
    write("14_product.csv", found)
    write(
        "15_pricelevel.csv",
        (
            {
                "id": label,
                "name": name,
                "transactioncurrencyid": currency,
                "begindate@days": -760,
            }
            for label, (name, currency, _) in PRICE_LISTS.items()
        ),
    )
    sold = [row for row in found if row["statecode"] == "Active"]
    write(
        "16_productpricelevel.csv",
        (
            {
                "id": f"{label}_{row['id']}",
                "pricelevelid": label,
                "productid": row["id"],
                "uomid": row["defaultuomid"],
                "transactioncurrencyid": currency,
                "pricingmethodcode": "Currency Amount",
                "amount": price_of(row, label),
            }
            for label, (_, currency, _) in PRICE_LISTS.items()
            for row in sold
        ),
    )
    return found


def price_of(product: Row, price_list: str) -> Decimal:
    """Return the price of a product in the currency of a price list."""
    factor = PRICE_LISTS[price_list][2]
    return (Decimal(str(product["price"])) * factor).quantize(Decimal("0.01"))


def accounts(rng: Random) -> list[Row]:
    """Write the companies; return them."""
    added = {label for label, *_ in words.COMPANIES}
    found = [row for row in read("21_account.csv") if row["id"] not in added]
    labels = industries()
    for number, company in enumerate(words.COMPANIES, len(found) + 1001):
        label, name, latin, country_name, industry, people, revenue = company
        country = words.COUNTRIES[country_name]
        city, code = rng.choice(country.cities)
        street = rng.choice(country.streets)
        domain = f"{latin.lower().replace(' ', '-')}.example"
        found.append(
            {
                "id": label,
                "name": name,
                "accountnumber": f"A-{number}",
                "telephone1": telephone(rng, country.dial),
                "emailaddress1": f"office@{domain}",
                "websiteurl": f"https://www.{domain}",
                "industrycode": labels[industry],
                "customertypecode": rng.choice(("Customer", "Customer", "Prospect")),
                "accountcategorycode": rng.choice(("Preferred Customer", "Standard")),
                "numberofemployees": people,
                "revenue": revenue * 1_000_000,
                "territoryid": country.territory,
                "address1_line1": f"{street} {rng.randint(1, 120)}",
                "address1_postalcode": code,
                "address1_city": city,
                "address1_country": country.name,
                "paymenttermscode": rng.choice(("Net 30", "Net 45", "Net 60")),
                "primarycontactid": f"{label}_1",
                "ownerid": f"systemuser:{rng.choice(OWNERS[country.territory])}",
                "overriddencreatedon@days": -rng.randint(60, 700),
            }
        )
    for row in found:
        row["transactioncurrencyid"] = currency_of(row)
        row["defaultpricelevelid"] = list_of(row)
    write("21_account.csv", found)
    return found


def list_of(account: Row) -> str:
    """Return the price list a company buys by."""
    return LIST_OF_COUNTRY.get(str(account.get("address1_country", "")), "retail")


def currency_of(account: Row) -> str:
    """Return the currency a company pays in."""
    return PRICE_LISTS[list_of(account)][1]


def telephone(rng: Random, dial: str) -> str:
    """Return a number that rings nowhere."""
    return f"{dial} 555 {rng.randint(1000, 9999)}"


def contacts(rng: Random, companies: list[Row]) -> list[Row]:
    """Write the people of the companies, at least two each; return them."""
    added = {label for label, *_ in words.COMPANIES}
    found = [
        row
        for row in read("22_contact.csv")
        if row["parentcustomerid"].partition(":")[2] not in added
        and not row["id"].endswith("_x")
    ]
    for company in companies:
        label = str(company["id"])
        have = [r for r in found if r["parentcustomerid"] == f"account:{label}"]
        country = words.COUNTRIES.get(str(company["address1_country"]))
        if label in added and country is not None:
            for number in range(1, rng.randint(3, 6)):
                found.append(_person(rng, company, country, number))
        elif len(have) < 3:
            found.append(_colleague(rng, company, have[0]))
    write("22_contact.csv", found)
    return found


def _person(rng: Random, company: Row, country: words.Country, number: int) -> Row:
    job, role = words.JOBS[(number + len(str(company["id"]))) % len(words.JOBS)]
    domain = str(company["emailaddress1"]).partition("@")[2]
    return {
        "id": f"{company['id']}_{number}",
        "firstname": country.first[(number - 1) % len(country.first)],
        "lastname": rng.choice(country.last),
        "parentcustomerid": f"account:{company['id']}",
        "jobtitle": job,
        "accountrolecode": role,
        "emailaddress1": f"{rng.choice(words.LATIN_FIRST)}.{number}@{domain}",
        "telephone1": telephone(rng, country.dial),
        "address1_city": company["address1_city"],
        "address1_country": company["address1_country"],
        "donotbulkemail": "true" if rng.random() < 0.2 else "false",
        "ownerid": company["ownerid"],
        "overriddencreatedon@days": company["overriddencreatedon@days"],
    }


def _colleague(rng: Random, company: Row, first: Row) -> Row:
    """Return one more person for a company of the first files."""
    job, role = rng.choice(words.JOBS)
    person = dict(first)
    domain = str(company["emailaddress1"]).partition("@")[2]
    name = rng.choice(("Robin", "Sascha", "Andrea", "Dominique", "Toni", "Luca"))
    person.update(
        {
            "id": f"{company['id']}_x",
            "firstname": name,
            "jobtitle": job,
            "accountrolecode": role,
            "emailaddress1": f"{name.lower()}.{company['id']!s}@{domain}",
        }
    )
    for other in ("mobilephone", "birthdate"):
        person.pop(other, None)
    return person
