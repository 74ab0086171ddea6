"""Know the demonstration: core, crm and its sample records, and users to sign in as.

Running it again changes nothing and is quick. All demonstration users have one
password: that of `XRM_DEMO_PASSWORD`, else one made of the secret key, so that it is
the same at every start and stands nowhere.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from xrm.platform.database.engine import Database
from xrm.platform.database.publish import Progress
from xrm.platform.database.setting_store import read_setting, write_setting
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.upgrades import upgrade
from xrm.platform.database.work import Work, open_work
from xrm.platform.records.presence import present
from xrm.platform.security import passwords, sessions
from xrm.platform.security.actors import SYSTEM
from xrm.rule_engine import core_names
from xrm.solutions.archives import read_source
from xrm.solutions.installer import CORE, Installer, packaged
from xrm.solutions.records_files import read_records, record_key
from xrm.solutions.records_load import load_records
from xrm.solutions.records_scale import copy_of

CRM = "crm"
USERS = (
    ("admin", "System administrator: everything"),
    ("salesperson", "Salesperson: own accounts, leads and opportunities"),
    ("salesmanager", "Sales manager: what all of sales own"),
    ("service", "Customer service representative: cases"),
    ("marketing", "Marketing: campaigns and leads"),
    ("customizer", "System customizer: the definitions"),
)
"""Names to sign in with, and what each may do; the records are samples of crm."""
_MARK, _COPIES = "demo", "demo_copies"


@dataclass(frozen=True, slots=True)
class Demo:
    """What there is to show: who can sign in, and whether it was made just now."""

    users: tuple[tuple[str, str], ...]
    password: str
    is_new: bool


def demo_password(given: str, secret_key: str) -> str:
    """Return the password of the demonstration users."""
    if given:
        return given
    if not secret_key:
        return f"demo-{secrets.token_hex(4)}"
    made = hmac.new(secret_key.encode(), b"demonstration users", hashlib.sha256)
    return f"demo-{made.hexdigest()[:8]}"


def prepare_demo(
    database: Database,
    snapshots: Snapshots,
    password: str,
    *,
    now: datetime | None = None,
    scale: int = 1,
    progress: Progress | None = None,
) -> Demo:
    """Make the demonstration where it is not there yet.

    `scale` is how many times the sample records are wanted; copies that are there stay.

    Raises:
        Invalid: the password is weak.
        BadPackage: a package does not fit; the problems say where.
    """
    upgrade(database)
    moment = now or datetime.now(UTC)
    installer = Installer(database, snapshots, clock=lambda: moment)
    have = {solution.name for solution in installer.installed()}
    if CORE not in have:
        installer.apply(installer.plan_package(packaged(CORE)), progress=progress)
    if CRM not in have:
        plan = installer.plan_package(packaged(CRM))
        installer.apply(plan, samples=True, progress=progress)
    with open_work(database, snapshots, SYSTEM, now=moment, cause="demo") as work:
        _let_in(work, password)
    if scale > 1:
        _repeat(database, snapshots, scale, moment, progress)
    return Demo(USERS, password, CRM not in have)


def _repeat(
    database: Database,
    snapshots: Snapshots,
    scale: int,
    moment: datetime,
    progress: Progress | None,
) -> None:
    """Add copies of the sample records, each in a transaction of its own."""
    samples = read_records(read_source(packaged(CRM)), "samples")
    with open_work(database, snapshots, SYSTEM, now=moment) as work:
        done = int(read_setting(work.connection, _COPIES) or 1)
    for number in range(done + 1, scale + 1):
        if progress is not None:
            progress(number, scale, f"copy {number} of the examples")
        with open_work(database, snapshots, SYSTEM, now=moment, cause="demo") as work:
            load_records(work, copy_of(samples, work.catalog, number))
            write_setting(work.connection, _COPIES, number)


def _let_in(work: Work, password: str) -> None:
    """Give the demonstration users this password, unless it was given before."""
    known = read_setting(work.connection, _MARK)
    if known is not None and passwords.verify(password, known):
        return
    users = {name: record_key(core_names.USER, name) for name, _ in USERS}
    there = present(work, core_names.USER, list(users.values()))
    for name, user in users.items():
        if user in there:
            sessions.set_password(work, user, name, password)
    write_setting(work.connection, _MARK, passwords.hash_password(password))
