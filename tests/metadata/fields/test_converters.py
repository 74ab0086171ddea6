"""Generated converters mean what the field types mean."""

from decimal import Decimal
from typing import Any

import pytest

from tests.metadata.fields.samples import ID, SAMPLES, field_of
from xrm.metadata.catalog import compose
from xrm.metadata.documents import Document
from xrm.metadata.entities import Entity
from xrm.metadata.fields import FIELD_TYPES, field_type
from xrm.metadata.fields.converters import (
    Fault,
    json_writer,
    row_binder,
    row_loader,
    row_reader,
)
from xrm.metadata.fields.field_type import Ref

ROWS = {
    name: samples
    for name, samples in SAMPLES.items()
    if field_type(name).columns(field_of(name))
}
"""The types whose values stand in the row itself."""
NAMES = [f"f_{name}" for name in sorted(ROWS)]


def entity() -> Entity:
    fields = {f"f_{name}": dict(FIELD_TYPES[name].example) for name in ROWS}
    for field in fields.values():
        field["label"] = "F"
    fields["f_decimal"].pop("min", None)
    data = {"kind": "entity", "name": "thing", "fields": fields}
    return compose([Document("entity", "thing", data)]).entity("thing")


@pytest.mark.parametrize("index", range(4))
def test_a_row_is_loaded_bound_read_and_written(index: int) -> None:
    thing = entity()
    chosen = {f"f_{n}": s[index] for n, s in ROWS.items() if index < len(s)}
    names = list(chosen)
    stored, faults = row_loader(thing, names)({n: s.sent for n, s in chosen.items()})
    assert faults == []
    assert stored == {n: s.stored for n, s in chosen.items()}
    columns = row_binder(thing, names)(stored)
    expected: dict[str, Any] = {}
    for name in names:
        field = thing.field(name)
        kind = field_type(field.type)
        made = kind.to_columns(field, stored[name])
        expected.update(zip((c.name for c in kind.columns(field)), made, strict=True))
    assert columns == expected
    assert row_reader(thing, names)(columns) == stored
    assert json_writer(thing, names)(columns) == {n: s.json for n, s in chosen.items()}


def test_an_empty_row_stays_empty() -> None:
    thing = entity()
    stored, faults = row_loader(thing, NAMES)(dict.fromkeys(NAMES))
    assert faults == []
    columns = row_binder(thing, NAMES)(stored)
    assert set(columns.values()) == {None}
    assert row_reader(thing, NAMES)(columns) == stored
    assert json_writer(thing, NAMES)(columns) == dict.fromkeys(NAMES)


def test_what_was_not_sent_is_missing() -> None:
    assert row_loader(entity(), NAMES)({"f_text": "x"}) == ({"f_text": "x"}, [])


def test_every_fault_of_a_row_is_reported() -> None:
    stored, faults = row_loader(entity(), ["f_text", "f_integer", "f_date"])(
        {"f_text": "kept", "f_integer": "x", "f_date": "y", "zebra": 1}
    )
    assert stored == {"f_text": "kept"}
    assert faults == [
        Fault("f_integer", "not_number", 'F must be a whole number, not "x".'),
        Fault("f_date", "not_date", 'F must be a date such as 2026-03-31, not "y".'),
        Fault("zebra", "unknown_field", "Thing takes no field 'zebra' here."),
    ]


def test_keys_are_renamed_and_further_columns_written() -> None:
    write = json_writer(
        entity(), ["f_lookup", "f_lookup_type"], {"f_lookup": "_f_lookup_value"}
    )
    row = {"f_lookup": ID, "f_lookup_type": "account"}
    assert write(row) == {"_f_lookup_value": ID, "f_lookup_type": "account"}


def test_a_lookup_to_one_entity_needs_no_second_column() -> None:
    data = {"name": "t", "fields": {"a": {"type": "lookup", "to": "account"}}}
    thing = compose([Document("entity", "t", data)]).entity("t")
    assert row_binder(thing, ["a"])({"a": Ref("account", ID)}) == {"a": ID}
    assert row_reader(thing, ["a"])({"a": ID}) == {"a": Ref("account", ID)}


def test_a_name_that_is_none_never_becomes_code() -> None:
    with pytest.raises(ValueError, match="is no name of a field"):
        row_loader(entity(), ["f_text']; import os #"])


def test_money_is_written_exactly() -> None:
    write = json_writer(entity(), ["f_currency"])
    assert write({"f_currency": Decimal("1000.1000")}) == {"f_currency": 1000.1}
    assert write({"f_currency": Decimal("922337203685477.5807")}) == {
        "f_currency": "922337203685477.5807"
    }
    assert field_of("currency").options
