"""Run `mypy --strict` over the code, which mypy cannot find by itself.

The folders are packages of the namespace `xrm` only once installed, and mypy does not
follow an editable install. A tree of five links, `xrm/platform` and so on, shows it the
packages under their names. The tree lies in mypy's cache folder, so that the paths, and
with them the cache, stay valid from run to run.

    python -m tests.support.type_check
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.environment import ROOT

FOLDERS = ("rule_engine", "metadata", "platform", "solutions", "ui")
CACHE = ROOT / ".mypy_cache"
FLAGS = ("--strict", "--namespace-packages", "--explicit-package-bases")


def link_tree() -> Path:
    """Return a folder that holds `xrm/` with a link to each top-level package."""
    tree = CACHE / "links"
    (tree / "xrm").mkdir(parents=True, exist_ok=True)
    for folder in FOLDERS:
        link = tree / "xrm" / folder
        if not link.is_symlink():
            link.symlink_to(ROOT / folder, target_is_directory=True)
    return tree


def check_types(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run mypy on `arguments`; its report is in `stdout`."""
    return subprocess.run(
        [sys.executable, "-m", "mypy", *FLAGS, f"--cache-dir={CACHE}", *arguments],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": str(link_tree())},
        capture_output=True,
        text=True,
        check=False,
    )


def check_code() -> subprocess.CompletedProcess[str]:
    """Check the five packages."""
    return check_types(["-p", "xrm"])


def check_support() -> subprocess.CompletedProcess[str]:
    """Check what the tests share, and the tests of the repository itself."""
    own = sorted(str(path) for path in (ROOT / "tests").glob("*.py"))
    return check_types(["tests/support", *own])


def main() -> int:
    """Check everything; print the reports; return the exit code."""
    done = [check_code(), check_support()]
    for result in done:
        sys.stdout.write(result.stdout + result.stderr)
    return max(result.returncode for result in done)


if __name__ == "__main__":
    sys.exit(main())
