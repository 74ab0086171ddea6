import pytest

from xrm.platform.errors import XrmError
from xrm.platform.records import service


def test_first(world):
    with world.work() as work:
        one = service.create(work, "client", {"name": "Acme", "employees": "12"})
    row = world.read("client", one)
    assert row["name"] == "Acme"
    v = world.update("client", one, name="Acme 2")
    assert world.read("client", one)["versionnumber"] == v
    deal = world.create("deal", "anna", name="Big", value="12.50")
    print(world.read("deal", deal, "anna"))
    with world.work() as work:
        for e in service.history(work, "client", one):
            print(e)
        service.delete(work, "client", one)
    with world.work() as work:
        out = service.create_many(
            work,
            "client",
            [{"name": f"c{i}", "number": str(i % 7)} for i in range(10)],
            on_error="report",
        )
        assert [bool(o.error) for o in out] == [False] * 7 + [True] * 3
        out = service.update_many(
            work, "client", [(o.id, {"city": "X"}) for o in out[:7]]
        )
        print(out)
        with pytest.raises(XrmError) as e:
            service.create(
                work,
                "client",
                {
                    "nme": 1,
                    "createdon": "2020-01-01",
                    "employees": "x",
                    "parentid": one,
                },
            )
        print(e.value, e.value.details)
        service.delete_many(work, "client", [o.id for o in out])
