"""Know what a new record gets where nothing was sent."""

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import ValueProblem
from xrm.platform.automation.expressions import default_of, to_stored
from xrm.platform.automation.surroundings import RuleRow, Surroundings
from xrm.platform.errors import Detail
from xrm.platform.records.change import Batch, Change
from xrm.platform.records.layout import Layout
from xrm.platform.records.values import constant_defaults, invalid, is_expression


def fill_defaults(batch: Batch) -> None:
    """Fill in the declared defaults of new records; a sent empty value stays empty."""
    constants = constant_defaults(batch.layout)
    for change in batch.changes:
        given, after = change.given, change.after
        for name, value in constants.items():
            if name not in given:
                after[name] = value
        if "statuscode" in given and "statecode" not in given:
            after.pop("statecode", None)
        elif "statecode" in given and "statuscode" not in given:
            after.pop("statuscode", None)
    fields = expression_defaults(batch.layout)
    if fields:
        run = Surroundings(batch.work)
        for change in batch.changes:
            faults = _fill_one(batch, run, change, fields)
            if faults:
                batch.refuse(change, invalid(batch.layout.entity, faults))
        batch.drop_refused()


def expression_defaults(layout: Layout) -> tuple[Field, ...]:
    """Return the fields whose default is written in the rule language."""
    return layout.kept(
        "default expressions",
        lambda: tuple(
            field
            for name in layout.fields
            if is_expression((field := layout.entity.fields[name]).default)
        ),
    )


def _fill_one(
    batch: Batch, run: Surroundings, change: Change, fields: tuple[Field, ...]
) -> list[Detail]:
    entity = batch.layout.entity
    row = RuleRow(run, batch.layout, change.after, is_stored=False)
    faults = []
    for field in fields:
        if field.name in change.given:
            continue
        found = default_of(batch.work.snapshot, entity.name, field).run(row, run)
        try:
            value = to_stored(entity, field, found, run.entity_of)
        except ValueProblem as problem:
            text = f"{problem.message} (It is the default.)"
            faults.append(Detail(field.name, problem.code, text))
            continue
        change.after[field.name] = value
        row[field.name] = value.id if field.is_lookup and value else value
    return faults
