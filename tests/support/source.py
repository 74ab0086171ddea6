"""The code of the five packages as the guards see it: paths, names and syntax trees."""

import ast
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.environment import ROOT

FOLDERS = ("rule_engine", "metadata", "platform", "solutions", "ui")
SKIPPED_FOLDERS = {
    *(".git", ".venv", ".data", ".demo", "__pycache__", "build", "dist"),
    *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "node_modules"),
}


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file of the code."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Give the path from the repository's root: `metadata/fields/money.py`."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def folder(self) -> str:
        """Give the top-level folder."""
        return self.path.relative_to(ROOT).parts[0]


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a module: `from xrm.metadata import Catalog` gives two names."""

    module: Module
    line: int
    target: str
    level: int
    is_nested: bool

    def __str__(self) -> str:
        """Say where it stands and what it imports."""
        return f"{self.module.name}:{self.line} imports {self.target}"


@functools.cache
def modules() -> tuple[Module, ...]:
    """Return every Python file of the five packages."""
    found: list[Module] = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            found.append(Module(path, text, ast.parse(text, str(path))))
    return tuple(found)


def imports(module: Module) -> Iterator[Import]:
    """Yield the imports of a module; `from a import b` yields `a.b`."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    nested = {
        id(inner)
        for node in ast.walk(module.tree)
        if isinstance(node, functions)
        for inner in ast.walk(node)
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names, level = [alias.name for alias in node.names], 0
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            names = [f"{origin}.{alias.name}".lstrip(".") for alias in node.names]
            level = node.level
        else:
            continue
        for name in names:
            yield Import(module, node.lineno, name, level, id(node) in nested)


def docstrings(tree: ast.Module) -> set[int]:
    """Return the identities of the nodes that are docstrings."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, owners) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                found.add(id(first.value))
    return found


def calls(module: Module) -> Iterator[tuple[int, str]]:
    """Yield line and name of every call: `yaml.load(...)` yields `yaml.load`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def text_files() -> Iterator[Path]:
    """Yield the repository's text files, without what tools leave behind."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if path.is_symlink() or not path.is_file() or SKIPPED_FOLDERS & set(parts):
            continue
        if any(part.endswith(".egg-info") for part in parts):
            continue
        if b"\0" not in path.read_bytes()[:4096]:
            yield path


def listed(faults: Iterable[str]) -> str:
    """Return faults one a line, for the message of an assertion."""
    return "\n".join(["", *(f"  {fault}" for fault in faults)])
