"""What is done with the records of a list: export, edit many, edit one cell."""

import io
import re
from uuid import UUID

import pytest
import python_calamine

from tests.ui.world import Person, Screens
from xrm.platform.automation import jobs
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.run import run
from xrm.platform.records import service

LIST = "/app/work/sample"


def value(screens: Screens, record: UUID, field: str) -> object:
    with screens.work() as work:
        where = Compare("sampleid", "eq", (record,))
        return run(work, Query("sample", (field,), where)).rows[0][field]


def test_a_list_is_exported_as_it_is_shown(screens: Screens) -> None:
    nord = screens.create("client", name="Nord", city="Kiel")
    screens.create("sample", name="=SUM(1)", pieces=1500, price="12.50", clientid=nord,
                   kind_of=1, day="2026-03-31")  # fmt: skip
    screens.create("sample", name="Other", pieces=2)
    person = screens.client()
    state = "cols=name,pieces,price,clientid,clientid.city,kind_of,day&f=pieces:ge:3"
    answer = person.http.get(f"{LIST}/export?{state}&format=csv")
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=all-samples.csv"
    )
    assert answer.text.splitlines() == [
        "Name,Pieces,Price,Client,Client: City,Kind,Day",
        "'=SUM(1),1500,12.5000,Nord,Kiel,Red,2026-03-31",
    ]
    answer = person.http.get(f"{LIST}/export?{state}&format=xlsx")
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    found = book.get_sheet_by_index(0).to_python()
    assert found[0][:3] == ["Name", "Pieces", "Price"]
    assert found[1][:5] == ["=SUM(1)", 1500, 12.5, "Nord", "Kiel"]
    assert person.http.get(f"{LIST}/export?format=exe").status_code == 404


def test_many_rows_are_exported_by_a_job(
    screens: Screens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xrm.ui.routes_exports.PAGE_LIMIT", 2)
    for number in range(3):
        screens.create("sample", name=f"S{number}")
    person = screens.client()
    asked = person.get(f"{LIST}/export?q=S&format=csv").text
    assert "Export 3 samples?" in asked
    assert "Only the first 2, now" in asked
    first = person.http.get(f"{LIST}/export?q=S&format=csv&first=1")
    assert len(first.text.splitlines()) == 3
    answer = person.post(f"{LIST}/export", state="q=S", format="csv")
    assert answer.headers["Location"] == "/jobs"
    with screens.work("carla") as work:
        found = jobs.jobs_of(work)[0]
    assert (found.kind, found.label) == ("export", "Export of all samples")


def chosen(**values: str) -> dict[str, object]:
    return {"state": "", "fields": list(values), "do": "apply", **values}


def test_selected_records_are_edited_with_a_result_each(screens: Screens) -> None:
    good = screens.create("sample", name="Good", price=1, story="told")
    bad = screens.create("sample", name="Bad", price=2)
    person = screens.client()
    person.get(LIST)
    ids = [str(good), str(bad)]
    asked = person.post(f"{LIST}/bulk-edit", id=ids, state="sort=name", do="step").text
    assert "Edit 2 samples" in asked
    asked = person.post(f"{LIST}/bulk-edit", id=ids, do="add", field="price").text
    assert 'id="f-price"' in asked
    assert 'name="fields" value="price"' in asked
    done = person.post(f"{LIST}/bulk-edit", id=ids, **chosen(price="2,000"))
    assert "1 of 2 samples changed" in done.text
    assert "Above 1,000 a story is needed." in done.text
    assert value(screens, good, "price") == 2000
    assert value(screens, bad, "price") == 2
    again = re.search(r'bulk-edit" method="post".*?</form>', done.text, re.S)
    assert again
    assert re.findall(r'name="id" value="([^"]+)"', again.group(0)) == [str(bad)]
    assert 'name="price" value="2,000"' in again.group(0)
    with screens.work() as work:
        service.update(work, "sample", bad, {"story": "told"})
    answer = person.post(f"{LIST}/bulk-edit", id=[str(bad)], **chosen(price="2,000"))
    assert answer.status_code == 303
    assert "1 sample changed" in person.said(LIST)


def test_wrong_values_are_refused_and_kept(screens: Screens) -> None:
    record = str(screens.create("sample", name="One"))
    person = screens.client()
    person.get(LIST)
    text = person.post(f"{LIST}/bulk-edit", id=[record], **chosen(pieces="many")).text
    assert "must be a" in text
    assert 'value="many"' in text
    text = person.post(f"{LIST}/bulk-edit", id=[record], **chosen(name="")).text
    assert "Name cannot be emptied." in text
    text = person.post(f"{LIST}/bulk-edit", id=[record], do="apply", state="").text
    assert "Choose a field and its new value first." in text


def test_fields_are_emptied_and_ticked(screens: Screens) -> None:
    record = screens.create("sample", name="One", story="x", ready=True, kind_of=1)
    person = screens.client()
    person.get(LIST)
    person.post(
        f"{LIST}/bulk-edit",
        id=[str(record)],
        **chosen(story="", ready="false", kind_of="2"),
    )
    assert value(screens, record, "story") is None
    assert value(screens, record, "ready") is False
    assert value(screens, record, "kind_of") == 2


def test_all_of_a_list_are_edited_and_many_by_a_job(
    screens: Screens, monkeypatch
) -> None:  # type: ignore[no-untyped-def]  # a fixture
    for number in range(3):
        screens.create("sample", name=f"S{number}", pieces=number)
    person = screens.client()
    assert "Edit 2 samples" in person.get(f"{LIST}/bulk-edit?f=pieces:ge:1").text
    values = chosen(pieces="7") | {"state": "f=pieces:ge:1"}
    assert person.post(f"{LIST}/bulk-edit", **values).status_code == 303
    with screens.work() as work:
        rows = run(work, Query("sample", ("pieces",))).rows
    assert sorted(row["pieces"] for row in rows) == [0, 7, 7]
    monkeypatch.setattr("xrm.ui.routes_bulk.AT_ONCE", 1)
    answer = person.post(f"{LIST}/bulk-edit", **values)
    assert answer.headers["Location"] == "/jobs"
    with screens.work("carla") as work:
        assert jobs.jobs_of(work)[0].kind == "bulk_edit"


def cell(person: Person, address: str, **values: str) -> str:
    """Send a cell as the list's script does."""
    headers = {"HX-Request": "true"}
    data = {"csrf_token": person.token, **values}
    return person.http.post(address, data=data, headers=headers).text


def test_a_cell_is_changed_in_place(screens: Screens) -> None:
    record = screens.create("sample", name="One", pieces=3)
    person = screens.client()
    assert 'data-field="pieces"' in person.get(LIST).text
    address = f"{LIST}/{record}/cell/pieces"
    asked = person.fragment(address, "").text
    assert "<html" not in asked
    assert 'value="3"' in asked
    version = re.search(r'name="version" value="(\d+)"', asked)
    assert version
    made = cell(person, address, pieces="1,234", version=version.group(1))
    assert re.fullmatch(r'<td class="[^"]*num[^"]*">1,234</td>', made.strip())
    assert value(screens, record, "pieces") == 1234
    stale = cell(person, address, pieces="5", version=version.group(1))
    assert "Somebody changed the record meanwhile" in stale
    assert 'value="1,234"' in stale
    wrong = cell(person, address, pieces="many", version="")
    assert "must be a" in wrong
    assert 'value="many"' in wrong


def test_a_refused_cell_says_why_and_keeps_what_was_typed(screens: Screens) -> None:
    record = screens.create("sample", name="One", price=3)
    person = screens.client()
    person.get(LIST)
    answer = cell(person, f"{LIST}/{record}/cell/price", price="5,000")
    assert "Above 1,000 a story is needed." in answer
    assert 'value="5,000"' in answer
    assert value(screens, record, "price") == 3


def test_cells_that_cannot_be_changed_say_why(screens: Screens) -> None:
    record = screens.create("sample", name="One", pieces=3)
    person = screens.client()
    for name, said in (("code", "Numbered when"), ("doubled", "Computed: pieces * 2"),
                       ("createdon", "Kept by the platform")):  # fmt: skip
        assert said in person.fragment(f"{LIST}/{record}/cell/{name}", "").text
    person.get(LIST)
    person.post(f"{LIST}/{record}/move", by="statecode", to="1")
    text = person.fragment(f"{LIST}/{record}/cell/pieces", "").text
    assert "closed, so it is read-only" in text
    assert person.get(f"{LIST}/{record}/cell/gone").status_code == 404


def test_a_cell_without_scripts_is_a_page(screens: Screens) -> None:
    record = screens.create("sample", name="One", kind_of=1)
    person = screens.client()
    address = f"{LIST}/{record}/cell/kind_of"
    text = person.get(f"{address}?back={LIST}?view=all").text
    assert f'name="back" value="{LIST}?view=all"' in text
    answer = person.post(address, kind_of="2", back=f"{LIST}?view=all")
    assert answer.headers["Location"] == f"{LIST}?view=all"
    assert value(screens, record, "kind_of") == 2
