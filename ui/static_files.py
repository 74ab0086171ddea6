"""Know the static files: their content hashes, addresses and compressed bytes.

An address carries the hash of the content (`/static/openxrm.css?v=…`), so a browser may
keep it for a year. Files are read once; text files are kept compressed.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
TEXTS = frozenset({".css", ".js", ".svg"})
KINDS = {".js": "text/javascript", ".svg": "image/svg+xml", ".css": "text/css"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file: its bytes, what it is, and the mark of its content."""

    name: str
    content: bytes
    kind: str
    mark: str
    compressed: bytes | None = None

    @property
    def address(self) -> str:
        """Return the address that changes with the content."""
        return f"/static/{self.name}?v={self.mark}"


@cache
def files() -> Mapping[str, StaticFile]:
    """Return every static file by its name below `static/`."""
    found = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            name = path.relative_to(FOLDER).as_posix()
            found[name] = _read(name, path)
    return found


def address(name: str) -> str:
    """Return the address of a static file.

    Raises:
        KeyError: there is no such file.
    """
    return files()[name].address


def _read(name: str, path: Path) -> StaticFile:
    content = path.read_bytes()
    kind = KINDS.get(path.suffix) or mimetypes.guess_type(name)[0]
    if path.suffix in TEXTS:
        kind = f"{kind}; charset=utf-8"
    return StaticFile(
        name=name,
        content=content,
        kind=kind or "application/octet-stream",
        mark=hashlib.sha256(content).hexdigest()[:12],
        compressed=gzip.compress(content, 9, mtime=0) if path.suffix in TEXTS else None,
    )
