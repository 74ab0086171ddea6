"""The demonstration: made once, quick afterwards, removable."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.solutions.support import Installed, own_package
from tests.support.samples.table import read
from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.engine import open_database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.records import parties, service
from xrm.platform.security import sessions
from xrm.solutions.demo import USERS, Demo, demo_password, prepare_demo
from xrm.solutions.installer import Installer
from xrm.solutions.records_files import read_records, record_key
from xrm.solutions.records_load import remove_records

PASSWORD = "quiet-river-42"
NOW = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installed, Demo]]:
    file = tmp_path_factory.mktemp("demo") / "xrm.db"
    database = open_database(f"sqlite:///{file}")
    snapshots = Snapshots(database)
    made = prepare_demo(database, snapshots, PASSWORD, now=NOW)
    yield Installed(database, snapshots, Installer(database, snapshots)), made
    database.dispose()


def test_it_is_made_once(demo: tuple[Installed, Demo]) -> None:
    installed, first = demo
    assert first.is_new
    assert installed.count("account") == 72
    assert installed.count("opportunity") == 250
    started = time.monotonic()
    again = prepare_demo(installed.database, installed.snapshots, PASSWORD, now=NOW)
    print(f"second start: {time.monotonic() - started:.2f} s")  # noqa: T201
    assert not again.is_new
    assert installed.count("account") == 72


def test_every_demo_user_can_sign_in(demo: tuple[Installed, Demo]) -> None:
    installed, _ = demo
    for name, _ in USERS:
        signed = sessions.sign_in(
            installed.database, installed.snapshots, name, PASSWORD, now=NOW
        )
        assert signed.user_id == record_key("systemuser", name)


def test_dates_are_as_far_from_today_as_they_were_meant(
    demo: tuple[Installed, Demo],
) -> None:
    installed, _ = demo
    with installed.work() as work:
        table = work.tables.table("opportunity")
        states = {s.name: s.value for s in work.catalog.entity("opportunity").states}
        won = sa.select(sa.func.min(table.c.actualclosedate)).where(
            table.c.statecode == states["Won"]
        )
        first = work.connection.scalar(won)
        last = work.connection.scalar(sa.select(sa.func.max(table.c.actualclosedate)))
    assert first < (NOW - timedelta(days=620)).date()
    assert last <= NOW.date()


def test_mails_have_those_who_wrote_and_got_them(
    demo: tuple[Installed, Demo],
) -> None:
    installed, _ = demo
    with installed.work() as work:
        mails = work.tables.table("email")
        keys = work.connection.scalars(sa.select(mails.c[0])).all()
        for found in parties.stored(work, "email", keys).values():
            refs = {mask: party.ref for _, mask, party in found}
            assert {ref.entity for ref in refs.values() if ref} == {
                "systemuser",
                "contact",
            }
            assert set(refs) >= {1, 2}, "from and to"
        assert len(keys) == 330


def test_totals_are_the_sums_of_the_lines(demo: tuple[Installed, Demo]) -> None:
    installed, _ = demo
    parents = (
        ("opportunity", "opportunityproduct", "opportunityid"),
        ("quote", "quotedetail", "quoteid"),
        ("salesorder", "salesorderdetail", "salesorderid"),
        ("invoice", "invoicedetail", "invoiceid"),
    )
    with installed.work() as work:
        for parent, child, link in parents:
            lines = work.tables.table(child)
            head = work.tables.table(parent)
            sums: dict[object, Decimal] = {}
            for row in work.connection.execute(
                sa.select(lines.c[link], lines.c.extendedamount)
            ):
                sums[row[0]] = sums.get(row[0], Decimal(0)) + row[1]
            for row in work.connection.execute(
                sa.select(head.c[link], head.c.totalamount, head.c.freightamount)
            ):
                assert row[1] == sums[row[0]] + (row[2] or 0), (parent, row[0])


def _first_recipient() -> str:
    return next(r for r in read("36_email.csv") if r["id"] == "email_001")["to"][8:]


def test_it_grows_by_copies_of_its_records(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'xrm.db'}")
    snapshots = Snapshots(database)
    installed = Installed(database, snapshots, Installer(database, snapshots))
    for scale, accounts in ((2, 144), (2, 144), (1, 144), (3, 216)):
        prepare_demo(database, snapshots, PASSWORD, now=NOW, scale=scale)
        assert installed.count("account") == accounts
    assert installed.count("systemuser") == 11
    with installed.work() as work:
        copied = record_key("opportunity", "opp_001~2")
        row = service.retrieve(work, "opportunity", copied)
        first = service.retrieve(
            work, "opportunity", record_key("opportunity", "opp_001")
        )
        assert row["name"] == f"{first['name']} 2"
        assert row["totalamount"] == first["totalamount"]
        assert row["ownerid"] == first["ownerid"]
        mail = record_key("email", "email_001~2")
        asked = {p.ref for _, _, p in parties.stored(work, "email", [mail])[mail]}
        copies = {ref for ref in asked if ref and ref.entity == "contact"}
        assert copies == {
            Ref("contact", record_key("contact", f"{_first_recipient()}~2"))
        }
        account = service.retrieve(work, "account", row["customerid"].id)
        assert account["name"].endswith(" 2")
    database.dispose()


def test_the_samples_can_be_removed(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'xrm.db'}")
    snapshots = Snapshots(database)
    prepare_demo(database, snapshots, PASSWORD, now=NOW)
    installed = Installed(database, snapshots, Installer(database, snapshots))
    samples = read_records(own_package("crm").source, "samples")
    with installed.work() as work:
        assert remove_records(work, samples) == samples.count
    for entity in ("account", "opportunity", "task", "systemuser", "product"):
        assert installed.count(entity) == 0
    database.dispose()


def test_the_password_is_the_same_at_every_start() -> None:
    assert demo_password("given one", "key") == "given one"
    assert demo_password("", "key") == demo_password("", "key")
    assert demo_password("", "key") != demo_password("", "other")
    assert demo_password("", "").startswith("demo-")
