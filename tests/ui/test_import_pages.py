"""Import: choose a file, match its columns, and it runs in the background."""

import io
import re

from werkzeug.test import TestResponse

from tests.ui.test_job_pages import work_off
from tests.ui.world import Person, Screens
from xrm.platform.query.query import Order, Query
from xrm.platform.query.run import rows

CSV = b"Name,Pieces,Client,Colour\nFirst,3,Acme,x\nSecond,many,Acme,y\nThird,4,,z\n"
PATH = "/app/work/sample/import"


def send(person: Person, content: bytes, name: str = "things.csv") -> TestResponse:
    person.get(PATH)
    data = {"csrf_token": person.token, "file": (io.BytesIO(content), name)}
    answer = person.http.post(PATH, data=data, content_type="multipart/form-data")
    return answer


def hidden(answer: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', answer.text)
    assert found
    return found.group(1)


def test_columns_are_matched_by_their_names_and_the_rows_imported(
    screens: Screens,
) -> None:
    person = screens.client("anna")
    screens.create("client", "anna", name="Acme")
    assert f'href="{PATH}"' in person.get("/app/work/sample").text
    page = send(person, CSV)
    assert page.status_code == 200
    for words in (
        "First · Second · Third",
        "CSV",
        "Not imported",
        "the record of this",
    ):
        assert words in page.text
    assert re.search(r'name="field.0".*?value="name" selected', page.text, re.DOTALL)
    values = {
        "upload": hidden(page, "upload"),
        "name": "things.csv",
        "field.0": "name",
        "field.1": "pieces",
        "field.2": "clientid",
        "identity": "Name",
        "existing": "skip",
    }
    answer = person.post(f"{PATH}/run", **values)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/jobs")
    assert "runs in the background" in person.said("/jobs")
    work_off(screens)
    text = person.get("/jobs").text
    for words in ("Import of samples from things.csv", "2 added", "1 refused"):
        assert words in text
    with screens.work("anna", write=False) as work:
        query = Query("sample", ("name", "pieces", "clientid@name"), None)
        found = [
            (row["name"], row["pieces"], row["clientid@name"])
            for row in rows(
                work, Query(query.entity, query.columns, order=(Order("name"),))
            )
        ]
    assert found == [("First", 3, "Acme"), ("Third", 4, None)]


def test_a_file_that_is_none_is_refused_with_a_reason(screens: Screens) -> None:
    person = screens.client("anna")
    answer = send(person, b"PK\x03\x04 not a workbook", "x.xlsx")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert send(person, b"").status_code == 400


def test_a_match_that_cannot_be_is_shown_again(screens: Screens) -> None:
    person = screens.client("anna")
    page = send(person, CSV)
    upload = hidden(page, "upload")
    answer = person.post(f"{PATH}/run", upload=upload, name="things.csv")
    assert answer.status_code == 400
    assert "Match at least one column" in answer.text
    twice = {"field.0": "name", "field.3": "name"}
    answer = person.post(f"{PATH}/run", upload=upload, name="things.csv", **twice)
    assert "Two columns go to the same field" in answer.text
    assert answer.text.count('value="name" selected') == 2
    answer = person.post(f"{PATH}/run", upload="../../xrm.db", name="x")
    assert answer.status_code == 404


def test_who_may_not_create_may_not_import(screens: Screens) -> None:
    person = screens.client("anna")
    assert person.get("/app/boss_only/systemuser/import").status_code in (403, 404)
    assert person.get("/app/work/nothing/import").status_code == 404
