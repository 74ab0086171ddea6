"""Know the filter builder: a tree as a form, and the form as a tree again.

Each step is the whole form sent once, so it works without scripts: `do` says what to
add, drop or apply. Names of inputs end in the place of their node: `f.r.0.1`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import Formats
from xrm.metadata.paths import entity_at, field_at
from xrm.platform.query import filter_tree
from xrm.platform.query.filter_tree import EMPTY, Group, Joined, Node, Related, Rule
from xrm.ui import filter_words, filters, form_values
from xrm.ui.filter_words import TitleOf
from xrm.ui.filters import Choice

ROOT = "r"
OWN = Choice("", "This record")
MOST_PARTS = 40

Posted = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class RuleForm:
    """A rule as inputs."""

    place: str
    ways: tuple[Choice, ...]
    fields: tuple[Choice, ...]
    operators: tuple[Choice, ...]
    kind: str
    """How the value is asked for: none, text, number, days, date, choice, record."""
    values: tuple[str, ...]
    options: tuple[Choice, ...]
    title: str
    """The name of the record a lookup is compared with."""
    search: str
    fault: str
    label: str
    is_two: bool
    is_many: bool


@dataclass(frozen=True, slots=True)
class GroupForm:
    """A group as inputs; of related records when it has a collection."""

    place: str
    joined: Joined
    parts: tuple["RuleForm | GroupForm", ...]
    is_root: bool = False
    collections: tuple[Choice, ...] = ()
    has: bool = True
    is_related: bool = False
    deep: int = 0


@dataclass(frozen=True, slots=True)
class Builder:
    """The builder's page."""

    title: str
    action: str
    hidden: tuple[tuple[str, str], ...]
    back: str
    root: GroupForm
    words: str
    fault: str = ""


@dataclass(slots=True)
class FormMaker:
    """Makes the form of a tree for one catalog and reader."""

    catalog: Catalog
    readable: Callable[[str], frozenset[str]]
    formats: Formats
    search: Callable[[str, str], str]
    """The address that offers records for a lookup of an entity."""
    title_of: TitleOf
    says: bool = False
    """Whether faults are shown: not while the person is still writing."""
    faults: int = 0
    _ways: dict[str, tuple[Choice, ...]] = field(default_factory=dict)

    def group(
        self, entity: Entity, node: Group, place: str, deep: int = 0
    ) -> GroupForm:
        """Return the form of a group."""
        return GroupForm(
            place,
            node.joined,
            tuple(
                self.part(entity, item, f"{place}.{number}", deep + 1)
                for number, item in enumerate(node.items)
            ),
            is_root=place == ROOT,
            deep=deep,
        )

    def part(
        self, entity: Entity, node: Node, place: str, deep: int
    ) -> "RuleForm | GroupForm":
        """Return the form of a part of a group."""
        if isinstance(node, Rule):
            return self.rule(entity, node, place)
        if isinstance(node, Group):
            return self.group(entity, node, place, deep)
        offered = filter_words.collections_of(self.catalog, entity, self.readable)
        known = {choice.value for choice in offered}
        name = node.collection
        if name not in known:
            name = next(
                (c.value for c in offered if self._same(entity, c.value, name)), ""
            )
        other = filter_tree.related_entity(self.catalog, entity, name)
        inner = self.group(other or entity, node.group if other else EMPTY, place, deep)
        return replace(
            inner,
            is_related=True,
            has=node.has,
            collections=(
                *((Choice("", "Choose …", True),) if not name else ()),
                *(replace(c, selected=c.value == name) for c in offered),
            ),
        )

    def _same(self, entity: Entity, one: str, other: str) -> bool:
        names = self.catalog.collections(entity.name)
        return other in names and names.get(one) is names.get(other)

    def rule(self, entity: Entity, rule: Rule, place: str) -> RuleForm:
        """Return the form of a rule."""
        way, _, name = rule.path.rpartition(".")
        holder = entity_at(self.catalog, entity, way)
        if holder is None:
            way, holder = "", entity
        found = holder.fields.get(name)
        if found is not None and found.name not in self.readable(holder.name):
            found = None
        fields = filters.filterable(holder, self.readable(holder.name))
        operators = filter_words.operators_for(found) if found else ()
        named = {operator.name: operator for operator in operators}
        op = rule.op if rule.op in named else next(iter(named), "")
        fault = ""
        if self.says and found is not None:
            fault = filter_tree.fault_of(found, replace(rule, op=op))
            self.faults += bool(fault)
        return RuleForm(
            place=place,
            ways=tuple(
                replace(choice, selected=choice.value == way)
                for choice in (OWN, *self._up(entity))
            ),
            fields=(
                *((Choice("", "Choose a field …", True),) if found is None else ()),
                *(Choice(f.name, f.label, f is found) for f in fields),
            ),
            operators=tuple(
                Choice(o.name, filter_words.operator_label(found, o), o.name == op)
                for o in operators
                if found is not None
            ),
            kind=_kind(found, op, named[op].arity) if found and op else "none",
            values=rule.values,
            options=tuple(_options(found, rule.values)) if found else (),
            title=self._title(found, rule.values),
            search=self.search(holder.name, found.name)
            if found and found.is_lookup
            else "",
            fault=fault,
            label=found.label if found else "",
            is_two=bool(op) and named[op].arity == 2,
            is_many=op in filter_words.LISTED,
        )

    def _title(self, found: Field | None, given: tuple[str, ...]) -> str:
        if found is None or not found.is_lookup or not given:
            return ""
        return self.title_of(found, given[0]) or given[0]

    def _up(self, entity: Entity) -> tuple[Choice, ...]:
        made = self._ways.get(entity.name)
        if made is None:
            made = tuple(filter_words.ways_up(self.catalog, entity, self.readable))
            self._ways[entity.name] = made
        return made


def _kind(field: Field, op: str, arity: int) -> str:
    if arity == 0:
        return "none"
    if op in filters.COUNTED:
        return "days"
    if field.type == "boolean" or field.choices is not None:
        return "choice"
    if field.is_lookup:
        return "record"
    if field.type in form_values.NUMBERS:
        return "number"
    return "date" if field.type in ("date", "datetime") else "text"


def _options(field: Field, given: tuple[str, ...]) -> list[Choice]:
    if field.choices is not None:
        return [
            Choice(str(o.value), o.label, str(o.value) in given)
            for o in field.choices.options
        ]
    if field.type == "boolean":
        kind = field_type(field.type)
        return [
            Choice(text, kind.display(field, value, Formats()), text in given)
            for text, value in (("true", True), ("false", False))
        ]
    return []


@dataclass(slots=True)
class FormReader:
    """Reads the tree that a form says."""

    catalog: Catalog
    posted: Posted
    formats: Formats
    parts: int = 0

    def tree(self, entity: Entity) -> Group:
        """Return the whole tree."""
        return self._group(entity, ROOT)

    def _last(self, name: str) -> str:
        return (self.posted.get(name) or [""])[-1]

    def _group(self, entity: Entity, place: str) -> Group:
        joined: Joined = "|" if self._last(f"j.{place}") == "|" else "&"
        items: list[Node] = []
        number = 0
        while f"k.{place}.{number}" in self.posted and self.parts < MOST_PARTS:
            self.parts += 1
            items.append(self._part(entity, f"{place}.{number}"))
            number += 1
        return Group(joined, tuple(items))

    def _part(self, entity: Entity, place: str) -> Node:
        kind = self._last(f"k.{place}")
        if kind == "group":
            return self._group(entity, place)
        if kind == "related":
            name = self._last(f"c.{place}")
            other = filter_tree.related_entity(self.catalog, entity, name)
            has = self._last(f"h.{place}") != "-"
            return Related(name, has, self._group(other or entity, place))
        return self._rule(entity, place)

    def _rule(self, entity: Entity, place: str) -> Rule:
        way, name = self._last(f"w.{place}"), self._last(f"f.{place}")
        path = f"{way}.{name}" if way and name else name
        found = field_at(self.catalog, entity, path) if name else None
        if found is None:
            return Rule(f"{way}." if way else "")
        op = self._last(f"o.{place}")
        given = [v.strip() for v in self.posted.get(f"v.{place}", ()) if v.strip()]
        if found[1].is_lookup and not given:
            text = self._last(f"v.{place}.text").strip()
            given = [text] if text else []
        field = found[1]
        if field.type in form_values.NUMBERS and op not in filters.COUNTED:
            given = [self._number(value) for value in given]
        return Rule(path, op, tuple(given))

    def _number(self, text: str) -> str:
        try:
            return str(Decimal(text))
        except ArithmeticError:
            return str(form_values.number(text, self.formats))


def changed(tree: Group, do: str) -> Group:
    """Return the tree after a step: `add:r.0`, `group:r`, `related:r`, `drop:r.1`."""
    verb, _, place = do.partition(":")
    steps = [int(s) for s in place.split(".")[1:] if s.isdigit()]
    if verb in ("add", "group", "related"):
        made: dict[str, Node] = {
            "add": Rule(),
            "group": Group("|", (Rule(), Rule())),
            "related": Related(),
        }
        new = made[verb]
        return _at(tree, steps, lambda g: replace(g, items=(*g.items, new)))
    if verb == "drop" and steps:
        *above, last = steps
        return _at(
            tree,
            above,
            lambda g: replace(
                g, items=tuple(x for i, x in enumerate(g.items) if i != last)
            ),
        )
    return tree


def _at(tree: Group, steps: list[int], change: Callable[[Group], Group]) -> Group:
    if not steps:
        return change(tree)
    first, *rest = steps
    items = list(tree.items)
    if first < len(items):
        item = items[first]
        if isinstance(item, Group):
            items[first] = _at(item, rest, change)
        elif isinstance(item, Related):
            items[first] = replace(item, group=_at(item.group, rest, change))
    return replace(tree, items=tuple(items))


def complete(node: Group) -> Group:
    """Return the tree without parts that nobody finished."""
    items: list[Node] = []
    for item in node.items:
        if isinstance(item, Rule):
            if item.op and not item.path.endswith("."):
                items.append(item)
        elif isinstance(item, Related):
            if item.collection:
                items.append(replace(item, group=complete(item.group)))
        else:
            inner = complete(item)
            if inner.items:
                items.append(inner)
    return replace(node, items=tuple(items))
