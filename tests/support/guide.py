"""Run a guide as its reader would: write its files, type its commands, compare.

```yaml file=a/b.yaml   is written
```sh                   is typed into one shell; `sh refused` must fail,
                        `sh background` goes on until the guide ends
```text                 stands in what the commands before it printed
"""

import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.served import START_SECONDS, XRM, free_port

FENCE = re.compile(r"^```(\w*) ?(.*)\n((?:(?!```).*\n)*)```$", re.MULTILINE)
GUIDE_PORT = "8000"
SECONDS = 120


@dataclass(frozen=True)
class Block:
    """One fenced block of a guide."""

    language: str
    info: str
    content: str

    @property
    def file(self) -> str:
        """Return the file it is the content of, or nothing."""
        found = re.search(r"\bfile=(\S+)", self.info)
        return found[1] if found else ""


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a text."""
    return [Block(*found) for found in FENCE.findall(text)]


@dataclass
class Reader:
    """Somebody who follows a guide in a folder of his own."""

    folder: Path
    printed: str = ""
    files: set[str] = field(default_factory=set)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    port: str = field(default_factory=lambda: str(free_port()))

    def follow(self, block: Block) -> None:
        """Do what a block says."""
        if block.file:
            place = self.place / block.file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.content, "utf-8")
            self.files.add(block.file)
        elif block.language == "sh" and block.info == "background":
            self._serve(block.content)
        elif block.language == "sh":
            self._type(block.content, is_refused=block.info == "refused")
        elif block.language == "text":
            for line in block.content.splitlines():
                assert squeezed(line) in squeezed(self.printed), self.printed

    @property
    def place(self) -> Path:
        """Return the folder that the shell is in."""
        kept = self.folder / ".cwd"
        return Path(kept.read_text("utf-8").strip()) if kept.exists() else self.folder

    def _script(self, commands: str) -> str:
        state, cwd = self.folder / ".state", self.folder / ".cwd"
        before = f"[ ! -f {state} ] || . {state}\ncd {self.place}\nset -e\n"
        after = f"\nexport -p > {state}\npwd > {cwd}\n"
        return before + commands + after

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("XRM_")}
        return {**kept, "PATH": f"{XRM.parent}:{os.environ['PATH']}"}

    def _type(self, commands: str, *, is_refused: bool) -> None:
        done = subprocess.run(
            ["bash", "-c", self._script(commands)],
            env=self._environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        self.printed = done.stdout + done.stderr
        assert (done.returncode != 0) is is_refused, commands + self.printed

    def _serve(self, command: str) -> None:
        state = self.folder / ".state"
        typed = command.strip().replace(GUIDE_PORT, self.port)
        with (self.folder / ".log").open("wb") as log:
            process = subprocess.Popen(
                ["bash", "-c", f". {state}\ncd {self.place}\nexec {typed}"],
                env=self._environment(),
                stdout=log,
                stderr=log,
            )
        self.running.append(process)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            assert process.poll() is None, (self.folder / ".log").read_text()
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz").close()
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
            else:
                return
        raise AssertionError((self.folder / ".log").read_text())


def squeezed(text: str) -> str:
    """Return a text with single spaces."""
    return re.sub(r"[ \t]+", " ", text).strip()


@contextmanager
def reading(folder: Path) -> Iterator[Reader]:
    """Give a reader whose servers end with the block."""
    reader = Reader(folder)
    try:
        yield reader
    finally:
        for process in reader.running:
            process.terminate()
            process.wait(START_SECONDS)
