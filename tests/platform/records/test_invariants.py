"""What the doctor proves of records: planted faults are found, a sound world is not."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.support.installed import CORE, CRM, Installed, install
from xrm.platform.database.doctor import invariants
from xrm.platform.database.system_tables import AUDIT
from xrm.platform.records.invariants import CHECKS


@pytest.fixture
def system(database_url: str) -> Iterator[Installed]:
    made = install(database_url, "Root", (CORE, CRM))
    yield made
    made.database.dispose()


def test_planted_faults_are_found(system: Installed) -> None:
    deal = system.create("opportunity", name="Deal")
    system.create(
        "opportunityproduct",
        opportunityid=deal,
        productdescription="Pump",
        quantity=2,
        priceperunit=10,
    )
    assert invariants(system.database, CHECKS) == []
    with system.database.engine.begin() as connection:
        table = system.snapshots.current(connection).tables.table("opportunity")
        connection.execute(sa.update(table).values(totallineitemamount=7))
        connection.execute(
            sa.update(AUDIT)
            .where(AUDIT.c.entity == "opportunity")
            .values(cause="nobody")
        )
    found = invariants(system.database, CHECKS)
    assert {finding.check for finding in found} == {"history", "computed"}
    assert any(
        finding.message
        == "opportunity.totallineitemamount of 1 records is not what it is computed "
        "of. Save what it reads again."
        for finding in found
    )
