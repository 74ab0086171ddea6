"""Files of rows: every kind of value comes back, and nothing is cut."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from xrm.platform.errors import Refused
from xrm.platform.services import export_files
from xrm.platform.services.export_files import LONGEST_CELL, WRITERS
from xrm.platform.services.import_files import ReadOptions, read_bytes

ROW: dict[str, Any] = {
    "id": UUID(int=7),
    "name": "Jürg & Söhne 🙂",
    "note": "one\ntwo, three",
    "count": 3,
    "price": 12.5,
    "large": "123456789012345678.12",
    "day": date(2026, 2, 3),
    "at": datetime(2026, 2, 3, 10, 20, 30, tzinfo=UTC),
    "open": True,
    "nothing": None,
    "exact": Decimal("1.10"),
    "place": {"latitude": 1.5},
}


def read(kind: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    out = io.BytesIO()
    assert WRITERS[kind](out, tuple(rows[0]), rows) == len(rows)
    source = read_bytes(out.getvalue(), f"a.{kind}", ReadOptions())
    return [dict(row) for _, row in source.rows()]


def test_a_workbook_keeps_kinds_of_values() -> None:
    found = read("xlsx", [ROW, ROW])[1]
    assert found["name"] == ROW["name"]
    assert found["note"] == ROW["note"]
    assert (found["count"], found["price"], found["open"]) == (3, 12.5, True)
    assert found["large"] == ROW["large"]
    assert found["day"] == ROW["day"]
    assert found["at"] == datetime(2026, 2, 3, 10, 20, 30)  # noqa: DTZ001  # as written
    assert found["nothing"] in (None, "")
    assert found["exact"] == "1.10"
    assert found["id"] == str(UUID(int=7))


def test_csv_keeps_texts() -> None:
    found = read("csv", [ROW])[0]
    assert (found["name"], found["note"]) == (ROW["name"], ROW["note"])
    assert found["count"] == "3"


def test_json_has_a_line_for_each_record() -> None:
    out = io.BytesIO()
    assert WRITERS["json"](out, tuple(ROW), [ROW, ROW]) == 2
    assert out.getvalue().count(b"\n") == 2
    assert b'"at":"2026-02-03T10:20:30Z"' in out.getvalue()


@pytest.mark.parametrize("kind", WRITERS)
def test_no_rows_are_a_head_or_nothing(kind: str) -> None:
    out = io.BytesIO()
    assert WRITERS[kind](out, ("name",), []) == 0


def test_what_a_workbook_cannot_hold_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = {"name": "x" * (LONGEST_CELL + 1)}
    with pytest.raises(Refused, match=r"Row 1, name: the text has 32,768 characters"):
        WRITERS["xlsx"](io.BytesIO(), ("name",), [long])
    monkeypatch.setattr(export_files, "MOST_ROWS", 2)
    with pytest.raises(Refused, match="holds 2 rows"):
        WRITERS["xlsx"](io.BytesIO(), ("name",), [{"name": "x"}] * 3)
