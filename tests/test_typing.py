"""The code is typed strictly, under the names it is installed by."""

import sys

import pytest

from tests.support.environment import ROOT
from tests.support.source import FOLDERS
from tests.support.type_check import check_code, check_support, link_tree


def test_the_code_passes_the_strict_type_check() -> None:
    result = check_code()
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_support_of_the_tests_passes_the_strict_type_check() -> None:
    result = check_support()
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_tree_of_links_shows_every_package() -> None:
    tree = link_tree() / "xrm"
    assert sorted(path.name for path in tree.iterdir()) == sorted(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_package_says_that_it_is_typed(folder: str) -> None:
    assert (ROOT / folder / "py.typed").exists()


def test_the_standard_platform_module_is_not_ours() -> None:
    module = sys.modules["platform"]
    assert module.__file__ is not None
    assert not module.__file__.startswith(str(ROOT / "platform"))
