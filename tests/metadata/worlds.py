"""A small sound world of definitions, and the way from a text to its problems."""

from collections.abc import Iterable
from functools import cache

from xrm.metadata.catalog import Catalog, compose
from xrm.metadata.checks import check
from xrm.metadata.documents import Document
from xrm.metadata.loading import load_document
from xrm.metadata.schemas import schema_problems
from xrm.rule_engine import Problem

BASE = {
    "solution.yaml": """\
kind: solution
name: base
label: Base
version: "1.4"
publisher: Tests
prefix: base
""",
    "industry.yaml": """\
kind: choice
name: industry
options: [{value: 1, label: Accounting}, {value: 2, label: Brokers}]
""",
    "businessunit.yaml": """\
kind: entity
name: businessunit
ownership: organization
title: name
fields:
  name: {type: text, required: true}
""",
    "systemuser.yaml": """\
kind: entity
name: systemuser
ownership: organization
title: fullname
fields:
  fullname: {type: text, required: true}
""",
    "team.yaml": """\
kind: entity
name: team
ownership: organization
title: name
fields:
  name: {type: text, required: true}
""",
    "transactioncurrency.yaml": """\
kind: entity
name: transactioncurrency
set_name: transactioncurrencies
ownership: organization
title: name
fields:
  name: {type: text, required: true}
""",
    "account.yaml": """\
kind: entity
name: account
title: name
hierarchy: parentaccountid
quick_find: [name, accountnumber]
fields:
  name: {type: text, required: true, max_length: 160}
  accountnumber: {type: text, max_length: 20}
  industrycode: {type: choice, choices: industry}
  revenue: {type: currency, min: 0}
  employees: {type: integer}
  founded: {type: date}
  remarks: {type: text, format: text_area}
  active: {type: boolean, default: true}
  photo: {type: image}
  parentaccountid: {type: lookup, to: account, collection: subsidiaries}
  primarycontactid: {type: lookup, to: contact, collection: main_accounts}
  opencases: {type: integer, rollup: count(tickets where statecode = "Open")}
keys: {by_number: accountnumber}
""",
    "contact.yaml": """\
kind: entity
name: contact
title: fullname
fields:
  firstname: {type: text}
  lastname: {type: text, required: true}
  fullname:
    type: text
    formula: concatenate(firstname, " ", lastname)
    stored: true
  parentcustomerid: {type: lookup, to: [account, contact], collection: contacts}
  birthdate: {type: date}
""",
    "ticket.yaml": """\
kind: entity
name: ticket
title: title
fields:
  title: {type: text, required: true}
  customerid: {type: lookup, to: account, collection: tickets}
  due: {type: datetime}
  hours: {type: decimal, scale: 1}
  rate: {type: currency}
  cost: {type: currency, formula: hours * rate}
states:
  - value: 0
    name: Open
    reasons: [{value: 1, label: New}, {value: 2, label: Waiting}]
  - {value: 1, name: Closed, reasons: [{value: 3, label: Solved}]}
transitions: {Open: Closed, Closed: Open}
""",
    "tickets_open.yaml": """\
kind: view
entity: ticket
name: open
columns: [title, customerid, due]
filter: statecode = "Open"
sort: -due
default: true
""",
    "by_customer.yaml": """\
kind: chart
entity: ticket
name: by_customer
group: customerid
""",
    "sales.yaml": """\
kind: dashboard
name: sales
tiles: [{entity: ticket, chart: by_customer}]
""",
    "agent.yaml": """\
kind: role
name: agent
privileges: {ticket: own}
""",
    "account_contact.yaml": """\
kind: relationship
name: account_fans
entities: [account, contact]
collections: {account: fans, contact: favourites}
""",
}


def document_of(text: str, file: str) -> Document:
    """Return the document of a sound text."""
    document, problems = load_document(text, file)
    assert document is not None, problems
    assert not schema_problems(document), schema_problems(document)
    return document


@cache
def base_documents() -> tuple[Document, ...]:
    """Return the documents of the small world."""
    return tuple(document_of(text, file) for file, text in BASE.items())


def base_catalog() -> Catalog:
    """Return the catalog of the small world."""
    return compose(base_documents())


def problems_of(text: str, file: str) -> list[Problem]:
    """Return what is wrong with one document in the small world, as a publish does."""
    document, problems = load_document(text, file)
    if document is None:
        return list(problems)
    return schema_problems(document) or problems_in(base_documents(), document)


def problems_in(others: Iterable[Document], document: Document) -> list[Problem]:
    """Return what the checks say of a document that joins others or replaces one."""
    rest = [
        other
        for other in others
        if (other.kind, other.key) != (document.kind, document.key)
    ]
    documents = [*rest, document]
    return check(compose(documents), documents)
