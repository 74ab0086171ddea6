"""Know the rules of an entity: compiled once per snapshot, sorted by when they run."""

from collections.abc import Iterable
from dataclasses import dataclass

from xrm.metadata.rules import RuleDefinition
from xrm.platform.automation.expressions import scope_of
from xrm.platform.errors import Refused
from xrm.platform.records.change import Verb
from xrm.platform.records.layout import Layout
from xrm.rule_engine import (
    CompiledRule,
    RuleError,
    TypedRule,
    check_rule,
    compile_rule,
)

OPERATIONS: dict[Verb, str] = {
    "create": "create",
    "update": "update",
    "set_state": "update",
    "assign": "update",
    "delete": "delete",
    "associate": "link",
    "disassociate": "unlink",
}
"""Which event a verb is; `assign` and `change of` depend on what changes, too."""


@dataclass(frozen=True)
class Rule:
    """A rule that is in force."""

    definition: RuleDefinition
    compiled: CompiledRule

    @property
    def name(self) -> str:
        """Return the name of the rule."""
        return self.definition.name

    @property
    def typed(self) -> TypedRule:
        """Return the checked rule."""
        return self.compiled.rule

    def starts_with(self, verb: Verb, changed: frozenset[str]) -> bool:
        """Say whether a verb that changes these fields starts it."""
        typed = self.typed
        if typed.fires(OPERATIONS[verb], changed):
            return True
        return (
            "assign" in typed.operations and verb != "create" and "ownerid" in changed
        )


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one entity in the order in which they run."""

    before: tuple[Rule, ...]
    after: tuple[Rule, ...]

    def __bool__(self) -> bool:
        return bool(self.before or self.after)


def rules_of(layout: Layout) -> RuleSet:
    """Return the rules of an entity, compiled on their first use in a snapshot.

    Raises:
        Refused: the text of a rule cannot be used.
    """
    return layout.kept("rules", lambda: _compile(layout))


def _compile(layout: Layout) -> RuleSet:
    entity = layout.entity.name
    definitions = layout.snapshot.catalog.rules.get(entity, {}).values()
    made = [
        Rule(definition, compile_rule(_checked(layout, definition)))
        for definition in in_order(definitions)
    ]
    return RuleSet(
        tuple(rule for rule in made if rule.typed.timing == "before"),
        tuple(rule for rule in made if rule.typed.timing == "after"),
    )


def in_order(definitions: Iterable[RuleDefinition]) -> list[RuleDefinition]:
    """Return the enabled rules in the order in which they run."""
    return sorted(
        (definition for definition in definitions if definition.enabled),
        key=lambda definition: (definition.order, definition.name),
    )


def _checked(layout: Layout, definition: RuleDefinition) -> TypedRule:
    try:
        return check_rule(definition.text, scope_of(layout.snapshot), definition.entity)
    except RuleError as fault:
        raise Refused(
            f'The rule "{definition.label}" of {layout.entity.label} cannot be used. '
            f"{fault}",
            code="bad_rule",
            target=definition.name,
        ) from fault
