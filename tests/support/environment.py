"""What the tests know of the machine: where things are, and whether they may lack.

On a developer's machine a test whose needs are not met is skipped with a reason. Under
CI (`CI` is set) nothing may be skipped for that: it fails.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def is_ci() -> bool:
    """Tell whether this is a CI run, where no need of a test may be unmet."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false", "no")


def is_required(setting: str) -> bool:
    """Tell whether a missing thing is a failure: under CI or by its own setting."""
    return is_ci() or bool(os.environ.get(setting))


def lacking(reason: str, *, setting: str) -> None:
    """Skip the test for `reason`, or fail it where the thing is required."""
    if is_required(setting):
        pytest.fail(f"{reason} (it is required: CI or {setting} is set)", pytrace=False)
    pytest.skip(reason)


def shared_folder() -> Path:
    """Return the folder of reference data, whether it exists or not."""
    named = os.environ.get("XRM_SHARED")
    return Path(named).resolve() if named else ROOT.parent / "shared"
