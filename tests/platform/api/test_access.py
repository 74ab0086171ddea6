"""What the API shows to a person is what the oracle of rights allows."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests.platform.security.worlds import (
    KINDS,
    Ground,
    Numbered,
    generate,
    make_ground,
    put_worlds,
)
from tests.support.counts import count
from xrm.platform.main import create_app
from xrm.platform.security import tokens
from xrm.platform.settings import load_settings

PARTS = count(ci=5, release=200, quick=1)
WORLDS = count(ci=1_000, release=1_000, quick=40)  # of each part
BATCH = 50
ADDRESS = "/api/data/v9.2/"


@pytest.fixture
def ground(database_url: str) -> Iterator[Ground]:
    made = make_ground(database_url)
    yield made
    made.world.database.dispose()


@pytest.fixture
def app(ground: Ground, database_url: str, tmp_path: Path) -> Iterator[Flask]:
    made = create_app(
        load_settings(
            {},
            data_dir=tmp_path,
            database_url=database_url,
            secret_key="x" * 40,
            rate_limit=10**9,
        )
    )
    yield made
    made.extensions["xrm"].database.dispose()


@pytest.mark.campaign
@pytest.mark.parametrize("part", range(PARTS))
def test_lists_counts_and_records_agree_with_the_oracle(
    ground: Ground, app: Flask, part: int
) -> None:
    draw = random.Random(20_261_124 + part)
    now = ground.world.now
    for start in range(0, WORLDS, BATCH):
        worlds = [
            generate(draw, number, ground)
            for number in range(start, min(start + BATCH, WORLDS))
        ]
        chosen: list[tuple[Numbered, Any, str]] = []
        ground.world.now = now.replace(year=2000)
        with ground.world.work(write=True) as work:
            put_worlds(work, ground, worlds)
            for entity in KINDS:  # rows that were not written by the verbs have none
                versions = update(work.tables.table(entity)).values(versionnumber=1)
                work.connection.execute(versions)
            for numbered in worlds:
                user = draw.choice(numbered.users)
                chosen.append((numbered, user, tokens.create_token(work, user, "t")))
        ground.world.now = now
        for numbered, user, token in chosen:
            _compare(app, numbered, user, token, draw)


def _compare(
    app: Flask, numbered: Numbered, user: Any, token: str, draw: random.Random
) -> None:
    client = app.test_client()
    headers = {"Authorization": f"Bearer {token}"}

    def get(path: str) -> Any:
        return client.get(ADDRESS + path, headers=headers)

    for entity in draw.sample(list(KINDS), 2):
        allowed = {str(i) for i in numbered.oracle.allowed(user, "read", entity)}
        where = f"$filter=world eq {numbered.number}"
        listed = get(f"{entity}s?$select=world&{where}&$count=true").get_json()
        assert {row[f"{key_of(entity)}"] for row in listed["value"]} == allowed
        assert listed["@odata.count"] == len(allowed)
        assert int(get(f"{entity}s/$count?{where}").get_data()) == len(allowed)
        for id_, record in numbered.oracle.records.items():
            if record.entity == entity:
                answer = get(f"{entity}s({id_})?$select=world")
                assert answer.status_code == (200 if str(id_) in allowed else 404)
        changeable = numbered.oracle.allowed(user, "write", entity)
        for id_, record in list(numbered.oracle.records.items())[:3]:
            if record.entity == entity:
                answer = client.patch(
                    f"{ADDRESS}{entity}s({id_})",
                    json={"size": 1},
                    headers={**headers, "If-Match": "*"},
                )
                expected = (204,) if id_ in changeable else (403, 404)
                assert answer.status_code in expected, answer.get_data(as_text=True)


def key_of(entity: str) -> str:
    """Return the name of an entity's key in these worlds."""
    return "activityid" if entity == "visit" else f"{entity}id"
