"""`xrm serve` as a process: it answers, is alone on its file, and ends when told."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

XRM = Path(sys.executable).with_name("xrm")
START_SECONDS = 40
END_SECONDS = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(url: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "XRM_DATABASE_URL": url,
        "XRM_DATA_DIR": str(folder),
        "XRM_LOG_FORMAT": "json",
    }


@contextmanager
def server(
    url: str, folder: Path, *arguments: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(XRM), "serve", "--port", str(port), *arguments],
            env=environment(url, folder),
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(port, process, folder / "log")
            yield process, port
        finally:
            process.kill()
            process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            with answer:
                assert json.load(answer)["status"] == "ok"
            return
    raise AssertionError(log.read_text())


def initialise(url: str, folder: Path) -> None:
    subprocess.run(
        [str(XRM), "init", "--no-core"],
        env=environment(url, folder),
        check=True,
        capture_output=True,
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
