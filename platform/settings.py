"""Know the settings: read once from the environment, documented in one table.

`SETTINGS` is that table: `xrm doctor` and the documentation show it, `load_settings`
reads by it. Nothing else of the platform reads the environment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import platformdirs

DEFAULT_DATA = Path(platformdirs.user_data_dir("openxrm", appauthor=False))


class BadSetting(ValueError):
    """A setting has a value that cannot be used; the message names both."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its variable, what it is for, how its text is read.

    `secret` values are never shown; `default` is what the documentation says when the
    value depends on another setting.
    """

    name: str
    variable: str
    summary: str
    read: Callable[[str], Any] = str
    default: str = ""
    secret: bool = False


def _folder(text: str) -> Path:
    return Path(text).expanduser().resolve()


def _whole(text: str) -> int:
    return int(text)


def _yes(text: str) -> bool:
    word = text.strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("0", "false", "no", "off", ""):
        return False
    raise ValueError(text)


def _log_format(text: str) -> str:
    if text not in ("json", "console"):
        raise ValueError(text)
    return text


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "data_dir",
        "XRM_DATA_DIR",
        "Folder of the SQLite file, uploaded files and the secret key.",
        _folder,
        str(DEFAULT_DATA),
    ),
    Setting(
        "database_url",
        "XRM_DATABASE_URL",
        "Database: sqlite:///path/to/file or postgresql://user:password@host/name.",
        str,
        "sqlite:///<data>/xrm.db",
        secret=True,
    ),
    Setting(
        "secret_key",
        "XRM_SECRET_KEY",
        "Key that signs cookies; at least 32 characters, the same in all processes.",
        str,
        "made once and kept in <data>/secret_key",
        secret=True,
    ),
    Setting(
        "base_url",
        "XRM_BASE_URL",
        "Address under which people reach the server, used in links and cookies.",
        str,
        "http://127.0.0.1:8000",
    ),
    Setting(
        "threads",
        "XRM_THREADS",
        "Threads of one server process; the connection pool has two more.",
        _whole,
        "4",
    ),
    Setting(
        "statement_timeout",
        "XRM_STATEMENT_TIMEOUT",
        "Seconds after which a reading statement is stopped.",
        _whole,
        "10",
    ),
    Setting(
        "session_idle_minutes",
        "XRM_SESSION_IDLE_MINUTES",
        "Minutes without a request after which a session ends.",
        _whole,
        "480",
    ),
    Setting(
        "session_hours",
        "XRM_SESSION_HOURS",
        "Hours after which a session ends in any case.",
        _whole,
        "72",
    ),
    Setting(
        "page_size",
        "XRM_PAGE_SIZE",
        "Most records that one API page may hold.",
        _whole,
        "5000",
    ),
    Setting(
        "request_bytes",
        "XRM_REQUEST_BYTES",
        "Largest request body in bytes.",
        _whole,
        str(32 * 1024 * 1024),
    ),
    Setting(
        "upload_bytes",
        "XRM_UPLOAD_BYTES",
        "Largest file that may be attached or uploaded, in bytes.",
        _whole,
        str(25 * 1024 * 1024),
    ),
    Setting(
        "rate_limit",
        "XRM_RATE_LIMIT",
        "Requests that one person may make in 300 seconds.",
        _whole,
        "6000",
    ),
    Setting(
        "demo_password",
        "XRM_DEMO_PASSWORD",
        "Password of the demonstration users; without it one is made and printed.",
        str,
        "made by xrm demo",
        secret=True,
    ),
    Setting(
        "smtp_url",
        "XRM_SMTP_URL",
        "Mail server: smtp://user:password@host:port.",
        str,
        "no mail is sent",
        secret=True,
    ),
    Setting(
        "log_format",
        "XRM_LOG_FORMAT",
        "How log lines look: json or console.",
        _log_format,
        "console on a terminal, otherwise json",
    ),
    Setting(
        "secure_cookies",
        "XRM_SECURE_COOKIES",
        "Whether cookies are sent over HTTPS only.",
        _yes,
        "yes when the base URL is https",
    ),
    Setting(
        "serve_worker",
        "XRM_SERVE_WORKER",
        "Whether `xrm serve` starts a worker for background jobs beside itself.",
        _yes,
        "yes",
    ),
    Setting(
        "worker_threads",
        "XRM_WORKER_THREADS",
        "Jobs that one worker does at the same time.",
        _whole,
        "2",
    ),
    Setting(
        "jobs_url",
        "XRM_JOBS_URL",
        "Database of the job engine; what it holds may be lost at any time.",
        str,
        "SQLite: a file beside it, <name>.jobs.db; PostgreSQL: the same database",
        secret=True,
    ),
    Setting(
        "job_days",
        "XRM_JOB_DAYS",
        "Days for which ended jobs and the files they made are kept.",
        _whole,
        "7",
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process; see `SETTINGS` for what each one is."""

    data_dir: Path
    database_url: str
    secret_key: str = ""
    base_url: str = "http://127.0.0.1:8000"
    threads: int = 4
    statement_timeout: int = 10
    session_idle_minutes: int = 480
    session_hours: int = 72
    page_size: int = 5000
    request_bytes: int = 32 * 1024 * 1024
    upload_bytes: int = 25 * 1024 * 1024
    rate_limit: int = 6000
    demo_password: str = ""
    smtp_url: str = ""
    log_format: str = ""
    secure_cookies: bool = False
    serve_worker: bool = True
    worker_threads: int = 2
    jobs_url: str = ""
    job_days: int = 7

    @property
    def job_folder(self) -> Path:
        """Return where background jobs keep their files, a folder for each."""
        return self.data_dir / "files" / "jobs"


def load_settings(environ: Mapping[str, str], **overrides: Any) -> Settings:
    """Return the settings of the environment; `overrides` (by field name) win.

    An override of None counts as not given. Nothing is created on disk.

    Raises:
        BadSetting: a value cannot be read.
    """
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        text = environ.get(setting.variable, "")
        if not text:
            continue
        try:
            values[setting.name] = setting.read(text)
        except ValueError:
            shown = "its value" if setting.secret else f'"{text}"'
            raise BadSetting(
                f"{setting.variable} cannot be {shown}. {setting.summary}"
            ) from None
    values.update({k: v for k, v in overrides.items() if v is not None})
    unknown = set(values) - {f.name for f in fields(Settings)}
    if unknown:
        raise BadSetting(f"There is no setting {', '.join(sorted(unknown))}.")
    data = values.setdefault("data_dir", DEFAULT_DATA)
    data = values["data_dir"] = Path(data).expanduser().resolve()
    values.setdefault("database_url", f"sqlite:///{data / 'xrm.db'}")
    values.setdefault("jobs_url", _jobs_url(values["database_url"]))
    base = values.get("base_url", "")
    values.setdefault("secure_cookies", base.startswith("https:"))
    return Settings(**values)


def _jobs_url(database_url: str) -> str:
    """Return the job engine's database: never the same SQLite file as ours."""
    scheme, _, rest = database_url.partition("://")
    if scheme.partition("+")[0] != "sqlite":
        return f"postgresql+psycopg://{rest}"
    file, _, _ = rest.partition("?")
    return f"sqlite://{file.removesuffix('.db')}.jobs.db" if file else ""
