"""The page of background jobs: own ones, how far they are, what may be done."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete

from tests.ui.world import Screens
from xrm.platform.automation.job_kinds import by_name
from xrm.platform.automation.jobs import JobKind, queue_job
from xrm.platform.automation.steps import Steps
from xrm.platform.database.system_tables import OUTBOX, RUN, RUN_FAULT
from xrm.platform.query.query import Query
from xrm.platform.query.query_json import to_json
from xrm.platform.services.bulk_jobs import BULK_EDIT
from xrm.platform.services.export_job import EXPORT


@pytest.fixture(autouse=True)
def _no_jobs(screens: Screens) -> None:
    with screens.world.database.engine.begin() as connection:
        for table in (OUTBOX, RUN_FAULT, RUN):
            connection.execute(delete(table))


def queue(
    screens: Screens, user: str, kind: JobKind, label: str, **payload: Any
) -> UUID:
    with screens.work(user) as work:
        return queue_job(work, kind, payload, label=label)


def edit(screens: Screens, user: str, label: str, *ids: UUID) -> UUID:
    return queue(
        screens,
        user,
        BULK_EDIT,
        label,
        entity="client",
        ids=list(ids),
        values={"city": "Bern"},
    )


def work_off(screens: Screens) -> None:
    steps = Steps(
        screens.world.database,
        screens.world.snapshots,
        by_name(),
        folder(screens),
    )
    while offers := steps.offers():
        for one in offers:
            steps.run(one.run)


def folder(screens: Screens) -> Path:
    found: Path = screens.app.extensions["xrm"].settings.job_folder
    return found


def test_nothing_is_said_to_be_nothing(screens: Screens) -> None:
    answer = screens.client("anna").get("/jobs")
    assert "You have no background jobs." in answer.text
    assert 'hx-trigger="every' not in answer.text


def test_a_person_sees_own_jobs_only(screens: Screens) -> None:
    run = edit(screens, "anna", "Edit of <b>hers</b>", uuid4())
    assert "Edit of &lt;b&gt;hers" in screens.client("anna").get("/jobs").text
    other = screens.client("ben")
    assert "hers" not in other.get("/jobs").text
    assert other.get("/jobs?all=1").status_code == 403
    for path in ("file", "faults.csv"):
        assert other.get(f"/jobs/{run}/{path}").status_code == 404
    for deed in ("cancel", "retry"):
        assert other.post(f"/jobs/{run}/{deed}").status_code == 404


def test_the_page_asks_again_while_something_runs_and_gets_304(
    screens: Screens,
) -> None:
    person = screens.client("anna")
    run = edit(screens, "anna", "Edit", uuid4())
    page = person.get("/jobs")
    assert 'hx-trigger="every 2s"' in page.text
    assert "no worker is running" in page.text
    part = person.fragment("/jobs", "jobs")
    assert "<html" not in part.text
    again = person.http.get(
        "/jobs",
        headers={
            "HX-Request": "true",
            "HX-Target": "jobs",
            "If-None-Match": part.headers["ETag"],
        },
    )
    assert (again.status_code, again.data) == (304, b"")
    person.post(f"/jobs/{run}/cancel")
    after = person.fragment("/jobs", "jobs")
    assert after.headers["ETag"] != part.headers["ETag"]
    assert 'hx-trigger="every' not in after.text


def test_a_job_is_cancelled_and_repeated(screens: Screens) -> None:
    person = screens.client("anna")
    run = edit(screens, "anna", "Edit", uuid4())
    person.get("/jobs")
    assert person.post(f"/jobs/{run}/cancel").status_code == 303
    assert "“Edit” is cancelled" in person.said("/jobs")
    person.post(f"/jobs/{run}/cancel")
    assert "has ended already" in person.said("/jobs")
    person.post(f"/jobs/{run}/retry")
    assert "“Edit” goes on where it ended" in person.said("/jobs")
    work_off(screens)
    assert "1 refused" in person.get("/jobs").text


def test_reasons_are_a_file(screens: Screens) -> None:
    person = screens.client("anna")
    mine, hers = (screens.create("client", who, name=who) for who in ("anna", "ben"))
    run = edit(screens, "anna", "Edit", mine, hers)
    work_off(screens)
    assert "1 changed" in person.get("/jobs").text
    answer = person.get(f"/jobs/{run}/faults.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.text.splitlines()[1].startswith(f"2,{hers},")


def test_an_export_is_fetched_by_its_owner(screens: Screens) -> None:
    person = screens.client("anna")
    screens.create("client", "anna", name="Mine")
    query = to_json(Query("client", ("name",)))
    run = queue(screens, "anna", EXPORT, "Export", query=query, format="csv")
    assert person.get(f"/jobs/{run}/file").status_code == 404
    work_off(screens)
    assert f"/jobs/{run}/file" in person.get("/jobs").text
    answer = person.get(f"/jobs/{run}/file")
    assert answer.text.splitlines() == ["Name", "Mine"]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.close()
    assert screens.client("ben").get(f"/jobs/{run}/file").status_code == 404
    for file in (folder(screens) / str(run)).iterdir():
        file.unlink()
    assert "no longer kept" in person.get(f"/jobs/{run}/file").text
