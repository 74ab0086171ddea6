"""Know the filters that people build: a tree of rules in groups, as data.

    ["&", ["name", "contains", "x"],
          ["|", ["size", "ge", "10"], ["customerid.city", "eq", "Kiel"]],
          ["+", "tasks", ["&", ["scheduledend", "next-x-days", "30"]]],
          ["-", "quotes", ["&"]]]

A list that begins with `&` or `|` is a group, with `+` or `-` says that there is or is
no related record which fulfils its group; any other is a rule: path, operator, values.
The same text stands in addresses, in personal views and behind the Web API's
`userQuery`. It names no entity, so reading it needs none; `condition` makes the query's
condition and reports, in words, what no longer fits the catalog.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from xrm.metadata.catalog import Catalog, Child
from xrm.metadata.entities import Entity, Field
from xrm.metadata.paths import field_at
from xrm.platform.errors import Refused
from xrm.platform.query import values
from xrm.platform.query.operators import OPERATORS
from xrm.platform.query.periods import COUNTED
from xrm.platform.query.query import And, Compare, Condition, Exists, Or
from xrm.platform.query.values import kind_of

LONGEST: Final = 6_000
"""Characters of a filter; addresses have to carry it."""
MOST_NODES: Final = 60
DEEPEST: Final = 6
LONGEST_VALUE: Final = 400
MOST_VALUES: Final = 50
ALL: Final = "&"
ANY: Final = "|"
HAS: Final = "+"
HAS_NOT: Final = "-"
DAYS: Final = frozenset({"on", "on-or-after", "on-or-before"})
"""Operators that take a day, whatever the field."""

Joined: TypeAlias = Literal["&", "|"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A field of the record, or of one it points to, compared with values."""

    path: str = ""
    op: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Parts of which all or any must be fulfilled."""

    joined: Joined = "&"
    items: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Related:
    """Whether there are related records that fulfil a group."""

    collection: str = ""
    has: bool = True
    group: Group = Group()


Node: TypeAlias = "Rule | Group | Related"
EMPTY: Final = Group()


def read(text: str) -> Group:
    """Return the tree of a text; an empty text is an empty group.

    Raises:
        Refused: it is no filter, or larger than filters may be.
    """
    if not text:
        return EMPTY
    if len(text) > LONGEST:
        raise _too_large()
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise _no_filter() from None
    counted = [0]
    node = _node(data, 0, counted)
    return node if isinstance(node, Group) else Group(ALL, (node,))


def _node(data: Any, depth: int, counted: list[int]) -> Node:
    counted[0] += 1
    if counted[0] > MOST_NODES or depth > DEEPEST:
        raise _too_large()
    if not isinstance(data, list) or not data or not isinstance(data[0], str):
        raise _no_filter()
    mark, *rest = data
    if mark in (ALL, ANY):
        joined: Joined = "&" if mark == ALL else "|"
        return Group(joined, tuple(_node(item, depth + 1, counted) for item in rest))
    if mark in (HAS, HAS_NOT):
        if not rest or not isinstance(rest[0], str) or len(rest) > 2:
            raise _no_filter()
        inner = _node(rest[1], depth + 1, counted) if len(rest) == 2 else EMPTY
        group = inner if isinstance(inner, Group) else Group(ALL, (inner,))
        return Related(rest[0], mark == HAS, group)
    if not all(isinstance(item, str) for item in rest) or not rest:
        raise _no_filter()
    op, *given = rest
    kept = tuple(value[:LONGEST_VALUE] for value in given[:MOST_VALUES])
    return Rule(mark, op, kept)


def write(node: Node) -> str:
    """Return the text of a tree, empty for a group without parts.

    Raises:
        Refused: it is larger than filters may be.
    """
    if isinstance(node, Group) and not node.items:
        return ""
    text = json.dumps(_data(node), ensure_ascii=False, separators=(",", ":"))
    if len(text) > LONGEST:
        raise _too_large()
    return text


def _data(node: Node) -> list[Any]:
    match node:
        case Rule(path, op, given):
            return [path, op, *given]
        case Group(joined, items):
            return [joined, *map(_data, items)]
        case Related(collection, has, group):
            return [HAS if has else HAS_NOT, collection, _data(group)]


def _no_filter() -> Refused:
    return Refused(
        "The filter in this address cannot be read. Build it again.", code="bad_filter"
    )


def _too_large() -> Refused:
    return Refused(
        f"The filter is too large: at most {MOST_NODES} conditions, nested {DEEPEST} "
        "deep, are allowed.",
        code="filter_too_large",
    )


Readable: TypeAlias = Callable[[str], frozenset[str]]
"""The fields of an entity that the asker may read; empty for one that is hidden."""


@dataclass(slots=True)
class FilterMaker:
    """Makes conditions of trees for one catalog and asker; `faults` says what is off.

    A part that does not fit is left out, with its fault, so that a list can be shown.
    """

    catalog: Catalog
    readable: Readable
    faults: list[str] = field(default_factory=list)

    def condition(self, entity: Entity, node: Node) -> Condition | None:
        """Return the condition of a tree, `None` when nothing of it applies."""
        match node:
            case Rule():
                return self._rule(entity, node)
            case Group(joined, items):
                made = [c for item in items if (c := self.condition(entity, item))]
                if not made:
                    return None
                if len(made) == 1:
                    return made[0]
                return And(tuple(made)) if joined == ALL else Or(tuple(made))
            case Related(collection, has, group):
                other = related_entity(self.catalog, entity, collection)
                if other is None or not self.readable(other.name):
                    self.faults.append(
                        f"{entity.plural_label} have no related “{collection}” that "
                        "you may see; that condition is left out."
                    )
                    return None
                where = self.condition(other, group)
                return Exists(collection, where, "any" if has else "none")

    def _rule(self, entity: Entity, rule: Rule) -> Condition | None:
        place = field_at(self.catalog, entity, rule.path)
        if place is None or place[1].name not in self.readable(place[0].name):
            self.faults.append(
                f"“{rule.path}” is no field of {entity.plural_label.lower()} that you "
                "may see; that condition is left out."
            )
            return None
        fault = fault_of(place[1], rule)
        if fault:
            self.faults.append(f"{fault} That condition is left out.")
            return None
        return compare(place[1], rule)


def compare(field: Field, rule: Rule) -> Condition:
    """Return the condition of a rule that `fault_of` has no fault with.

    A record is meant by its id, or by what its title contains.
    """
    if field.is_lookup and rule.op in ("eq", "ne", "in", "not-in"):
        ids = [values.read_id(value) for value in rule.values]
        if None in ids:
            op = "contains" if rule.op in ("eq", "in") else "not-contains"
            return Compare(f"{rule.path}@name", op, rule.values[:1])
        return Compare(rule.path, rule.op, tuple(ids))
    return Compare(rule.path, rule.op, rule.values)


def fault_of(field: Field, rule: Rule) -> str:
    """Return what is wrong with a rule about a field, empty for nothing."""
    operator = OPERATORS.get(rule.op)
    if operator is None or kind_of(field) not in operator.kinds:
        return f"{field.label} cannot be compared like that."
    if operator.arity == 0:
        return ""
    if not rule.values or (operator.arity > 0 and len(rule.values) != operator.arity):
        return f"{field.label} needs a value to compare with."
    if field.is_lookup:
        return ""
    try:
        for value in rule.values:
            if rule.op in COUNTED:
                values.read_whole(field, value)
            elif rule.op in DAYS:
                if values.read_day(value) is None:
                    raise values.unfit(field, value)
            else:
                values.read(field, value)
    except Refused as refused:
        return refused.message
    return ""


def related_entity(catalog: Catalog, entity: Entity, name: str) -> Entity | None:
    """Return the entity of a collection's records."""
    found = catalog.collections(entity.name).get(name)
    if found is None:
        return None
    if isinstance(found, Child):
        return catalog.entities.get(found.entity)
    return catalog.entities.get(
        found.second if found.first_collection == name else found.first
    )


def rules(node: Node) -> Iterator[Rule]:
    """Give the rules of a tree about the record itself and those it points to."""
    match node:
        case Rule():
            yield node
        case Group(items=items):
            for item in items:
                yield from rules(item)
        case Related():
            return
