"""Start the two servers of a measurement and talk to them; stop them again."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
import psutil

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(sys.executable).parent
START_SECONDS = 30


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def xrm(environment: Mapping[str, str], *words: str) -> str:
    """Run the command and return what it printed.

    Raises:
        RuntimeError: it refused; the message has what it said.
    """
    done = subprocess.run(
        [str(SCRIPTS / "xrm"), *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"xrm {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


class Server:
    """A granian process on a WSGI factory, on 127.0.0.1."""

    def __init__(self, target: str, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [
                str(SCRIPTS / "granian"),
                "--interface",
                "wsgi",
                "--factory",
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
                "--workers",
                "1",
                "--blocking-threads",
                "4",
                "--no-access-log",
                "--log-level",
                "error",
                target,
            ],
            env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait(self, path: str) -> float:
        """Wait for the first answer and return the seconds it took from the start."""
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, 5)
                connection.request("GET", path)
                connection.getresponse().read()
            except OSError:
                spent = time.perf_counter() - self.started
                if spent > START_SECONDS or self.process.poll() is not None:
                    message = f"The server on port {self.port} does not answer."
                    raise RuntimeError(message) from None
                time.sleep(0.02)
            else:
                return time.perf_counter() - self.started

    def memory(self) -> int:
        """Return the resident bytes of the worker processes, the shared ones once."""
        parent = psutil.Process(self.process.pid)
        return max(
            process.memory_info().rss
            for process in [parent, *parent.children(recursive=True)]
        )

    def stop(self) -> None:
        """End the server."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def serving(target: str, environment: Mapping[str, str]) -> Iterator[Server]:
    """Give a running server and stop it at the end."""
    server = Server(target, environment)
    try:
        yield server
    finally:
        server.stop()


class Client:
    """One kept connection that sends JSON with a token."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Send one request; return status, body and headers."""
        content = None if body is None else orjson.dumps(body)
        self.connection.request(method, path, content, {**self.headers, **headers})
        answer = self.connection.getresponse()
        return answer.status, answer.read(), dict(answer.headers)
