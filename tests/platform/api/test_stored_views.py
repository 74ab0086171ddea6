"""The Web API asks with a person's view: columns, filter, order; rights hold."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.platform.api.conftest import Api, make_api
from tests.support.records_world import documents
from xrm.metadata.views import ViewColumn
from xrm.platform.database.publish import publish_documents
from xrm.platform.services import personal_views
from xrm.platform.services.personal_views import Kept

VIEWS = """
- kind: entity
  name: userquery
  title: name
  fields:
    name: {type: text, required: true}
    returnedtypecode: {type: text, required: true}
    isdefault: {type: boolean}
    layoutjson: {type: text, max_length: 20000}
"""


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Give an API whose catalog keeps personal views."""
    folder: Path = tmp_path_factory.mktemp("stored")
    made = make_api(f"sqlite:///{folder / 'xrm.db'}", folder)
    publish_documents(
        made.world.database, "views", documents(VIEWS), snapshots=made.world.snapshots
    )
    yield made
    made.app.extensions["xrm"].database.dispose()
    made.world.database.dispose()


def keep(api: Api, user: str, **more: Any) -> str:
    with api.world.work(user) as work:
        return str(personal_views.keep(work, "client", "Mine", Kept(**more), False))


def test_a_view_gives_columns_filter_and_order(seeing: Api) -> None:
    for name, number in (("A", 5), ("B", 20), ("C", 30)):
        seeing.create("clients", name=name, employees=number)
    kept = keep(
        seeing,
        "carla",
        columns=(ViewColumn("name"), ViewColumn("parentid.name")),
        sort=("-employees",),
        where='["employees","ge","10"]',
    )
    rows = seeing.get(f"clients?userQuery={kept}")["value"]
    assert [row["name"] for row in rows] == ["C", "B"]
    assert "employees" not in rows[0]
    address = f"clients?userQuery={kept}&$filter=employees lt 25&$select=employees"
    rows = seeing.get(address)["value"]
    assert [row["employees"] for row in rows] == [20]
    assert "name" not in rows[0]


def test_a_view_that_is_not_there_is_not_found(seeing: Api) -> None:
    kept = keep(seeing, "carla", where='["employees","ge","10"]')
    for name in (str(uuid4()), "nonsense"):
        answer = seeing.send("GET", f"clients?userQuery={name}")
        assert answer.status_code == 404
        assert "no view" in answer.text
    assert (
        seeing.send("GET", f"clients?userQuery={kept}", user="seller").status_code
        == 404
    )
    assert seeing.send("GET", f"deals?userQuery={kept}").status_code == 404
