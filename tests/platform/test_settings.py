"""The settings: one documented table, read once."""

from dataclasses import fields
from pathlib import Path

import pytest

from xrm.platform.settings import SETTINGS, BadSetting, Settings, load_settings


def test_every_setting_is_documented_once() -> None:
    assert [s.name for s in SETTINGS] == [f.name for f in fields(Settings)]
    assert all(s.variable == f"XRM_{s.name.upper()}" for s in SETTINGS)
    assert all(s.summary.endswith(".") for s in SETTINGS)


def test_the_environment_is_read_and_overrides_win(tmp_path: Path) -> None:
    environ = {
        "XRM_DATA_DIR": str(tmp_path),
        "XRM_THREADS": "8",
        "XRM_BASE_URL": "https://crm.example",
        "OTHER": "x",
    }
    settings = load_settings(environ, threads=2, secret_key=None)
    assert settings.data_dir == tmp_path
    assert settings.database_url == f"sqlite:///{tmp_path / 'xrm.db'}"
    assert (settings.threads, settings.secret_key) == (2, "")
    assert settings.secure_cookies


BAD = {
    "XRM_THREADS": ("many", 'XRM_THREADS cannot be "many". Threads of one server'),
    "XRM_SECURE_COOKIES": ("perhaps", 'XRM_SECURE_COOKIES cannot be "perhaps". Whe'),
}


@pytest.mark.parametrize("variable", BAD)
def test_a_bad_value_is_named(variable: str) -> None:
    value, message = BAD[variable]
    with pytest.raises(BadSetting, match=message):
        load_settings({variable: value})


def test_a_setting_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadSetting, match="There is no setting thread"):
        load_settings({}, thread=2)
