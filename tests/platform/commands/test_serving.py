"""`xrm serve` as a process: it answers, is alone on its file, and ends when told."""

import json
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.served import (
    END_SECONDS,
    START_SECONDS,
    XRM,
    environment,
    free_port,
    initialise,
    server,
)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_is_alone_on_its_file_and_ends_when_told(
    tmp_path: Path, number: signal.Signals
) -> None:
    url = f"sqlite:///{tmp_path / 'xrm.db'}"
    initialise(url, tmp_path)
    with server(url, tmp_path) as (process, _):
        second = subprocess.run(
            [str(XRM), "serve", "--port", str(free_port())],
            env=environment(url, tmp_path),
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )
        assert second.returncode == 1
        assert "Another server already uses" in second.stderr
        process.send_signal(number)
        assert process.wait(END_SECONDS) == 0
    with server(url, tmp_path) as (process, _):
        assert process.poll() is None
    lines = (tmp_path / "log").read_text("utf-8").splitlines()
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    assert any(line["path"] == "/readyz" and line["status"] == 200 for line in logged)


def test_postgresql_is_served_by_several_processes(
    tmp_path: Path, new_postgres: Callable[[], str]
) -> None:
    url = new_postgres()
    initialise(url, tmp_path)
    with server(url, tmp_path, "--workers", "2") as (process, port):
        for _ in range(20):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
                assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(END_SECONDS) == 0


def test_sqlite_is_not_served_by_several_processes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'xrm.db'}"
    initialise(url, tmp_path)
    refused = subprocess.run(
        [str(XRM), "serve", "--workers", "2"],
        env=environment(url, tmp_path),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )
    assert refused.returncode == 1
    assert "SQLite has one writer" in refused.stderr
