"""Names and paths: what `a.b.c`, `this`, `parent.f` and `old.f` stand for.

A path over a lookup that can hold records of several entities is allowed when every
one of them has the field.
"""

from collections.abc import Sequence

from xrm.rule_engine import nodes
from xrm.rule_engine.coercion import UNKNOWN, Coercion, broken
from xrm.rule_engine.problems import Where, did_you_mean
from xrm.rule_engine.scope import CollectionFacts
from xrm.rule_engine.typed_nodes import Old, Read, Typed
from xrm.rule_engine.types import EMPTY, Record, RuleType, common


class PathChecker(Coercion):
    """Checks names against the scope."""

    def path(self, node: nodes.Path) -> Typed:
        """Return what a path reads."""
        if self._word(node) == "old":
            return self._old(node)
        level, first = self.anchor(node)
        entity = self.entities[-1 - level]
        steps = node.steps[first:]
        kind: RuleType = Record((entity,))
        for index in range(first, len(node.steps)):
            kind = self._step(node, kind, index)
            if kind == UNKNOWN:
                return broken(node.where)
        return Read(kind, node.where, steps, level)

    def anchor(self, node: nodes.Path) -> tuple[int, int]:
        """Return the level that a path is about, and its first step that is a field."""
        word = self._word(node)
        if word == "this":
            return len(self.entities) - 1, 1
        if word == "parent" and len(self.entities) > 1:
            return 1, 1
        return 0, 0

    def _word(self, node: nodes.Path) -> str:
        return "" if node.quoted[0] else node.steps[0]

    def _old(self, node: nodes.Path) -> Typed:
        if len(node.steps) != 2:
            hint = "Write old.f for one field f of the record."
            message = '"old" is followed by one field.'
            self.report("N009", message, node.where, hint)
            return broken(node.where)
        kind = self._field(
            (self.entities[0],), node.steps[1], step_where(node, 1), None
        )
        return (
            broken(node.where)
            if kind == UNKNOWN
            else Old(kind, node.where, node.steps[1])
        )

    def _step(self, node: nodes.Path, kind: RuleType, index: int) -> RuleType:
        where, name = step_where(node, index), node.steps[index]
        before = node.steps[index - 1] if index else ""
        if not isinstance(kind, Record):
            self.report(
                "N003",
                f"{before} is a {kind}; a path goes on only after a lookup.",
                where,
                f"Leave out .{name}.",
            )
            return UNKNOWN
        return self._field(kind.entities, name, where, before if index else None)

    def _field(
        self, entities: Sequence[str], name: str, where: Where, lookup: str | None
    ) -> RuleType:
        found: RuleType = EMPTY
        missing = []
        for entity in entities:
            facts = self.scope.field(entity, name)
            if facts is None:
                missing.append(entity)
                continue
            both = common(found, facts.type)
            if both is None:
                self.report(
                    "N004",
                    f"Field {name} has different types on {' and '.join(entities)}.",
                    where,
                    "Use a field that is the same on all of them.",
                )
                return UNKNOWN
            found = both
        if not missing:
            return found
        self._report_missing(entities, missing, name, where, lookup)
        return UNKNOWN

    def _report_missing(
        self,
        entities: Sequence[str],
        missing: Sequence[str],
        name: str,
        where: Where,
        lookup: str | None,
    ) -> None:
        entity = missing[0]
        if len(missing) < len(entities):
            self.report(
                "N004",
                f"Lookup {lookup} can hold {entity} records, and they have no {name}.",
                where,
                f"Use a field that {' and '.join(entities)} both have.",
            )
        elif self.scope.collection(entity, name):
            self.report(
                "N005",
                f"{name} is a collection of records, not one value.",
                where,
                f"Use an aggregate such as count({name}) or exists({name}).",
            )
        else:
            self.unknown_field(entity, name, where)

    def unknown_field(self, entity: str, name: str, where: Where) -> None:
        """Report a field that an entity does not have."""
        if not self.scope.has_entity(entity):
            hint = did_you_mean(entity, self.scope.entity_names())
            self.report("N001", f"Entity {entity} does not exist.", where, hint)
            return
        near = did_you_mean(name, self.scope.field_names(entity))
        message = f"Field {name} does not exist on {entity}."
        self.report("N002", message, where, near or f"Add it to {entity} first.")

    def find_collection(
        self, node: nodes.Path, last: int
    ) -> tuple[tuple[str, ...], int, CollectionFacts] | None:
        """Return lookups, level and facts when step `last` is a collection."""
        level, first = self.anchor(node)
        if last < first:
            return None
        kind: RuleType = Record((self.entities[-1 - level],))
        for name in node.steps[first:last]:
            fields = [
                self.scope.field(entity, name)
                for entity in (kind.entities if isinstance(kind, Record) else ())
            ]
            if len(fields) != 1 or fields[0] is None:
                return None
            kind = fields[0].type
        if not isinstance(kind, Record) or len(kind.entities) != 1:
            return None
        facts = self.scope.collection(kind.entities[0], node.steps[last])
        return None if facts is None else (node.steps[first:last], level, facts)


def step_where(node: nodes.Path, index: int) -> Where:
    """Return where a step of a path begins."""
    column = node.where.column
    for name, quoted in zip(node.steps[:index], node.quoted, strict=False):
        column += len(name) + 1 + 2 * quoted
    return Where(node.where.file, node.where.line, column)
