"""A server process for tests: `xrm serve` on a free port, and commands beside it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

XRM = Path(sys.executable).with_name("xrm")
START_SECONDS = 40
END_SECONDS = 20
COMMAND_SECONDS = 120


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(url: str, folder: Path) -> dict[str, str]:
    """Return the environment of a process on this database."""
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
    """Serve a database until the block ends; give the process and its port."""
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
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server with its own processes, which a killed one would leave behind."""
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers."""
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
    """Prepare an empty database, without core."""
    command(url, folder, "init", "--no-core")


def command(url: str, folder: Path, *words: str, typed: str = "") -> str:
    """Run `xrm` as a process of its own; return what it printed."""
    done = subprocess.run(
        [str(XRM), *words],
        env=environment(url, folder),
        input=typed,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
