"""Parties on forms: who is ticked stays, names and addresses are added."""

from uuid import UUID

import pytest

from tests.ui.journeys import Journey, make
from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import Formats, Ref
from xrm.metadata.fields.party import Party
from xrm.ui import parties
from xrm.ui.form_values import read

ID = UUID("6f1c9f3e-8a5b-4f0e-9d0c-0d6a3c1b2a4f")
TO = Field("to", "party", "To", options={"participation": "to_recipient"})
ROW = {
    "to": (Party(Ref("contact", ID)), Party(None, "a@b.org")),
    "to@names": {f"contact:{ID}": "Anna", "a@b.org": "a@b.org"},
}


def test_parties_are_shown_by_their_names() -> None:
    assert parties.shown(ROW, TO) == "Anna; a@b.org"
    assert [c.label for c in parties.boxes(ROW, TO, ["x@y.z", "a@b.org"])] == [
        "Anna", "a@b.org", "x@y.z"
    ]  # fmt: skip
    assert parties.shown({}, TO) == ""
    assert parties.links(ROW, TO, lambda ref: f"/{ref.entity}") == (
        ("Anna", "/contact"),
        ("a@b.org", ""),
    )
    under_address = {"to": (Party(Ref("contact", ID), "x@y.z"),), "to@names": {}}
    assert parties.links(under_address, TO, lambda ref: f"/{ref.entity}") == (
        ("x@y.z", ""),
    )
    hidden = {"to": (Party(Ref("contact", ID)),), "to@names": {}}
    assert parties.links(hidden, TO, lambda ref: f"/{ref.entity}") == (
        ("Somebody you may not see", ""),
    )


@pytest.mark.parametrize(
    ("posted", "values", "names"),
    [
        ({"to": ["", f"contact:{ID}", "a@b.org", ""]}, None, []),
        ({"to": ["", f"contact:{ID}", ""]}, (ROW["to"][0],), []),
        ({"to": ["", ""]}, (), []),
        (
            {"to": [f"contact:{ID}", "a@b.org", ""], "to.text": ["x@y.z; Bob Day"]},
            (*ROW["to"], Party(None, "x@y.z")),
            ["Bob Day"],
        ),
        (
            {"to": ["", f"lead:{ID}"], "to.text": ["Chosen By Name"]},
            (Party(Ref("lead", ID)),),
            [],
        ),
        ({}, None, []),
    ],
)
def test_what_was_ticked_and_typed_is_read(
    posted: dict[str, list[str]], values: tuple[Party, ...] | None, names: list[str]
) -> None:
    typed = read([TO], posted, ROW, Formats())
    assert typed.values.get("to") == values
    assert typed.parties.get("to", []) == names


def test_what_does_not_fit_is_told() -> None:
    typed = read([TO], {"to": [""], "to.text": [f"{'a' * 200}@b.org"]}, None, Formats())
    assert "at most 200" in typed.faults["to"]


def test_people_are_added_and_taken_off_an_email(journey: Journey) -> None:
    page = journey.sign_in()
    make(journey.live, "contact", firstname="Parta", lastname="Giver")
    journey.go("/app/sales/email/new")
    page.fill("#f-subject", "Invitation")
    page.fill("#f-to", "Parta")
    page.locator("#f-to-hits [role=option]", has_text="Parta Giver").first.click()
    page.fill("#f-cc", "one@example.org; two@example.org")
    journey.save()
    assert page.locator("#f-to-field input[type=checkbox]").count() == 1
    assert "two@example.org" in page.locator("#f-cc-field").inner_text()
    page.get_by_label("one@example.org").uncheck()
    journey.save()
    assert "one@example.org" not in page.locator("#f-cc-field").inner_text()
    assert "Parta Giver" in page.locator("#f-to-field").inner_text()
    assert journey.axe() == []


def test_parties_work_without_scripts(plain: Journey) -> None:
    page = plain.sign_in()
    make(plain.live, "contact", firstname="Singular", lastname="Person")
    plain.go("/app/sales/email/new")
    page.fill("#f-subject", "Without scripts")
    page.fill("#f-to", "Nobody of this name")
    plain.save()
    assert "Nothing you may see is called" in page.locator("#f-to-field").inner_text()
    assert page.input_value("#f-to") == "Nobody of this name"
    page.fill("#f-to", "Singular Person; x@example.org")
    plain.save()
    assert "is created" in plain.said()
    shown = page.locator("#f-to-field").inner_text()
    assert "Singular Person" in shown
    assert "x@example.org" in shown


def test_the_list_of_all_activities_opens_each(wide: Journey) -> None:
    page = wide.sign_in("salesperson")
    wide.go("/app/sales/activitypointer?view=my")
    assert page.locator("#list tbody tr").count() > 3
    assert wide.axe() == []
    with page.expect_navigation():
        page.locator("#list tbody tr a").first.click()
    wide.settle()
    assert "/app/sales/activitypointer/" not in page.url
    assert page.locator("form#record").count() == 1
