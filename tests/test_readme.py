"""What the README and its neighbours say exists."""

import importlib.util
import re
from pathlib import Path

import pytest

from tests.support.environment import ROOT, lacking
from tests.support.source import FOLDERS, listed

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *(ROOT / folder / "README.md" for folder in FOLDERS),
]
PRESENT = [path for path in DOCUMENTS if path.exists()]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code_in(path: Path) -> list[str]:
    """Return the lines of a document's code blocks and its spans between back-ticks."""
    text = text_of(path)
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^(?: {4}|\t)(.+)$", text, re.MULTILINE)
    outside = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", outside)
    return [line for block in blocks for line in block.splitlines()] + indented + spans


def test_every_folder_tells_what_lives_in_it() -> None:
    assert [name_of(path) for path in DOCUMENTS if not path.exists()] == []


def test_the_readme_begins_with_the_two_commands() -> None:
    beginning = text_of(ROOT / "README.md").splitlines()[:15]
    commands = [line for line in beginning if line.startswith("make ")]
    assert [line.split("#")[0].strip() for line in commands] == [
        "make demo",
        "make test",
    ]


@pytest.mark.parametrize("path", PRESENT, ids=name_of)
def test_every_make_target_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {
        target
        for line in code_in(path)
        for target in re.findall(r"make ([a-z]+)", line)
    }
    assert not named - targets, listed(named - targets)


@pytest.mark.parametrize("path", PRESENT, ids=name_of)
def test_every_file_exists(path: Path) -> None:
    """Links lead somewhere, and paths between back-ticks that end in a type or `/`."""
    text = text_of(path)
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    spans = re.findall(r"`((?:[\w.-]+/)+(?:[\w.-]+\.\w+)?)`", text)
    missing = [
        name
        for name in [*links, *spans]
        if "://" not in name
        and not name.endswith((".png", ".webp", ".svg"))
        and not (path.parent / name).exists()
        and not (ROOT / name).exists()
        and not any(ROOT.glob(f"solutions/*/{name}"))
    ]
    assert not missing, listed(missing)


@pytest.mark.parametrize("path", PRESENT, ids=name_of)
def test_every_picture_exists(path: Path) -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", text_of(path))
    missing = [name for name in pictures if not (path.parent / name).exists()]
    if missing and not (ROOT / "platform" / "main.py").exists():
        lacking("there is no program to picture yet", setting="XRM_REQUIRE_ALL")
    assert not missing, listed(missing)


@pytest.mark.parametrize("path", PRESENT, ids=name_of)
def test_every_xrm_command_exists(path: Path) -> None:
    """Follow `xrm solution plan` through the tree of commands."""
    if importlib.util.find_spec("xrm.platform.main") is None:
        lacking("platform/main.py does not exist yet", setting="XRM_REQUIRE_ALL")
    click = importlib.import_module("click")
    cli = importlib.import_module("xrm.platform.main").cli
    missing = []
    for line in code_in(path):
        for words in re.findall(r"(?:^|[^\w.])xrm((?: [a-z][a-z-]*)+)", line):
            command = cli
            for word in words.split():
                if not isinstance(command, click.Group):
                    break
                command = command.get_command(click.Context(command), word)
                if command is None:
                    missing.append(f"xrm{words}")
                    break
    assert not missing, listed(missing)


@pytest.mark.parametrize("path", PRESENT, ids=name_of)
def test_every_setting_exists(path: Path) -> None:
    """A setting is in the platform's table, or is one of the tests' own."""
    settings = importlib.import_module("xrm.platform.settings")
    known = {setting.variable for setting in settings.SETTINGS}
    own = {
        name
        for folder in (ROOT / "tests", ROOT / ".ci")
        for file in folder.rglob("*")
        if file.is_file() and file.suffix in ("", ".py")
        for name in re.findall(r"\bXRM_[A-Z_]+\b", text_of(file))
    }
    named = set(re.findall(r"\bXRM_[A-Z_]+\b", text_of(path)))
    assert not named - known - own, listed(named - known - own)
