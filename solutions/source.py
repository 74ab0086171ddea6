"""Know how a package comes in: a folder or a zip file, read into memory within budgets.

Nothing is ever written to disk; no name of an archive becomes a path of this machine.
Everything about the names and sizes is checked before the first byte is unpacked; all
faults are listed at once. What the files say is the business of `package.py`.
"""

import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from xrm.platform.errors import Refused
from xrm.rule_engine.problems import Problem, Where
from xrm.solutions.names import NameChecker

MANIFEST = "solution.yaml"


@dataclass(frozen=True, slots=True)
class Budgets:
    """How large a package may be; the numbers are bytes unless their name says else."""

    packed: int = 100_000_000
    unpacked: int = 500_000_000
    ratio: int = 100
    entries: int = 10_000
    free: int = 100_000
    """Up to this size an entry's ratio does not matter."""


BUDGETS = Budgets()


@dataclass(frozen=True, slots=True)
class Source:
    """A package as it came: file name (with slashes, from its root) → bytes."""

    name: str
    files: Mapping[str, bytes]

    def under(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """Give the files below a folder, by name."""
        for path, content in self.files.items():
            if path.startswith(f"{folder}/"):
                yield path, content


class BadPackage(Refused):
    """A package that cannot be used; `problems` lists everything that is wrong."""

    default_code = "bad_package"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def read_folder(folder: Path, budgets: Budgets = BUDGETS) -> Source:
    """Read the package in a folder; hidden files and caches are left out.

    Raises:
        BadPackage: it is no folder, has links, bad names or is too large.
    """
    if not (folder / MANIFEST).is_file():
        raise BadPackage([no_manifest(str(folder))])
    checker = NameChecker(str(folder))
    problems: list[Problem] = []
    files: dict[str, bytes] = {}
    size = 0
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not stat.S_ISREG(path.lstat().st_mode):
            problems.append(not_a_file(str(folder), name))
            continue
        if not checker.check(name):
            continue
        size += path.stat().st_size
        if size > budgets.unpacked or len(files) >= budgets.entries:
            problems.append(too_large(str(folder), budgets))
            break
        files[name] = path.read_bytes()
    problems = [*checker.problems, *problems]
    if problems:
        raise BadPackage(problems)
    return Source(folder.name, dict(sorted(files.items())))


def _walk(folder: Path) -> Iterator[Path]:
    """Give what lies in a folder and below, never behind a link."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        else:
            yield path


def no_manifest(place: str) -> Problem:
    """Return the problem of something that has no manifest."""
    return Problem(
        "S001",
        f"There is no {MANIFEST} in {place}.",
        Where(place, 1, 1),
        "Name the folder or zip file of a solution; its manifest stands at the top.",
    )


def not_a_file(place: str, name: str) -> Problem:
    """Return the problem of a link, device or other thing that is no plain file."""
    return Problem(
        "S003",
        f'"{shown(name)}" is not a plain file; links and devices are refused.',
        Where(place, 1, 1),
        "Put the file itself into the package.",
    )


def too_large(place: str, budgets: Budgets) -> Problem:
    """Return the problem of a package beyond its budgets."""
    return Problem(
        "S004",
        f"The package is too large: at most {budgets.entries} files and "
        f"{budgets.unpacked} bytes are allowed.",
        Where(place, 1, 1),
        "Take out what does not belong to the solution.",
    )


def shown(name: str) -> str:
    """Return a name as messages quote it."""
    cut = name if len(name) <= 80 else name[:77] + "…"
    return "".join(c if c.isprintable() else "\ufffd" for c in cut)
