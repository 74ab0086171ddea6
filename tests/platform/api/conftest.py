"""An API over the world of `tests.support.records_world`, once for each database.

It is made once per test module: tests use records of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import URL
from werkzeug.test import TestResponse

from tests.support import postgres
from tests.support.records_world import World, make_world
from xrm.platform.main import create_app
from xrm.platform.records import service
from xrm.platform.security import tokens
from xrm.platform.settings import load_settings

ROOT = "http://localhost/api/data/v9.2/"


@dataclass
class Api:
    """A client with a token for each kind of user.

    `boss` may do everything, `seller` what is hers, `nobody` has no role, `anonymous`
    sends no token.
    """

    app: Flask
    world: World
    tokens: dict[str, str] = field(default_factory=dict)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: str = "boss",
        data: bytes | None = None,
        address: str = "/api/data/v9.2/",
        **headers: str,
    ) -> TestResponse:
        """Send one request; headers are named with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if user != "anonymous":
            sent["Authorization"] = f"Bearer {self.tokens[user]}"
        more: dict[str, Any] = {"data": data} if data is not None else {}
        if body is not None:
            more["json"] = body
        return self.app.test_client().open(
            address + path, method=method, headers=sent, **more
        )

    def get(self, path: str, **more: Any) -> Any:
        """Return the JSON of a successful GET."""
        response = self.send("GET", path, **more)
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_json()

    def create(self, entity_set: str, **values: Any) -> str:
        """Create a record; return its id."""
        response = self.send("POST", entity_set, values)
        assert response.status_code == 204, response.get_data(as_text=True)
        return id_in(response)


def id_in(response: TestResponse) -> str:
    """Return the id in the address of the record that was written."""
    return response.headers["OData-EntityId"].partition("(")[2].rstrip(")")


def make_api(url: str, folder: Path) -> Api:
    """Make the world in an empty database and an application on it."""
    world = make_world(url)
    with world.work() as work:
        world.users["nemo"] = service.create(
            work,
            "systemuser",
            {"fullname": "Nemo", "businessunitid": world.units["north"]},
        )
        made = {
            name: tokens.create_token(work, world.users[user], "test")
            for name, user in (
                ("boss", "carla"),
                ("seller", "anna"),
                ("nobody", "nemo"),
            )
        }
    settings = load_settings(
        {}, data_dir=folder, database_url=url, secret_key="x" * 40, rate_limit=10**9
    )
    return Api(create_app(settings), world, made)


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def api(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    """Give an API on SQLite and on PostgreSQL."""
    folder = tmp_path_factory.mktemp("api")
    if request.param == "sqlite":
        made = make_api(f"sqlite:///{folder / 'xrm.db'}", folder)
        yield made
        _close(made)
        return
    server: URL = request.getfixturevalue("_postgres_server")
    admin = request.getfixturevalue("_postgres_admin")
    name = postgres.new_name()
    postgres.create_database(admin, name)
    made = make_api(postgres.url_text(server, name), folder)
    yield made
    _close(made)
    postgres.drop_database(admin, name)


def _close(made: Api) -> None:
    made.world.database.dispose()
    made.app.extensions["xrm"].database.dispose()
