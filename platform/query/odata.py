"""Read OData filters and sort orders into the values of a `Query`.

`parse_filter` and `parse_orderby` know the language of `$filter` and `$orderby` as
public Dataverse clients write it (and, or, not, eq … le, in, functions, lambdas, paths
over lookups, Microsoft.Dynamics.CRM functions). A fault says where it is and what is
near.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.metadata.scope import entity_of
from xrm.platform.errors import Refused
from xrm.platform.query.odata_functions import CRM, PREFIX, TEXT_FUNCTIONS
from xrm.platform.query.odata_tokens import Source, Token, tokens
from xrm.platform.query.operators import OPERATORS
from xrm.platform.query.query import (
    And,
    Compare,
    Condition,
    Exists,
    Not,
    Or,
    Order,
    Other,
    Quantifier,
)
from xrm.rule_engine.problems import did_you_mean

if TYPE_CHECKING:
    from xrm.platform.database.snapshots import Snapshot

MOST_DEPTH: Final = 50
COMPARISONS: Final = ("eq", "ne", "gt", "ge", "lt", "le")
TURNED: Final = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
CASE_FUNCTIONS: Final = ("tolower", "toupper")
"""Functions that change nothing: texts are compared without regard to case."""
QUANTIFIERS: Final = ("any", "all")


def parse_filter(
    snapshot: "Snapshot",
    entity: str,
    text: str,
    aliases: Mapping[str, str] | None = None,
) -> Condition:
    """Return the condition of a `$filter`; `aliases` are the texts of `@name`s.

    Raises:
        Refused: it is no filter, or names what is not there; it says where.
    """
    source = Source("$filter", text)
    parser = _Parser(snapshot.catalog, source, tokens(source), dict(aliases or {}))
    scope = Scope(snapshot.catalog.entity(entity))
    found = parser.either(scope, 0)
    parser.must_end()
    return found


def parse_orderby(snapshot: "Snapshot", entity: str, text: str) -> tuple[Order, ...]:
    """Return the sort keys of an `$orderby`.

    Raises:
        Refused: it is no list of fields, or names what is not there.
    """
    source = Source("$orderby", text)
    parser = _Parser(snapshot.catalog, source, tokens(source), {})
    scope = Scope(snapshot.catalog.entity(entity))
    found = [parser.order(scope)]
    while parser.take(","):
        found.append(parser.order(scope))
    parser.must_end()
    return tuple(found)


def parse_path(catalog: Catalog, entity: Entity, text: str, option: str) -> str:
    """Return the path of a query for a property path such as `ownerid/fullname`.

    Raises:
        Refused: it names what is not there.
    """
    source = Source(option, text)
    parser = _Parser(catalog, source, tokens(source), {})
    found = parser.path(Scope(entity))
    parser.must_end()
    return found.path


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean here: the entity, and inside a lambda its variable."""

    entity: Entity
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A path that was read, and the collection it ends in, if it does."""

    path: str
    entity: Entity
    collection: str | None = None


@dataclass(slots=True)
class _Parser:
    catalog: Catalog
    source: Source
    tokens: list[Token]
    aliases: Mapping[str, str]
    position: int = field(default=0)

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def advance(self) -> Token:
        token = self.tokens[self.position]
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    def take(self, text: str) -> bool:
        token = self.next
        if token.kind in ("name", "sign") and token.text == text:
            self.advance()
            return True
        return False

    def need(self, text: str) -> None:
        if not self.take(text):
            raise self.fault(f'"{text}" is missing.')

    def must_end(self) -> None:
        if self.next.kind != "end":
            raise self.fault(
                f'"{self.next.text[:40]}" was not expected; the text should end, or go '
                "on with and, or."
            )

    def fault(self, message: str, at: int | None = None) -> Refused:
        return self.source.fault(message, self.next.at if at is None else at)

    def either(self, scope: Scope, depth: int) -> Condition:
        """`a or b`."""
        if depth > MOST_DEPTH:
            raise self.fault(f"The filter is nested more than {MOST_DEPTH} deep.")
        items = [self.every(scope, depth)]
        while self.take("or"):
            items.append(self.every(scope, depth))
        return items[0] if len(items) == 1 else Or(tuple(items))

    def every(self, scope: Scope, depth: int) -> Condition:
        """`a and b`."""
        items = [self.negated(scope, depth)]
        while self.take("and"):
            items.append(self.negated(scope, depth))
        return items[0] if len(items) == 1 else And(tuple(items))

    def negated(self, scope: Scope, depth: int) -> Condition:
        """`not a`."""
        if depth > MOST_DEPTH:
            raise self.fault(f"The filter is nested more than {MOST_DEPTH} deep.")
        if self.take("not"):
            return Not(self.negated(scope, depth + 1))
        return self.primary(scope, depth)

    def primary(self, scope: Scope, depth: int) -> Condition:
        if self.take("("):
            found = self.either(scope, depth + 1)
            self.need(")")
            return self.truth(found)
        token = self.next
        follows = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        if token.kind == "name" and follows.text == "(" and follows.kind == "sign":
            if token.text.startswith(PREFIX):
                return self.truth(self.crm(scope))
            if token.text in TEXT_FUNCTIONS:
                return self.truth(self.text_function(scope))
            if token.text not in CASE_FUNCTIONS:
                raise self.unknown_function(token)
        if token.kind in ("value", "alias"):
            return self.turned(scope)
        named = self.operand(scope)
        if named.collection is not None:
            return self.truth(self.quantified(scope, named, depth))
        return self.comparison(scope, named)

    def truth(self, found: Condition) -> Condition:
        """`… eq true` after a condition, as some clients write."""
        if self.next.text in ("eq", "ne") and self.next.kind == "name":
            is_equal = self.advance().text == "eq"
            token = self.advance()
            if not isinstance(token.value, bool):
                raise self.fault("true or false is expected.", token.at)
            return found if token.value == is_equal else Not(found)
        return found

    def comparison(self, scope: Scope, named: Named) -> Condition:
        token = self.next
        if self.take("in"):
            return Compare(named.path, "in", self.listed("(", ")"))
        if token.kind != "name" or token.text not in COMPARISONS:
            field_ = named.entity.fields.get(named.path.rpartition(".")[2])
            if field_ is not None and field_.type == "boolean":
                return Compare(named.path, "eq", (True,))
            raise self.fault(
                "A comparison is expected after the field: one of "
                f"{', '.join(COMPARISONS)}, in."
            )
        self.advance()
        return self.compared(named.path, token, self.value(scope))

    def compared(self, path: str, token: Token, value: Any) -> Condition:
        if value is None and token.text not in ("eq", "ne"):
            raise self.fault("null can only be compared with eq and ne.", token.at)
        return Compare(path, token.text, (value,))

    def turned(self, scope: Scope) -> Condition:
        """`5 lt amount`."""
        value = self.value(scope)
        token = self.next
        if token.kind != "name" or token.text not in COMPARISONS:
            raise self.fault("A comparison is expected after the value.")
        self.advance()
        named = self.operand(scope)
        if named.collection is not None:
            raise self.fault(f"{named.collection} is a collection; use any or all.")
        if value is None and token.text not in ("eq", "ne"):
            raise self.fault("null can only be compared with eq and ne.", token.at)
        return Compare(named.path, TURNED.get(token.text, token.text), (value,))

    def operand(self, scope: Scope) -> Named:
        for name in CASE_FUNCTIONS:
            if self.next.text == name and self.next.kind == "name":
                self.advance()
                self.need("(")
                found = self.operand(scope)
                self.need(")")
                return found
        return self.path(scope)

    def value(self, scope: Scope) -> Any:
        """A literal, an alias, or another field."""
        token = self.next
        if token.kind == "value":
            return self.advance().value
        if token.kind == "alias":
            self.advance()
            return self.aliased(token)
        if token.kind == "name":
            if token.text in CASE_FUNCTIONS:
                follows = self.tokens[min(self.position + 2, len(self.tokens) - 1)]
                if follows.kind == "value":
                    self.position += 2
                    found = self.advance().value
                    self.need(")")
                    return found
            named = self.operand(scope)
            if named.collection is None:
                return Other(named.path)
        raise self.fault("A value is expected: a text in '…', a number, a date, null.")

    def aliased(self, token: Token) -> Any:
        text = self.aliases.get(token.text)
        if text is None:
            near = did_you_mean(token.text, self.aliases)
            message = f"There is no parameter {token.text} in the address."
            raise self.fault(f"{message} {near or ''}".rstrip(), token.at)
        inner = tokens(Source(token.text, text))
        if len(inner) != 2 or inner[0].kind != "value":
            raise self.fault(f"{token.text} is no single value.", token.at)
        return inner[0].value

    def listed(self, opening: str, closing: str) -> tuple[Any, ...]:
        self.need(opening)
        found: list[Any] = []
        if self.take(closing):
            return ()
        while True:
            token = self.advance()
            if token.kind == "alias":
                found.append(self.aliased(token))
            elif token.kind == "value":
                found.append(token.value)
            else:
                raise self.fault("A value is expected in the list.", token.at)
            if self.take(closing):
                return tuple(found)
            self.need(",")

    def path(self, scope: Scope) -> Named:
        """A field, a path over lookups, or a path that ends in a collection."""
        token = self.name()
        entity = scope.entity
        if scope.variable is not None:
            if token.text != scope.variable:
                raise self.fault(
                    f'Inside any or all, fields are named "{scope.variable}/…"; '
                    f'"{token.text[:40]}" is not.',
                    token.at,
                )
            self.need("/")
            token = self.name()
        steps: list[str] = []
        while True:
            name = token.text
            if name in QUANTIFIERS and self.next.text == "(":
                raise self.fault(f"{name} needs a collection before it.", token.at)
            if name in self.catalog.collections(entity.name) and (
                name not in entity.fields
            ):
                return Named(".".join(steps), entity, name)
            step, target = self.step(entity, token)
            if not self.take("/"):
                steps.append(step.partition(":")[0])
                return Named(".".join(steps), entity)
            if target is None:
                raise self.fault(
                    f"{name} of {entity.name} is no lookup, so the path ends there.",
                    token.at,
                )
            steps.append(step)
            entity = self.catalog.entity(target)
            token = self.name()

    def name(self) -> Token:
        token = self.next
        if token.kind != "name":
            raise self.fault("The name of a field is expected.")
        return self.advance()

    def step(self, entity: Entity, token: Token) -> tuple[str, str | None]:
        """Return the step of a query's path, and the entity it leads to."""
        name = token.text
        if name.startswith("_") and name.endswith("_value") and len(name) > 7:
            found = entity.fields.get(name[1:-6])
            if found is not None and found.is_lookup:
                return found.name, None
        found = entity.fields.get(name)
        if found is not None:
            targets = [t.entity for t in found.targets]
            known = [t for t in targets if t in self.catalog.entities]
            return name, known[0] if known else None
        for lookup in entity.lookups:
            for target in lookup.targets:
                if name == f"{lookup.name}_{target.entity}":
                    return f"{lookup.name}:{target.entity}", target.entity
        names = [*entity.fields, *self.catalog.collections(entity.name)]
        near = did_you_mean(name[:80], names)
        message = f'{entity.name} has no property "{name[:80]}".'
        raise self.source.fault(
            f"{message} {near or ''}".rstrip(), token.at, "unknown_field"
        )

    def quantified(self, scope: Scope, named: Named, depth: int) -> Condition:
        """`lines/any(l:l/price gt 5)`."""
        assert named.collection is not None
        if not self.take("/"):
            raise self.fault(
                f"{named.collection} is a collection; go on with /any(x:…), /all(x:…)."
            )
        token = self.name()
        if token.text not in QUANTIFIERS:
            raise self.fault("any or all is expected after a collection.", token.at)
        self.need("(")
        if self.take(")"):
            if token.text == "all":
                raise self.fault(
                    "all needs a condition: all(x:x/field eq 1).", token.at
                )
            return Exists(named.collection, None, "any", named.path)
        variable = self.name()
        self.need(":")
        found = self.catalog.collections(named.entity.name)[named.collection]
        child = self.catalog.entity(
            entity_of(found, named.entity.name, named.collection)
        )
        where = self.either(Scope(child, variable.text), depth + 1)
        self.need(")")
        quantifier: Quantifier = "any" if token.text == "any" else "all"
        return Exists(named.collection, where, quantifier, named.path)

    def text_function(self, scope: Scope) -> Condition:
        """`contains(name,'x')`."""
        op = TEXT_FUNCTIONS[self.advance().text]
        self.need("(")
        named = self.operand(scope)
        if named.collection is not None:
            raise self.fault(f"{named.collection} is a collection, not a text.")
        self.need(",")
        at = self.next.at
        value = self.value(scope)
        self.need(")")
        if value is None or isinstance(value, Other):
            raise self.fault("A text in '…' is expected.", at)
        return Compare(named.path, op, (value,))

    def crm(self, scope: Scope) -> Condition:
        """`Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon',PropertyValue=7)`."""
        token = self.advance()
        op = CRM.get(token.text.removeprefix(PREFIX))
        if op is None:
            raise self.unknown_function(token)
        self.need("(")
        given: dict[str, tuple[Any, ...]] = {}
        while not self.take(")"):
            name = self.name()
            self.need("=")
            many = self.next.text == "["
            given[name.text] = self.listed("[", "]") if many else (self.value(scope),)
            if self.next.text != ")":
                self.need(",")
        return self.crm_condition(scope, token, op, given)

    def crm_condition(
        self, scope: Scope, token: Token, op: str, given: dict[str, tuple[Any, ...]]
    ) -> Condition:
        (path,) = given.pop("PropertyName", (None,))
        if isinstance(path, Other):
            path = path.path
        if not isinstance(path, str):
            raise self.fault(
                f"{token.text} needs PropertyName='…', the field's name.", token.at
            )
        values = tuple(value for name in sorted(given) for value in given[name])
        if any(not name.startswith("PropertyValue") for name in given):
            raise self.fault(
                f"{token.text} takes PropertyName, PropertyValue and PropertyValues "
                "only.",
                token.at,
            )
        if scope.variable is not None:
            path = path.removeprefix(f"{scope.variable}/")
        arity = OPERATORS[op].arity
        if arity >= 0 and len(values) != arity:
            raise self.fault(
                f"{token.text} needs {arity} value(s), not {len(values)}.", token.at
            )
        return Compare(self.inner_path(scope, path, token.at), op, values)

    def inner_path(self, scope: Scope, text: str, at: int) -> str:
        """Return the path that a text inside a function names."""
        try:
            return parse_path(self.catalog, scope.entity, text, "PropertyName")
        except Refused as fault:
            raise self.source.fault(fault.message, at, fault.code) from None

    def unknown_function(self, token: Token) -> Refused:
        names = [*TEXT_FUNCTIONS, *(PREFIX + name for name in CRM)]
        near = did_you_mean(token.text[:80], names)
        message = f"There is no function {token.text[:80]}."
        return self.fault(f"{message} {near or ''}".rstrip(), token.at)

    def order(self, scope: Scope) -> Order:
        """`name desc`."""
        at = self.next.at
        named = self.path(scope)
        if named.collection is not None:
            raise self.fault(f"{named.collection} is a collection.", at)
        descending = self.take("desc")
        if not descending:
            self.take("asc")
        return Order(named.path, descending)
