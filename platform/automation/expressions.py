"""Know the expressions of an entity's fields: checked and compiled once per snapshot.

Also how a value of the rule language becomes the stored value of a field.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.decimal import scale_of
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.scope import CatalogScope
from xrm.platform.database.snapshots import Snapshot
from xrm.platform.errors import Refused
from xrm.rule_engine import RuleError, TypedExpression, check_expression, compile_python
from xrm.rule_engine.evaluate import Evaluator
from xrm.rule_engine.types import Number


@dataclass(frozen=True, slots=True)
class FieldExpression:
    """The formula, rollup or default of a field, ready to run."""

    field: Field
    typed: TypedExpression
    run: Evaluator


def scope_of(snapshot: Snapshot) -> CatalogScope:
    """Return what the rule engine may ask about the catalog."""
    made = snapshot.memo.get("scope")
    if made is None:
        made = snapshot.memo.setdefault("scope", CatalogScope(snapshot.catalog))
    assert isinstance(made, CatalogScope)
    return made


def expression_of(snapshot: Snapshot, entity: str, field: Field) -> FieldExpression:
    """Return the formula or rollup of a field.

    Raises:
        Refused: its text cannot be used.
    """
    text = field.formula if field.formula is not None else field.rollup
    return _kept(snapshot, entity, field, text or "")


def default_of(snapshot: Snapshot, entity: str, field: Field) -> FieldExpression:
    """Return the default of a field that is written in the rule language."""
    return _kept(snapshot, entity, field, str(field.default["formula"]))


def _kept(snapshot: Snapshot, entity: str, field: Field, text: str) -> FieldExpression:
    kept: dict[Any, FieldExpression] = snapshot.memo.setdefault("field expressions", {})
    made = kept.get((entity, field.name, text))
    if made is None:
        try:
            typed = check_expression(text, scope_of(snapshot), entity)
        except RuleError as fault:
            raise Refused(
                f"The formula of {entity}.{field.name} cannot be used. {fault}",
                code="bad_formula",
                target=field.name,
            ) from fault
        made = FieldExpression(field, typed, compile_python(typed))
        kept[entity, field.name, text] = made
    return made


Find = Callable[[Field, UUID], str | None]


def to_stored(entity: Entity, field: Field, value: Any, find: Find) -> Any:
    """Return a value of the rule language as the field stores it.

    Numbers are rounded half up to the field's digits; `find` names the entity of an id
    for a lookup to one of several entities.

    Raises:
        ValueProblem: the field does not take the value.
    """
    if value is None:
        return None
    kind = field_type(field.type)
    if field.is_lookup and isinstance(value, UUID):
        found = find(field, value)
        return kind.parse(field, Ref(found or "", value))
    rule_type = kind.rule_type(field)
    if isinstance(rule_type, Number):
        value = _rounded(rule_type, field, value)
    return kind.parse(field, value)


def _rounded(rule_type: Number, field: Field, value: Any) -> Any:
    if rule_type.kind == "float":
        return float(value)
    if rule_type.kind == "integer":
        return int(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP))
    step = Decimal(1).scaleb(-scale_of(field))
    return Decimal(value).quantize(step, ROUND_HALF_UP)
