"""The wheel holds everything, and the program runs from it alone."""

import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.environment import ROOT, lacking
from tests.support.source import FOLDERS, SKIPPED_FOLDERS

# What no running program reads: the READMEs of the folders are for contributors.
NOT_SHIPPED = {f"{folder}/README.md" for folder in FOLDERS}

pytestmark = pytest.mark.xdist_group("packaging")


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def files_of_code() -> set[str]:
    """Return every file below the five folders, as `metadata/fields/money.py`."""
    return {
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and not SKIPPED_FOLDERS & set(path.relative_to(ROOT).parts)
        and path.suffix != ".pyc"
    }


def run(command: list[str], folder: Path, seconds: int = 120) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy, so that nothing is left in the checkout."""
    source = tmp_path_factory.mktemp("source") / "openxrm"
    skipped = shutil.ignore_patterns(*SKIPPED_FOLDERS, "*.egg-info", "tests", "*.pyc")
    shutil.copytree(ROOT, source, ignore=skipped)
    output = tmp_path_factory.mktemp("wheel")
    backend = "from setuptools import build_meta; build_meta.build_wheel(%r)"
    run([sys.executable, "-c", backend % str(output)], source)
    (built,) = output.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a fresh environment; return its folder of programs.

    The libraries come from this environment through a path file, so nothing is
    downloaded. The file is written after the installation: otherwise pip would see this
    environment's openxrm there.
    """
    home = tmp_path_factory.mktemp("environment")
    venv.EnvBuilder(with_pip=False, symlinks=True).create(home)
    programs = home / "bin"
    python = str(programs / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    run([*pip, "--no-deps", "--no-index", str(wheel)], home)
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages,) = home.glob("lib/python*/site-packages")
    lines = "\n".join(sorted(libraries))
    (packages / "libraries.pth").write_text(lines + "\n", encoding="utf-8")
    return programs


def test_the_package_list_is_complete() -> None:
    """An unlisted package works in an editable install and is missing in the wheel."""
    listed = set(project()["tool"]["setuptools"]["packages"])
    folders = {
        "xrm." + path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
    }
    assert sorted(folders - listed) == [], "add them to packages in pyproject.toml"
    without_files = {
        name
        for name in listed
        if not (ROOT / name.removeprefix("xrm.").replace(".", "/")).is_dir()
    }
    assert without_files == set()


def test_the_wheel_holds_every_file_of_the_code(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = {
            name.removeprefix("xrm/")
            for name in archive.namelist()
            if name.startswith("xrm/")
        }
    assert sorted(files_of_code() - NOT_SHIPPED - shipped) == []
    assert sorted(shipped - files_of_code()) == []


def test_the_wheel_holds_nothing_beside_the_code(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        names = set(archive.namelist())
    assert {top for top in tops if not top.endswith(".dist-info")} == {"xrm"}
    assert "xrm/__init__.py" not in names
    assert "xrm/platform/__init__.py" not in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_packages_come_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    script = "import xrm.metadata, platform; print(xrm.metadata.__file__)"
    said = run([str(installed / "python"), "-c", script], tmp_path)
    assert Path(said.strip()).is_relative_to(installed.parent)


def test_the_demonstration_is_made_from_the_wheel(
    installed: Path, tmp_path: Path
) -> None:
    if not (ROOT / "platform" / "main.py").exists():
        lacking("platform/main.py does not exist yet", setting="XRM_REQUIRE_ALL")
    demo = [str(installed / "xrm"), "demo", "--no-serve", "--data"]
    said = run([*demo, str(tmp_path / "data")], tmp_path, seconds=240)
    assert "admin" in said
    assert (tmp_path / "data" / "xrm.db").exists()
