"""Know whether the records of an entity may take a verb's steps together.

Together is right when nothing that a rule or formula of one record reads can be changed
by another record of the same batch: its own fields, and fields over lookups that lead
to other entities and are not computed there from further records.
"""

from collections.abc import Iterator

from xrm.platform.automation.rules import rules_of
from xrm.platform.records.change import Verb
from xrm.platform.records.dependencies import dependencies_of
from xrm.platform.records.layout import Layout
from xrm.rule_engine.references import References


def goes_alone(layout: Layout, verb: Verb) -> bool:
    """Say whether what one record does may change what the next one sees."""
    return layout.kept(("alone", verb), lambda: _Answer(_goes_alone(layout, verb))).yes


class _Answer:
    """A yes or no that can be kept."""

    def __init__(self, yes: bool) -> None:
        self.yes = yes


def _goes_alone(layout: Layout, verb: Verb) -> bool:
    return any(not _is_still(layout, found) for found in _read(layout, verb))


def _read(layout: Layout, verb: Verb) -> Iterator[References]:
    rules = rules_of(layout)
    for rule in (*rules.before, *rules.after):
        if verb != "delete" or "delete" in rule.typed.operations:
            yield rule.typed.reads
    if verb != "delete":
        known = dependencies_of(layout.snapshot)
        for node in known.own.get(layout.entity.name, ()):
            if node.field.formula is not None:
                yield node.expression.typed.references


def _is_still(layout: Layout, found: References) -> bool:
    """Say whether other records of a batch leave what is read as it is."""
    if found.aggregates:
        return False
    return all(_path_is_still(layout, path) for path in found.paths)


def _path_is_still(layout: Layout, path: tuple[str, ...]) -> bool:
    catalog = layout.snapshot.catalog
    own = layout.entity
    here = [own]
    for step in path[:-1]:
        targets = {
            target.entity
            for entity in here
            if step in entity.fields
            for target in entity.field(step).targets
        }
        if own.name in targets:
            return False
        here = [catalog.entities[name] for name in sorted(targets)]
    last = [entity.fields.get(path[-1]) for entity in here]
    return not any(field and (field.rollup or field.formula) for field in last)
