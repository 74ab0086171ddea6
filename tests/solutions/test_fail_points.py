"""C5: an install or uninstall that fails at any statement changes nothing.

Every statement of the deed is a point, before and after it, and so is the commit. At
each the deed fails, with an exception or by the death of the process; then the state is
the one before, or the one after where the commit had been passed.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.platform.database.crashes import (
    FailPoint,
    Points,
    die_here,
    in_child,
    raise_here,
)
from tests.solutions.conftest import Packages, Template
from tests.solutions.support import Installed, properties
from tests.solutions.test_crash import State, opened, state_of
from tests.support.counts import count

pytestmark = pytest.mark.one_database

PACKAGE = properties()
Deed = Callable[[Installed], object]


def install(installed: Installed) -> None:
    installed.install(PACKAGE)


def uninstall(installed: Installed) -> None:
    installed.installer.uninstall("properties")


DEEDS: dict[str, Deed] = {"install": install, "uninstall": uninstall}


def points_of(deed: Deed, installed: Installed) -> int:
    points = Points(act=lambda: None)
    with points.on(installed.database):
        deed(installed)
    return points.passed


def chosen(points: int) -> list[int]:
    """Return all points; in a quick run some of them and the last ones."""
    step = count(ci=1, release=1, quick=23)
    return sorted({*range(1, points + 1, step), points - 1, points})


@pytest.mark.campaign
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", DEEDS)
def test_c5_an_exception_at_any_statement_changes_nothing(
    name: str, copy: Callable[[Packages], Installed]
) -> None:
    installed = copy(("core",))
    deed = DEEDS[name]
    if name == "uninstall":
        install(installed)
    points = points_of(deed, installed)
    back = {"install": uninstall, "uninstall": install}[name]
    back(installed)
    before = state_of(installed)
    for at in chosen(points):
        with Points(act=raise_here, at=at).on(installed.database):
            try:
                deed(installed)
            except FailPoint:
                pass
            else:
                pytest.fail(f"point {at} of {points} was not passed")
        now = state_of(installed)
        if now != before:
            assert now.version == before.version + 1
            assert at == points, f"half an {name} at point {at} of {points}"
    deed(installed)


@pytest.mark.campaign
@pytest.mark.timeout(0)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("name", DEEDS)
def test_c5_death_at_any_statement_changes_nothing(
    name: str, template: Template, tmp_path: Path
) -> None:
    deed = DEEDS[name]
    start, file = tmp_path / "start.db", tmp_path / "trial.db"
    shutil.copy(template(("core",)), start)
    if name == "uninstall":
        _alone(start, install)
    shutil.copy(start, file)
    states: list[State] = []
    installed = opened(file)
    states.append(state_of(installed))
    points = points_of(deed, installed)
    states.append(state_of(installed))
    installed.database.dispose()
    for at in chosen(points):
        for old in tmp_path.glob("trial.db*"):
            old.unlink()
        shutil.copy(start, file)

        def die(at: int = at) -> None:
            own = opened(file)
            with Points(act=die_here, at=at).on(own.database):
                deed(own)

        _, status = os.waitpid(in_child(die), 0)
        assert os.WIFSIGNALED(status)
        installed = opened(file)
        assert state_of(installed) in states
        installed.database.dispose()


def _alone(file: Path, deed: Deed) -> None:
    installed = opened(file)
    deed(installed)
    installed.database.dispose()
