"""Make the data of the measured screens: the demonstration, and leads in plenty.

The whole demonstration is repeated a few times (`xrm demo --scale`); then leads alone,
the same way, until there are as many as wanted: repeating everything would make twenty
further records for each lead. Each copy is a day older than the one before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.work import Work, open_work
from xrm.platform.security.actors import SYSTEM
from xrm.solutions.archives import read_source
from xrm.solutions.demo import CRM
from xrm.solutions.installer import packaged
from xrm.solutions.records_files import Records, read_records, record_key
from xrm.solutions.records_load import load_records
from xrm.solutions.records_scale import copy_of

LEAD = "lead"
CREATED = "overriddencreatedon@days"
DAYS = 1_000
"""Over so many days the leads come in."""
FIRST_COPY = 1_000
"""Beyond the copies that `xrm demo` makes."""
AT_ONCE = 20
"""Copies that are written in one transaction."""


@dataclass(frozen=True, slots=True)
class Places:
    """Records of one person that are looked at: those with the most activities."""

    lead: str
    account: str
    leads: int


def add_leads(url: str, wanted: int) -> int:
    """Add copies of the sample leads until there are so many; return how many are."""
    database = open_database(url)
    snapshots = Snapshots(database)
    samples = read_records(read_source(packaged(CRM)), "samples")
    leads = replace(
        samples,
        sets=tuple(found for found in samples.sets if found.entity == LEAD),
        links=(),
        scale={LEAD: samples.scale[LEAD]},
    )
    with open_work(database, snapshots, SYSTEM, write=False) as work:
        there = _count(work)
    first = FIRST_COPY + there // leads.count
    copies = range(first, first + max(0, -(-(wanted - there) // leads.count)))
    for start in range(0, len(copies), AT_ONCE):
        with open_work(database, snapshots, SYSTEM, cause="bench") as work:
            for number in copies[start : start + AT_ONCE]:
                load_records(work, _older(copy_of(leads, work.catalog, number), number))
    with open_work(database, snapshots, SYSTEM, write=False) as work:
        there = _count(work)
    _analyze(database)
    database.dispose()
    return there


def _older(records: Records, number: int) -> Records:
    return replace(
        records,
        sets=tuple(
            replace(one, rows=tuple(_aged(row, number) for row in one.rows))
            for one in records.sets
        ),
    )


def _aged(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    days = float(row[CREATED] or 0) - number % DAYS
    return {**row, CREATED: f"{days:.6f}"}


def _count(work: Work) -> int:
    table = work.tables.table(LEAD)
    found = work.connection.execute(sa.select(sa.func.count()).select_from(table))
    return int(found.scalar_one())


def _analyze(database: Database) -> None:
    """Let PostgreSQL count its rows, as it does by itself sooner or later."""
    if database.dialect != "postgresql":
        return
    with database.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        connection.exec_driver_sql("ANALYZE")


def places(url: str, person: str) -> Places:
    """Return what is looked at as a person of the demonstration."""
    database = open_database(url)
    snapshots = Snapshots(database)
    with open_work(
        database, snapshots, SYSTEM, write=False, now=datetime.now(UTC)
    ) as work:
        owner = record_key("systemuser", person)
        found = Places(
            _busiest(work, LEAD, owner), _busiest(work, "account", owner), _count(work)
        )
    database.dispose()
    return found


def _busiest(work: Work, entity: str, owner: UUID) -> str:
    """Return the record of a person about which there are the most activities."""
    table, listed = work.tables.table(entity), work.tables.table("activitypointer")
    key = table.c[work.catalog.entity(entity).key]
    about = (
        sa.select(key, sa.func.count().label("n"))
        .join(listed, listed.c.regardingobjectid == key)
        .group_by(key)
        .order_by(sa.desc("n"))
        .limit(1)
    )
    mine = work.connection.execute(about.where(table.c.ownerid == owner)).first()
    found = mine or work.connection.execute(about).one()
    return str(found[0])
