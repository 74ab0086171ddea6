"""Know where an expression of the rule language finds its values in a question's SQL.

The rule engine compiles expressions against `SqlSource`; `RowSource` answers for one
frame. A path of the record itself becomes a join; inside an aggregate over children it
becomes a subquery. Either way only records the asker may read give values.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Double,
    FromClause,
    Numeric,
    Text,
    Uuid,
    and_,
    cast,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)

from xrm.metadata.catalog import Child
from xrm.metadata.entities import Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.decimal import scale_of
from xrm.metadata.fields.storage import ScaledDecimal, UtcDateTime
from xrm.metadata.scope import CatalogScope
from xrm.platform.errors import Refused
from xrm.platform.query.frames import Frame, find, one_of
from xrm.platform.query.values import storage_of
from xrm.rule_engine import core_names
from xrm.rule_engine.checker import check_expression
from xrm.rule_engine.problems import RuleError
from xrm.rule_engine.to_sql import SqlSource, to_sql
from xrm.rule_engine.typed import TypedExpression
from xrm.rule_engine.types import BOOLEAN, Number

if TYPE_CHECKING:
    from xrm.platform.database.snapshots import Snapshot

MOST_FORMULAS = 6
"""How deep computed formulas may read each other within one statement."""


def scope_of(snapshot: "Snapshot") -> CatalogScope:
    """Return the snapshot's scope, made once."""
    found = snapshot.memo.get("scope")
    if found is None:
        found = snapshot.memo.setdefault("scope", CatalogScope(snapshot.catalog))
    assert isinstance(found, CatalogScope)
    return found


def typed(snapshot: "Snapshot", entity: str, text: str) -> TypedExpression:
    """Return a checked expression of an entity, kept with the snapshot.

    Raises:
        RuleError: the text cannot be used.
    """
    return snapshot.cache("expressions").get(
        (entity, text), lambda: check_expression(text, scope_of(snapshot), entity)
    )


def compile_expression(
    frame: Frame, expression: str | TypedExpression
) -> ColumnElement[Any]:
    """Return a condition of the rule language over a frame.

    Raises:
        Refused: the text is no condition about this entity.
    """
    try:
        if isinstance(expression, str):
            expression = typed(frame.ground.snapshot, frame.entity.name, expression)
        if expression.type != BOOLEAN:
            raise Refused(
                f'"{expression.text}" is a {expression.type}; a filter must be true or '
                "false.",
                code="bad_filter",
            )
        return to_sql(expression, RowSource(frame))
    except RuleError as fault:
        raise Refused(_told(fault), code="bad_filter") from fault


def _told(fault: RuleError) -> str:
    """Return the problems of a text without a file: position, message and remedy."""
    return "; ".join(
        f"position {problem.where.column if problem.where else 1}: "
        f"{problem.message} {problem.hint or ''}".rstrip()
        for problem in fault.problems
    )


def compile_formula(frame: Frame, field: Field) -> ColumnElement[Any]:
    """Return the value of a field that is computed on read, in its field's own form.

    Raises:
        Refused: the formula cannot be used, or formulas read each other too deeply.
    """
    ground = frame.ground
    if len(ground.formulas) >= MOST_FORMULAS or (frame.entity.name, field.name) in (
        ground.formulas
    ):
        raise Refused(
            f"The formula of {frame.entity.name}.{field.name} reads other formulas "
            f"more than {MOST_FORMULAS} deep, or itself.",
            code="bad_formula",
            target=field.name,
        )
    ground.formulas.append((frame.entity.name, field.name))
    try:
        found = typed(ground.snapshot, frame.entity.name, field.formula or "")
        value = to_sql(found, RowSource(frame))
    except RuleError as fault:
        raise Refused(
            f"The formula of {frame.entity.name}.{field.name} cannot be used: "
            f"{_told(fault)}",
            code="bad_formula",
            target=field.name,
        ) from fault
    finally:
        ground.formulas.pop()
    return stored_form(value, field, ground.dialect)


def stored_form(
    value: ColumnElement[Any], field: Field, dialect: str
) -> ColumnElement[Any]:
    """Return a formula's value as a column of the field would hold it."""
    kind = field_type(field.type).rule_type(field)
    if not isinstance(kind, Number):
        return type_coerce(value, storage_of(field))
    if kind.kind == "float":
        return cast(value, Double())
    storage = storage_of(field)
    if not isinstance(storage, ScaledDecimal):
        return cast(_rounded(value, 0, dialect), BigInteger())
    rounded = _rounded(value, scale_of(field), dialect)
    if dialect != "sqlite":
        return type_coerce(rounded, storage)
    factor: ColumnElement[Any] = literal_column(str(10**storage.xrm_scale))
    whole = cast(func.xrm_multiply(_exact(rounded), factor, type_=Text()), BigInteger())
    return type_coerce(whole, storage)


def _rounded(value: ColumnElement[Any], digits: int, dialect: str) -> Any:
    if dialect != "sqlite":
        return func.round(cast(value, Numeric()), digits)
    return func.xrm_round(_exact(value), literal_column(str(digits)), type_=Text())


def _exact(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a number as SQLite's functions take it: unscaled."""
    scale = getattr(value.type, "xrm_scale", None)
    if scale is None:
        return type_coerce(value, Text())
    raw = type_coerce(value, BigInteger())
    return func.xrm_unscale(raw, literal_column(str(scale)), type_=Text())


@dataclass(frozen=True, slots=True)
class RowSource:
    """Answers for the record of a frame; `nested`: a child in an aggregate."""

    frame: Frame
    nested: bool = False

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """Return the database."""
        return self.frame.ground.snapshot.dialect

    @property
    def now(self) -> Any:
        """Return this moment."""
        bind = self.frame.ground.bind
        return bind(lambda _, asking: asking.clock.now, UtcDateTime(), False)

    @property
    def today(self) -> Any:
        """Return the day it is for the asker."""
        bind = self.frame.ground.bind
        return bind(lambda _, asking: asking.clock.today, Date(), False)

    @property
    def user_id(self) -> Any:
        """Return the asker's id."""
        bind = self.frame.ground.bind
        return bind(lambda _, asking: asking.actor.user_id, Uuid(as_uuid=True), False)

    def user(self, name: str) -> Any:
        """Return a field of the asker's own record."""
        ground = self.frame.ground
        entity = ground.snapshot.catalog.entity(core_names.USER)
        table = ground.snapshot.tables.table(core_names.USER).alias()
        frame = Frame(ground, entity, table)
        value = find(frame, name).expression()
        own = select(value).select_from(frame.source()).where(frame.key == self.user_id)
        return own.correlate(None).scalar_subquery()

    def has_role(self, name: str) -> Any:
        """Say whether the asker has a role."""
        bind = self.frame.ground.bind
        return bind(lambda _, asking: name in asking.actor.roles, Boolean(), False)

    def column(self, steps: tuple[str, ...]) -> ColumnElement[Any]:
        """Return a field, also over lookups; without steps, the id of the record."""
        if not steps:
            return self.frame.key
        if not self.nested or len(steps) == 1:
            return find(self.frame, ".".join(steps)).expression()
        return self._over(steps)

    def _over(self, steps: tuple[str, ...]) -> ColumnElement[Any]:
        """Return a field over lookups as a subquery."""
        lookup = self.frame.entity.field(steps[0])
        ground, found = self.frame.ground, []
        for target in self.frame.targets(lookup):
            table = ground.snapshot.tables.table(target).alias()
            frame = Frame(ground, ground.snapshot.catalog.entity(target), table)
            value = find(frame, ".".join(steps[1:])).expression()
            conditions = [frame.key == self.frame.table.c[lookup.name]]
            if lookup.is_polymorphic:
                conditions.append(self.frame.table.c[f"{lookup.name}_type"] == target)
            conditions.append(ground.readable(target, table))
            chosen = select(value).select_from(frame.source()).where(and_(*conditions))
            found.append(chosen.correlate(self.frame.table).scalar_subquery())
        return one_of(found)

    def multichoice_contains(
        self, steps: tuple[str, ...], value: int
    ) -> ColumnElement[bool]:
        """Return the condition that a multichoice field holds an option."""
        text = type_coerce(self.column(steps), Text())
        return text.like(f"%,{value},%")

    def collection(
        self, name: str, steps: tuple[str, ...] = ()
    ) -> tuple[FromClause, SqlSource, ColumnElement[bool]]:
        """Return the children, their source, and the condition that links them."""
        ground = self.frame.ground
        owner = self.column(steps)
        entities = self._owners(name, steps)
        found = ground.snapshot.catalog.collections(entities[0])[name]
        if isinstance(found, Child):
            entity = ground.snapshot.catalog.entity(found.entity)
            table = ground.snapshot.tables.table(found.entity).alias()
            child = Frame(ground, entity, table)
            link = [table.c[found.field.name] == owner]
            if found.field.is_polymorphic:
                kinds = [
                    table.c[f"{found.field.name}_type"] == entity for entity in entities
                ]
                link.append(or_(*kinds))
            link.append(ground.readable(entity.name, table))
            return table, RowSource(child, nested=True), and_(*link)
        is_first = found.first == entities[0] and found.first_collection == name
        near, far = found.first_column, found.second_column
        if not is_first:
            near, far = far, near
        entity = ground.snapshot.catalog.entity(
            found.second if is_first else found.first
        )
        pairs = ground.snapshot.tables.pairs(found.name).alias()
        table = ground.snapshot.tables.table(entity.name).alias()
        child = Frame(ground, entity, table)
        joined = pairs.join(table, pairs.c[far] == child.key)
        condition = and_(pairs.c[near] == owner, ground.readable(entity.name, table))
        return joined, RowSource(child, nested=True), condition

    def _owners(self, name: str, steps: tuple[str, ...]) -> list[str]:
        """Return the entities whose collection is meant."""
        names = [self.frame.entity.name]
        catalog = self.frame.ground.snapshot.catalog
        for step in steps:
            names = list(
                dict.fromkeys(
                    target.entity
                    for entity in names
                    if step in catalog.entity(entity).fields
                    for target in catalog.entity(entity).field(step).targets
                    if target.entity in catalog.entities
                )
            )
        return [n for n in names if name in catalog.collections(n)] or names[:1]
