"""Values of every field type: as sent, as stored, as JSON and people see them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from xrm.metadata.entities import Field
from xrm.metadata.entity_documents import field_from
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.fields.location import Point
from xrm.metadata.fields.party import Party

ID = UUID("6f1c9f3e-8a5b-4f0e-9d0c-0d6a3c1b2a4f")


class Sample(NamedTuple):
    """One value on its way through a type."""

    sent: Any
    stored: Any
    json: Any
    shown: str


SAMPLES: dict[str, list[Sample]] = {
    "text": [
        Sample("Größe, Σ", "Größe, Σ", "Größe, Σ", "Größe, Σ"),
        Sample(12, "12", "12", "12"),
        Sample("  kept  ", "  kept  ", "  kept  ", "  kept  "),
    ],
    "rich_text": [Sample("<p>x</p>", "<p>x</p>", "<p>x</p>", "<p>x</p>")],
    "autonumber": [Sample("OPP-00001", "OPP-00001", "OPP-00001", "OPP-00001")],
    "integer": [
        Sample(50, 50, 50, "50"),
        Sample("7", 7, 7, "7"),
        Sample(3.0, 3, 3, "3"),
        Sample("12.00", 12, 12, "12"),
        Sample(Decimal(4), 4, 4, "4"),
    ],
    "decimal": [
        Sample("1234.5", Decimal("1234.50000"), 1234.5, "1,234.50000"),
        Sample(0.1, Decimal("0.10000"), 0.1, "0.10000"),
        Sample(99999999999, Decimal("99999999999.00000"), 99999999999.0,
               "99,999,999,999.00000"),
        Sample("99999999999.12345", Decimal("99999999999.12345"),
               "99999999999.12345", "99,999,999,999.12345"),
    ],
    "currency": [
        Sample("1000.10", Decimal("1000.10"), 1000.1, "€1,000.10"),
        Sample(0, Decimal("0.00"), 0.0, "€0.00"),
        Sample("922337203685477.12", Decimal("922337203685477.12"),
               "922337203685477.12",
               "€922,337,203,685,477.12"),
    ],
    "float": [
        Sample("48.137", 48.137, 48.137, "48.137"),
        Sample(-90, -90.0, -90.0, "-90"),
    ],
    "boolean": [
        Sample(True, True, True, "Yes"),
        Sample("no", False, False, "No"),
        Sample(1, True, True, "Yes"),
    ],
    "date": [
        Sample("2026-03-31", date(2026, 3, 31), date(2026, 3, 31), "Mar 31, 2026"),
        Sample(datetime(2026, 3, 31, 23, tzinfo=UTC), date(2026, 3, 31),
               date(2026, 3, 31), "Mar 31, 2026"),
    ],
    "datetime": [
        Sample("2026-03-31T14:30:00Z", datetime(2026, 3, 31, 14, 30, tzinfo=UTC),
               datetime(2026, 3, 31, 14, 30, tzinfo=UTC), "Mar 31, 2026 2:30 PM"),
        Sample(datetime(2026, 3, 31, 14, 30, tzinfo=timezone(timedelta(hours=2))),
               datetime(2026, 3, 31, 12, 30, tzinfo=UTC),
               datetime(2026, 3, 31, 12, 30, tzinfo=UTC), "Mar 31, 2026 12:30 PM"),
        Sample("2026-03-31", datetime(2026, 3, 31, tzinfo=UTC),
               datetime(2026, 3, 31, tzinfo=UTC), "Mar 31, 2026 12:00 AM"),
    ],
    "choice": [
        Sample(2, 2, 2, "Warm"),
        Sample("2", 2, 2, "Warm"),
        Sample("hot", 1, 1, "Hot"),
    ],
    "state": [Sample("Won", 2, 2, "Won")],
    "status": [Sample(1, 1, 1, "In Progress")],
    "multichoice": [
        Sample([2, 1], (1, 2), "1,2", "Rent; Buy"),
        Sample("3,1", (1, 3), "1,3", "Rent; Build"),
        Sample("Rent, Buy", (1, 2), "1,2", "Rent; Buy"),
        Sample(2, (2,), "2", "Buy"),
    ],
    "lookup": [
        Sample(Ref("account", ID), Ref("account", ID), ID, str(ID)),
        Sample({"entity": "contact", "id": str(ID)}, Ref("contact", ID), ID, str(ID)),
        Sample(f"contact:{ID}", Ref("contact", ID), ID, str(ID)),
    ],
    "owner": [Sample(f"team:{ID}", Ref("team", ID), ID, str(ID))],
    "uniqueid": [Sample(str(ID), ID, ID, str(ID)), Sample(ID, ID, ID, str(ID))],
    "file": [Sample(str(ID), ID, ID, "File")],
    "image": [Sample(ID, ID, ID, "Image")],
    "location": [
        Sample("48.137, 11.575", Point(48.137, 11.575),
               {"latitude": 48.137, "longitude": 11.575}, "48.13700, 11.57500"),
        Sample({"latitude": 0, "longitude": -180}, Point(0.0, -180.0),
               {"latitude": 0.0, "longitude": -180.0}, "0.00000, -180.00000"),
    ],
    "party": [
        Sample(f"contact:{ID}; a@b.org",
               (Party(Ref("contact", ID)), Party(None, "a@b.org")),
               [{"entity": "contact", "id": ID, "address": None},
                {"entity": None, "id": None, "address": "a@b.org"}],
               f"{ID}; a@b.org"),
        Sample([{"entity": "lead", "id": str(ID), "address": "x"},
                {"entity": "lead", "id": ID, "address": "x"}],
               (Party(Ref("lead", ID), "x"),),
               [{"entity": "lead", "id": ID, "address": "x"}], "x"),
        Sample(Ref("queue", ID), (Party(Ref("queue", ID)),),
               [{"entity": "queue", "id": ID, "address": None}], str(ID)),
    ],
    "tags": [
        Sample("VIP, gold ,vip", ",VIP,gold,", ["VIP", "gold"], "VIP, gold"),
        Sample(["new  one"], ",new one,", ["new one"], "new one"),
    ],
}  # fmt: skip


def field_of(type_: str, **options: Any) -> Field:
    """Return a field of a type, declared as its example or with other options."""
    kind = field_type(type_)
    data = {**kind.example, "label": "F", **options, "type": type_}
    if type_ == "decimal":
        data.pop("min", None)
    return field_from("thing", "things", f"f_{type_}", data, {})
