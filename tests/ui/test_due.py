"""What is due, read from the list of all activities, is what each kind has."""

from datetime import timedelta

import pytest

from tests.ui.live import Live
from xrm.platform.database.work import open_work
from xrm.platform.security.actors import load_actor
from xrm.solutions.records_files import record_key
from xrm.ui import due
from xrm.ui.visit import Visit, reader_of


@pytest.mark.parametrize("name", ["admin", "salesperson", "salesmanager", "service"])
def test_the_list_of_activities_tells_the_same_as_each_kind(
    live: Live, name: str
) -> None:
    user = record_key("systemuser", name)
    with open_work(
        live.database,
        live.snapshots,
        lambda connection, snapshot: load_actor(connection, snapshot, user),
        write=False,
    ) as work:
        work.now += timedelta(days=30)  # when more is due
        seen = Visit(work, "", reader_of(work))
        kinds = list(due.kinds(seen))
        base = work.catalog.activity_base
        assert base is not None
        assert all(due.is_listed(kind, base) for kind in kinds)
        by_kind = sorted(one for kind in kinds for one in due.due_of(seen, kind))
        assert sorted(due.due_of_list(seen, base, kinds)) == by_kind[: due.MOST]
        found = due.of(seen)
        assert found.count == len(by_kind[: due.MOST])
        assert found.late == sum(one < work.now for one in by_kind[: due.MOST])
        assert found.count or name in ("admin", "salesmanager")
