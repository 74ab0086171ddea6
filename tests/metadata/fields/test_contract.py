"""The contract that every field type keeps, from YAML to both databases and back."""

from typing import Any

import marshmallow
import orjson
import pytest
import sqlalchemy as sa
from jsonschema import Draft202012Validator

from tests.metadata.fields.samples import SAMPLES, Sample, field_of
from xrm.metadata.fields import FIELD_TYPES, ValueProblem, field_type
from xrm.metadata.fields.field_type import Formats, Widget
from xrm.rule_engine.types import RuleType

TYPES = sorted(FIELD_TYPES)
VALUES = [
    pytest.param(name, sample, id=f"{name}-{sample.sent!r:.40}")
    for name, samples in SAMPLES.items()
    for sample in samples
]


def json_of(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value, option=orjson.OPT_UTC_Z))


def test_every_type_of_the_design_is_there() -> None:
    assert sorted(SAMPLES) == TYPES


@pytest.mark.parametrize("name", TYPES)
def test_a_type_is_described(name: str) -> None:
    kind = field_type(name)
    assert kind.name == name
    assert kind.summary.endswith(".")
    assert kind.__doc__
    assert kind.example["type"] == name
    assert all(
        option["description"].endswith((".", ")")) for option in kind.options.values()
    )
    assert all(text.endswith((".", "}")) for text in kind.messages.values())
    assert kind.operators
    assert len({operator.name for operator in kind.operators}) == len(kind.operators)


@pytest.mark.parametrize("name", TYPES)
def test_a_type_says_what_rules_forms_and_tables_see(name: str) -> None:
    kind, field = field_type(name), field_of(name)
    assert isinstance(kind.rule_type(field), RuleType)
    assert isinstance(kind.widget(field), Widget)
    columns = kind.columns(field)
    assert not columns or columns[0].name == field.name
    assert len(kind.to_columns(field, None)) == len(columns)
    assert set(kind.to_columns(field, None)) <= {None}


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_text_is_no_value(name: str, nothing: Any) -> None:
    kind, field = field_type(name), field_of(name)
    assert kind.parse(field, nothing) is None
    assert kind.to_json(field, None) is None
    assert kind.display(field, None, Formats()) == ""
    assert kind.to_rule(field, None) is None


@pytest.mark.parametrize(("name", "sample"), VALUES)
def test_a_value_becomes_what_is_stored(name: str, sample: Sample) -> None:
    kind, field = field_type(name), field_of(name)
    stored = kind.parse(field, sample.sent)
    assert stored == sample.stored
    assert type(stored) is type(sample.stored)
    assert kind.parse(field, stored) == stored


@pytest.mark.parametrize(("name", "sample"), VALUES)
def test_a_stored_value_is_written_and_read_back(name: str, sample: Sample) -> None:
    kind, field = field_type(name), field_of(name)
    made = kind.to_json(field, sample.stored)
    assert made == sample.json
    Draft202012Validator(kind.json_schema(field)).validate(json_of(made))
    if not field.is_polymorphic:
        assert kind.parse(field, json_of(made)) == sample.stored


@pytest.mark.parametrize(("name", "sample"), VALUES)
def test_a_person_reads_a_value(name: str, sample: Sample) -> None:
    kind, field = field_type(name), field_of(name)
    assert kind.display(field, sample.stored, Formats()) == sample.shown


@pytest.mark.parametrize(("name", "sample"), VALUES)
def test_the_parser_and_the_api_field_mean_the_same(name: str, sample: Sample) -> None:
    kind, field = field_type(name), field_of(name)
    assert kind.parser(field)(sample.sent) == sample.stored
    schema = marshmallow.Schema.from_dict({"f": kind.api_field(field)})()
    assert schema.load({"f": sample.sent}) == {"f": sample.stored}
    assert schema.load({"f": None}) == {"f": None}


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize(
    "value",
    [object(), {"a": {}}, [[1]], b"x", float("nan"), float("inf"), "\x00", "\ud800"],
    ids=lambda value: type(value).__name__,
)
def test_what_does_not_fit_is_refused_in_words(name: str, value: Any) -> None:
    kind, field = field_type(name), field_of(name)
    with pytest.raises(ValueProblem) as caught:
        kind.parse(field, value)
    assert caught.value.message.endswith((".", "?"))
    assert caught.value.message.startswith("F ")
    assert caught.value.code in kind.messages
    schema = marshmallow.Schema.from_dict({"f": kind.api_field(field)})()
    with pytest.raises(marshmallow.ValidationError) as refused:
        schema.load({"f": value})
    assert refused.value.messages == {"f": [caught.value.message]}


def test_every_value_comes_back_from_the_database(database_url: str) -> None:
    fields = {name: field_of(name) for name in TYPES}
    fields = {n: f for n, f in fields.items() if field_type(n).columns(f)}
    columns = [
        sa.Column(column.name, column.type, nullable=column.nullable)
        for name, field in fields.items()
        for column in field_type(name).columns(field)
    ]
    table = sa.Table("things", sa.MetaData(), sa.Column("id", sa.Integer), *columns)
    if database_url.startswith("postgresql"):
        database_url = database_url.replace("postgresql://", "postgresql+psycopg://")
    engine = sa.create_engine(database_url)
    longest = max(len(samples) for samples in SAMPLES.values())
    rows: list[dict[str, Any]] = []
    for index in range(longest + 1):
        row: dict[str, Any] = {"id": index}
        for name, field in fields.items():
            samples = SAMPLES[name]
            stored = samples[index].stored if index < len(samples) else None
            kind = field_type(name)
            names = [column.name for column in kind.columns(field)]
            row.update(zip(names, kind.to_columns(field, stored), strict=True))
        rows.append(row)
    try:
        with engine.begin() as connection:
            table.create(connection)
            connection.execute(table.insert(), rows)
            found = (
                connection.execute(table.select().order_by(table.c.id)).mappings().all()
            )
            assert [dict(row) for row in found] == rows
            for row in found:
                for name, field in fields.items():
                    kind = field_type(name)
                    values = tuple(row[c.name] for c in kind.columns(field))
                    samples, index = SAMPLES[name], row["id"]
                    expected = samples[index].stored if index < len(samples) else None
                    assert kind.from_columns(field, values) == expected
            picked = sa.select(table.c.id).where(table.c.f_multichoice.like("%,3,%"))
            assert connection.scalars(picked).all() == [1]
    finally:
        engine.dispose()
