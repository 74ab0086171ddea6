"""A third package over a running server: one folder, one command, no restart.

The server is a process of its own (granian); the command that brings the entity is
another. What follows is asked of the server that ran before.
"""

import json
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener

import psutil
import pytest

from tests.support.served import command, server

pytestmark = pytest.mark.one_database

PASSWORD = "green-kettle-41-mountain"
PLOT = "plot_garden"
PACKAGE = {
    "solution.yaml": """\
kind: solution
name: allotments
version: "1.0.0"
publisher: Test
prefix: plot
requires: {core: ">=1.0"}
""",
    f"entities/{PLOT}/entity.yaml": """\
kind: entity
name: plot_garden
label: Garden plot
title: name
quick_find: [name]
notes: true
fields:
  name: {type: text, label: Name, required: true, max_length: 100}
  number: {type: autonumber, label: Number, format: "G-{SEQNUM:4}"}
  area: {type: decimal, label: Area, scale: 1, min: 1, unit: m²}
  rent_per_m2: {type: currency, label: Rent per m², min: 0}
  rent: {type: currency, label: Rent, formula: "round(area * rent_per_m2, 2)"}
  soil: {type: choice, label: Soil, choices: [Clay, Loam, Sand]}
  has_water: {type: boolean, label: Has water, default: false}
  leased_on: {type: date, label: Leased on}
  seen_on: {type: datetime, label: Last looked at}
  gardener: {type: text, label: Gardener, format: email}
""",
    f"entities/{PLOT}/forms/main.yaml": """\
kind: form
entity: plot_garden
name: main
sections:
  - name: plot
    fields:
      - {field: name, span: 2}
      - number
      - area
      - rent_per_m2
      - rent
      - soil
      - has_water
      - leased_on
      - seen_on
      - gardener
""",
    f"entities/{PLOT}/views/all.yaml": """\
kind: view
entity: plot_garden
name: all
label: All garden plots
default: true
columns: [name, number, area, rent, soil, leased_on]
sort: [name]
""",
}


def test_the_entity_has_ten_fields_of_its_own() -> None:
    fields = PACKAGE[f"entities/{PLOT}/entity.yaml"].partition("fields:\n")[2]
    assert len(fields.splitlines()) == 10


@dataclass
class Browser:
    """Somebody who is signed in at the server, and the holder of an API token."""

    address: str
    token: str

    def __post_init__(self) -> None:
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> tuple[int, str]:
        return self._answer(Request(self.address + path))

    def post(self, path: str, form: str, values: dict[str, str]) -> tuple[int, str]:
        """Send a form with the token of the page it stands on."""
        _, text = self.get(form)
        found = re.search(r'name="csrf_token" value="([^"]+)"', text)
        assert found is not None
        data = urllib.parse.urlencode({"csrf_token": found[1], **values}).encode()
        return self._answer(Request(self.address + path, data))

    def api(self, path: str, body: object = None) -> tuple[int, str]:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
        }
        data = None if body is None else json.dumps(body).encode()
        return self._answer(
            Request(f"{self.address}/api/data/v9.2/{path}", data, headers)
        )

    def _answer(self, request: Request) -> tuple[int, str]:
        try:
            with self.opener.open(request) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "allotments"
    for name, text in PACKAGE.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return folder


@pytest.fixture
def running(database_url: str, tmp_path: Path) -> Iterator[Browser]:
    """Give a browser at a running server, which must be the same in the end."""
    command(database_url, tmp_path, "init")
    command(
        database_url,
        tmp_path,
        *("user", "add", "admin", "--role", "system_administrator"),
        "--password-stdin",
        typed=PASSWORD,
    )
    token = command(database_url, tmp_path, "token", "create", "--user", "admin")
    with server(database_url, tmp_path) as (process, port):
        browser = Browser(f"http://127.0.0.1:{port}", token.strip())
        values = {"name": "admin", "password": PASSWORD}
        status, _ = browser.post("/sign-in", "/sign-in", values)
        assert status == 200
        before = processes_of(process.pid)
        yield browser
        assert before <= processes_of(process.pid), "the server was started anew"


def processes_of(pid: int) -> set[tuple[int, float]]:
    """Return the processes that serve, each with the moment it began."""
    first = psutil.Process(pid)
    found = [first, *first.children(recursive=True)]
    return {(process.pid, process.create_time()) for process in found}


def test_a_new_entity_needs_one_folder_and_no_restart(
    running: Browser,
    package: Path,
    database_url: str,
    tmp_path: Path,
) -> None:
    browser = running
    place = f"/app/settings/{PLOT}"
    assert browser.get(place)[0] == 404
    assert browser.api("plot_gardens")[0] == 404

    said = command(database_url, tmp_path, "solution", "apply", str(package))
    assert "Done: install of allotments" in said

    status, text = browser.get(place)
    assert (status, "All garden plots" in text) == (200, True)
    status, text = browser.get(f"{place}/new")
    assert status == 200
    assert all(f'name="{name}' in text for name in ("name", "area", "soil", "gardener"))
    status, text = browser.post(
        f"{place}/new",
        f"{place}/new",
        {"name": "By the pond", "area": "120.5", "rent_per_m2": "2", "soil": "2"},
    )
    assert (status, "By the pond" in text) == (200, True)
    status, text = browser.api(
        "plot_gardens", {"name": "At the gate", "area": 80, "rent_per_m2": 1.5}
    )
    assert status in (201, 204), text
    status, text = browser.api("plot_gardens?$orderby=name&$select=name,rent,number")
    found = [(r["name"], r["rent"]) for r in json.loads(text)["value"]]
    assert found == [("At the gate", 120.0), ("By the pond", 241.0)]
    status, text = browser.get(place)
    assert "At the gate" in text
    assert "By the pond" in text

    said = command(
        database_url, tmp_path, "solution", "uninstall", "allotments", "--yes"
    )
    assert "Done: uninstall of allotments" in said
    assert browser.get(place)[0] == 404
