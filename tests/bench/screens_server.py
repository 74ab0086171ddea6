"""Run the real server for the measured screens, and visit it as a person does."""

import html
import http.client
import os
import re
import subprocess
import time
import uuid
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import orjson
import psutil

from tests.bench.screens_asked import Ask
from tests.bench.servers import SCRIPTS, free_port

PASSWORD = "measured-password-1"
LONGEST_START = 60


class Serving:
    """`xrm serve` with a worker beside it, as it is started by hand."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._log = Path(environment["XRM_DATA_DIR"]) / f"bench-{self.port}.log"
        self._times: dict[str, float] = {}
        self._read = 0
        self.started = time.perf_counter()
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(SCRIPTS / "xrm"), "serve", "--port", str(self.port)],
                env={**os.environ, **environment},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.unlink()

    def wait(self) -> float:
        """Wait for the first answer and return the seconds since the start."""
        while time.perf_counter() - self.started < LONGEST_START:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, 30)
            try:
                connection.request("GET", "/sign-in")
                if connection.getresponse().status == 200:
                    return time.perf_counter() - self.started
            except OSError:
                time.sleep(0.01)
            finally:
                connection.close()
            if self.process.poll() is not None:
                break
        raise RuntimeError(f"The server does not answer: {self._log.read_text()}")

    def times(self) -> dict[str, float]:
        """Return the milliseconds of each request by its id, as the server says."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                if line.startswith(b"{"):
                    told = orjson.loads(line)
                    if told.get("event") == "request":
                        self._times[told["request_id"]] = told["ms"]
        return self._times

    def memory(self) -> list[tuple[str, int, int]]:
        """Return name, resident bytes, and bytes with shared ones in part, of each."""
        parent = psutil.Process(self.process.pid)
        found = []
        for process in [parent, *parent.children(recursive=True)]:
            words = " ".join(process.cmdline())
            name = "parent" if process == parent else "server"
            if "worker" in words:
                name = "worker"
            used = process.memory_full_info()
            found.append((name, used.rss, used.pss))
        return found


class Person:
    """Somebody who is signed in, on one kept connection."""

    def __init__(self, server: Serving, name: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, 60)
        self.cookies: dict[str, str] = {}
        page = self._ask("GET", "/sign-in")[1]
        form = {"csrf_token": _token(page), "name": name, "password": PASSWORD}
        status, _ = self._ask("POST", "/sign-in", form)
        if status != http.HTTPStatus.SEE_OTHER:
            raise RuntimeError(f"{name} cannot sign in: {status}")
        self._csrf = _token(self._ask("GET", "/settings/me")[1])

    def send(self, ask: Ask, number: int) -> tuple[int, str]:
        """Send a question; return status and id of the request."""
        request = str(uuid.uuid4())
        headers = {"X-Request-ID": request, "Accept": "text/html"}
        if ask.is_fragment:
            headers["HX-Request"] = "true"
        if ask.target:
            headers["HX-Target"] = ask.target
        form = None
        if ask.posts is not None:
            form = {name: value.format(number) for name, value in ask.posts.items()}
            form["csrf_token"] = self._csrf
        method = "GET" if form is None else "POST"
        return self._ask(method, ask.path, form, headers)[0], request

    def followed(self, ask: Ask) -> Ask:
        """Return a question with the address that a link on its page has."""
        if not ask.link:
            return ask
        found = re.findall(r'href="([^"]+)"', self._ask("GET", ask.path)[1])
        path = next((one for one in found if ask.link in one), ask.path)
        return replace(ask, path=html.unescape(path))

    def _ask(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, str]:
        sent = {
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
            **(headers or {}),
        }
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        body = None if form is None else urlencode(form)
        self._connection.request(method, path, body, sent)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                pair = value.partition(";")[0]
                self.cookies[pair.partition("=")[0]] = pair.partition("=")[2]
        return answer.status, text


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    if found is None:
        raise RuntimeError("The page has no form.")
    return found[1]
