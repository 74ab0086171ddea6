"""Know the verb retrieve: one record, as far as its reader may see it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from xrm.platform.database.work import Work
from xrm.platform.errors import Refused
from xrm.platform.records import writing
from xrm.platform.records.formulas import evaluate
from xrm.platform.records.layout import layout_of
from xrm.platform.records.update import not_found
from xrm.platform.security import access, checks
from xrm.rule_engine.problems import did_you_mean


def retrieve(
    work: Work, entity: str, record: UUID, fields: Sequence[str] | None = None
) -> dict[str, Any]:
    """Return the values of a record by field, lookups as `Ref`.

    Formulas that are computed on read are among them. Fields the actor may not see are
    left out, and refused when they are asked for by name.

    Raises:
        NotFound: there is none, or the actor may not see it.
        Refused: a field of this name does not exist or is not to be seen.
    """
    layout = layout_of(work.snapshot, entity)
    checks.require(work, entity, "read")
    values = writing.read_one(work.connection, layout, record)
    if values is None:
        raise not_found(layout, record)
    checks.require(work, entity, "read", values)
    readable = access.readable_fields(work.snapshot, work.actor, entity)
    if fields is None:
        wanted = [name for name in layout.entity.fields if name in readable]
    else:
        wanted = list(fields)
        for name in wanted:
            if name not in readable:
                hint = did_you_mean(name, readable) or ""
                raise Refused(
                    f'{layout.entity.label} has no field "{name}". {hint}'.strip(),
                    code="unknown_field",
                    target=name,
                )
    evaluate(work, layout, values, wanted)
    return {name: values.get(name) for name in wanted}
