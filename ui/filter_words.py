"""Know how built filters read: as sentences, as chips, and what a person can choose.

Pure: of the catalog and of titles that the caller looks up.
"""

from collections.abc import Callable
from dataclasses import dataclass

from xrm.metadata.catalog import Catalog, Child
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import Formats, Operator
from xrm.metadata.paths import field_at, places
from xrm.platform.query import filter_tree
from xrm.platform.query.filter_tree import Group, Node, Related, Rule
from xrm.ui import filters
from xrm.ui.filters import CHOICES, Chip, Choice
from xrm.ui.reading import lower_first

LISTED = frozenset({"in", "not-in", "contain-values", "not-contain-values"})
LONGEST_CHIP = 90

TitleOf = Callable[[Field, str], str | None]


@dataclass(frozen=True, slots=True)
class Words:
    """Says filters of an entity in words."""

    catalog: Catalog
    formats: Formats
    title_of: TitleOf = lambda field, value: None

    def of(self, entity: Entity, node: Node, *, inner: bool = False) -> str:
        """Return a node as a sentence; broken parts say so."""
        match node:
            case Rule():
                label, words, value = self.rule(entity, node)
                return " ".join(part for part in (label, words, value) if part)
            case Group(joined, items):
                word = " and " if joined == "&" else " or "
                text = word.join(self.of(entity, item, inner=True) for item in items)
                return f"({text})" if inner and len(items) > 1 else text
            case Related(collection, has, group):
                other = filter_tree.related_entity(self.catalog, entity, collection)
                label = lower_first(collection_label(self.catalog, entity, collection))
                start = f"has {label}" if has else f"has no {label}"
                if other is None or not group.items:
                    return start
                return f"{start} where {self.of(other, group, inner=True)}"

    def rule(self, entity: Entity, rule: Rule) -> tuple[str, str, str]:
        """Return what a rule is about, how it compares, and with what."""
        place = field_at(self.catalog, entity, rule.path)
        if place is None:
            return rule.path, "is no field any more", ""
        field = place[1]
        label = path_label(self.catalog, entity, rule.path)
        if filter_tree.fault_of(field, rule):
            return label, "is not complete", ""
        joint = " and " if rule.op in ("between", "not-between") else " or "
        words = "is" if rule.op == "in" else filters.words(field, rule.op)
        if rule.op in filters.COUNTED:
            days = "day" if rule.values[0] == "1" else "days"
            return label, words, f"{rule.values[0]} {days}"
        shown = [
            filters.shown(
                field, value, self.formats, lambda _, v: self.title_of(field, v)
            )
            for value in rule.values
        ]
        return label, words, joint.join(shown)

    def chips(
        self,
        entity: Entity,
        tree: Group,
        edit: str,
        without: Callable[[Group], str],
    ) -> tuple[Chip, ...]:
        """Return the parts of a tree as chips; `without` gives a tree's address."""
        if tree.joined == "|" and len(tree.items) > 1:
            text = self.of(entity, tree)
            return (Chip("", "", _short(text), edit, without(filter_tree.EMPTY)),)
        made = []
        for item in tree.items:
            left = Group("&", tuple(other for other in tree.items if other is not item))
            label, words, value = (
                self.rule(entity, item)
                if isinstance(item, Rule)
                else ("", "", _short(self.of(entity, item)))
            )
            made.append(Chip(label, words, value, edit, without(left)))
        return tuple(made)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_CHIP else text[: LONGEST_CHIP - 1] + "…"


def path_label(catalog: Catalog, entity: Entity, path: str) -> str:
    """Return what a path is called: "City", "Customer: City"."""
    found = places(catalog, entity, path)
    return ": ".join(field.label for _, field in found) if found else path


def collection_label(catalog: Catalog, entity: Entity, name: str) -> str:
    """Return what related records are called, with the lookup where several lead."""
    found = catalog.collections(entity.name).get(name)
    other = filter_tree.related_entity(catalog, entity, name)
    if found is None or other is None:
        return name
    if isinstance(found, Child):
        ways = [c for c in catalog.children(entity.name) if c.entity == other.name]
        if len(ways) > 1:
            return f"{other.plural_label} ({found.field.label})"
    return other.plural_label


def ways_up(
    catalog: Catalog, entity: Entity, readable: Callable[[str], frozenset[str]]
) -> list[Choice]:
    """Return the records whose fields can be used: this one, and those looked up."""
    found = []
    for field in entity.fields.values():
        if not field.is_lookup or field.name not in readable(entity.name):
            continue
        for target in field.targets:
            other = catalog.entities.get(target.entity)
            if other is None or not readable(other.name):
                continue
            many = len(field.targets) > 1
            step = f"{field.name}:{other.name}" if many else field.name
            label = (
                f"{field.label} ({lower_first(other.label)})" if many else field.label
            )
            found.append((field.system, label.casefold(), Choice(step, label)))
            if len(field.targets) > MOST_TARGETS:
                break
    return [choice for _, _, choice in sorted(found, key=lambda one: one[:2])]


MOST_TARGETS = 4
"""A lookup to more entities than this offers only the first one's fields."""


def collections_of(
    catalog: Catalog, entity: Entity, readable: Callable[[str], frozenset[str]]
) -> list[Choice]:
    """Return the related records that a filter can ask for, each way once."""
    found: dict[str, Choice] = {}
    for child in catalog.children(entity.name):
        if not readable(child.entity) or child.field.name in HIDDEN_WAYS:
            continue
        name = child.target.relationship
        found[name] = Choice(name, collection_label(catalog, entity, name))
    for name, link in catalog.collections(entity.name).items():
        other = filter_tree.related_entity(catalog, entity, name)
        if not isinstance(link, Child) and other and readable(other.name):
            found[name] = Choice(name, collection_label(catalog, entity, name))
    return sorted(found.values(), key=lambda choice: choice.label.casefold())


HIDDEN_WAYS = frozenset({"createdby", "modifiedby", "owningbusinessunit"})
"""Lookups of the platform that nobody filters by from the other side."""


def operators_for(field: Field) -> tuple[Operator, ...]:
    """Return the operators that the builder can ask values for."""
    every = field_type(field.type).operators
    if field.is_lookup:
        return filters.operators_of(field)
    return tuple(
        o
        for o in every
        if o.arity in (0, 1, 2) or (o.name in LISTED and field.choices is not None)
    )


def operator_label(field: Field, operator: Operator) -> str:
    """Return an operator as the builder lists it."""
    if operator.name in filters.COUNTED:
        return f"{filters.COUNTED[operator.name]} … days"
    if field.type in CHOICES or field.is_lookup or field.type == "boolean":
        return filters.WORDS.get(operator.name, operator.label)
    return operator.label
