"""Lines edited in place: cells, saving one, adding, copying, deleting, totals."""

import re
from typing import Any
from uuid import UUID

from werkzeug.test import TestResponse

from tests.ui.world import Person, Screens
from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import Invalid
from xrm.platform.query.query import Compare, Order, Query
from xrm.platform.query.run import rows
from xrm.platform.records import service
from xrm.ui import lines_page

DEAL = "/app/work/deal"


def deal_with(screens: Screens, *names: str) -> tuple[UUID, list[UUID]]:
    """Make a deal with lines of 10 each."""
    deal = screens.create("deal", name="One")
    made = [
        screens.create("line", name=name, dealid=Ref("deal", deal), price=10)
        for name in names
    ]
    return deal, made


def grid(person: Person, deal: UUID) -> str:
    """Return the grid as htmx fetches it."""
    address = f"{DEAL}/{deal}/related/lines"
    person.get(f"{DEAL}/{deal}")
    return person.fragment(address, "related-lines").text


def send(person: Person, address: str, **values: str) -> TestResponse:
    """Send a line as the browser does."""
    data = {"csrf_token": person.token}
    data |= {f"line.{name}": value for name, value in values.items()}
    data["shown"] = "f-total-field"
    headers = {"HX-Request": "true", "HX-Target": "line-x"}
    return person.http.post(address, data=data, headers=headers)


def lines_of(screens: Screens, deal: UUID) -> list[tuple[Any, ...]]:
    """Return name, price and quantity of the lines of a deal."""
    with screens.work() as work:
        query = Query(
            "line",
            ("name", "price", "quantity"),
            Compare("dealid", "eq", (deal,)),
            order=(Order("name"),),
        )
        return [
            (row["name"], int(row["price"] or 0), int(row["quantity"]))
            for row in rows(work, query)
        ]


def version_in(text: str) -> str:
    found = re.search(r'name="line.version" value="(\d+)"', text)
    assert found is not None
    return found.group(1)


def test_messages_stand_beside_cells_or_under_the_line() -> None:
    error = Invalid("No.", target="price")
    beside, others = lines_page.split_messages(error, {}, frozenset({"price"}))
    assert (beside, others) == ({"price": ("No.",)}, ())
    beside, others = lines_page.split_messages(error, {}, frozenset({"name"}))
    assert (beside, others) == ({}, ("No.",))


def test_a_grid_has_widgets_a_new_line_and_sums(screens: Screens) -> None:
    deal, (line, _) = deal_with(screens, "A", "B")
    person = screens.client()
    text = grid(person, deal)
    assert f'id="l-{line}-quantity"' in text
    assert f'for="l-{line}-quantity">Quantity, A</label>' in text
    assert 'id="l-new-name"' in text
    assert "line.dealid" not in text
    assert "line.amount" not in text
    assert re.search(r"<tfoot.*20\.00.*</tfoot>", text, re.DOTALL)


def test_without_scripts_lines_are_records_with_forms(screens: Screens) -> None:
    deal, (line,) = deal_with(screens, "A")
    text = screens.client().get(f"{DEAL}/{deal}/related/lines").text
    assert f"/app/work/line/{line}" in text
    assert "line.quantity" not in text


def test_a_line_is_saved_and_the_record_follows(screens: Screens) -> None:
    deal, (line,) = deal_with(screens, "A")
    person = screens.client()
    version = version_in(grid(person, deal))
    address = f"{DEAL}/{deal}/lines/lines/{line}"
    answer = send(person, address, quantity="3", price="10.00", version=version)
    assert answer.status_code == 200
    assert 'id="f-total-field" hx-swap-oob="true"' in answer.text
    assert "€30.00" in answer.text
    assert 'id="record-version"' in answer.text
    assert 'id="figures" hx-swap-oob="true"' in answer.text
    assert 'id="f-name-field"' not in answer.text
    assert lines_of(screens, deal) == [("A", 10, 3)]


def test_a_refusal_stands_in_its_cell_and_keeps_what_was_typed(
    screens: Screens,
) -> None:
    deal, (line,) = deal_with(screens, "A")
    person = screens.client()
    version = version_in(grid(person, deal))
    address = f"{DEAL}/{deal}/lines/lines/{line}"
    answer = send(person, address, quantity="2000", version=version)
    assert answer.status_code == 400
    assert 'value="2000"' in answer.text
    assert f'id="l-{line}-quantity-says"' in answer.text
    assert "Not saved, A: Nobody buys more than 1,000." in answer.text
    answer = send(person, address, price="0", version=version)
    assert "Nothing is free." in answer.text
    answer = send(person, address, price="much", version=version)
    assert answer.text.count("much") >= 2
    assert lines_of(screens, deal) == [("A", 10, 1)]


def test_an_outdated_line_is_not_overwritten_unseen(screens: Screens) -> None:
    deal, (line,) = deal_with(screens, "A")
    person = screens.client()
    version = version_in(grid(person, deal))
    with screens.work() as work:
        service.update(work, "line", line, {"quantity": 7})
    address = f"{DEAL}/{deal}/lines/lines/{line}"
    answer = send(person, address, quantity="3", version=version)
    assert answer.status_code == 400
    assert "Somebody else changed this line" in answer.text
    assert 'value="3"' in answer.text
    assert lines_of(screens, deal) == [("A", 10, 7)]
    again = version_in(answer.text)
    assert send(person, address, quantity="3", version=again).status_code == 200
    assert lines_of(screens, deal) == [("A", 10, 3)]


def test_lines_are_added_copied_and_deleted(screens: Screens) -> None:
    deal, (line,) = deal_with(screens, "A")
    person = screens.client()
    grid(person, deal)
    address = f"{DEAL}/{deal}/lines/lines"
    refused = send(person, f"{address}/new", name="B", price="0", quantity="2")
    assert refused.status_code == 400
    assert 'id="l-new-name"' in refused.text
    assert 'value="B"' in refused.text
    assert "Nothing is free." in refused.text
    answer = send(person, f"{address}/new", name="B", price="5", quantity="2")
    assert answer.status_code == 200
    assert 'value="B"' in answer.text
    assert 'id="l-new-name"' in answer.text
    answer = send(person, f"{address}/{line}/copy")
    assert answer.text.count("<tbody") == 1
    assert lines_of(screens, deal) == [("A", 10, 1), ("A", 10, 1), ("B", 5, 2)]
    answer = send(person, f"{address}/{line}/delete")
    assert "<tbody" not in answer.text
    assert "€20.00" in answer.text
    assert lines_of(screens, deal) == [("A", 10, 1), ("B", 5, 2)]


def test_lines_belong_to_their_record_and_its_reader(screens: Screens) -> None:
    deal, (line,) = deal_with(screens, "A")
    other, _ = deal_with(screens, "B")
    person = screens.client()
    grid(person, deal)
    address = f"{DEAL}/{other}/lines/lines/{line}"
    assert send(person, address, quantity="3").status_code == 404
    assert send(person, f"{address}/delete").status_code == 404
    assert send(person, f"{DEAL}/{deal}/lines/tags/{line}").status_code == 404
    assert send(person, f"{DEAL}/{deal}/lines/lines/nothing").status_code == 404
    anna = screens.client("anna")
    anna.get("/app/work/deal")
    assert send(anna, f"{DEAL}/{deal}/lines/lines/{line}").status_code == 404


def test_lines_of_a_closed_record_are_only_shown(screens: Screens) -> None:
    deal, _ = deal_with(screens, "A")
    with screens.work() as work:
        service.set_state(work, "deal", deal, 1)
    assert "line.quantity" not in grid(screens.client(), deal)
