"""Know when the rules of an entity run: the steps of a verb that call them.

Rules run in their order. When one sets a field, the rules that watch for a change of
that field run (again); so many rounds that they must be going in circles are refused,
with the names. What rules reject is told all at once, in the fields it is about.
"""

from collections.abc import Iterable

from xrm.metadata.fields.field_type import ValueProblem
from xrm.platform.automation.expressions import to_stored
from xrm.platform.automation.rules import Rule, rules_of
from xrm.platform.automation.surroundings import RuleRow, Surroundings
from xrm.platform.errors import Detail, Invalid, Refused
from xrm.platform.records.change import Batch, Change
from xrm.platform.records.values import invalid
from xrm.rule_engine import Budget, BudgetExceeded

MAX_DEPTH = 16
"""How often rules may start each other."""


class RuleRun(Surroundings):
    """The surroundings of the rules of one batch; one change at a time is current."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch.work)
        self.batch = batch
        self.change: Change | None = None
        self.row: RuleRow | None = None
        self.rule: Rule | None = None
        self.faults: list[Detail] = []
        self.fresh: set[str] = set()
        """Fields that rules have set since the last round."""

    def begin(self, change: Change, row: RuleRow) -> None:
        """Make a change the current one."""
        self.change, self.row = change, row
        self.faults, self.fresh = [], set()
        self.old = None
        if change.before is not None:
            self.old = RuleRow(self, self.batch.layout, change.before, is_stored=True)

    def changed(self, field: str) -> bool:
        """Say whether this write changes the field."""
        assert self.change is not None
        return self.change.has_changed(field)

    def reject(self, message: str | None, field: str | None) -> None:
        """Take a veto; the other rules still say theirs."""
        assert self.rule is not None
        text = message or f'The rule "{self.rule.definition.label}" refuses this.'
        self.faults.append(Detail(field, "rule", text))

    def warn(self, message: str | None, field: str | None) -> None:
        """Take a warning, once."""
        if message and message not in self.work.warnings:
            self.work.warnings.append(message)

    def note_set(self, field: str) -> None:
        """Take over what a rule has set."""
        change, row, rule = self.change, self.row, self.rule
        assert change is not None
        assert row is not None
        assert rule is not None
        entity = self.batch.layout.entity
        definition = entity.fields[field]
        try:
            value = to_stored(entity, definition, dict.get(row, field), self.entity_of)
        except ValueProblem as problem:
            text = f'{problem.message} (Set by the rule "{rule.definition.label}".)'
            self.faults.append(Detail(field, problem.code, text))
            return
        if change.after.get(field) == value:
            return
        change.after[field] = value
        self.fresh.add(field)
        if definition.is_lookup:
            row.refs.pop(field, None)
            if value is not None:
                row.refs[field] = value
        else:
            row[field] = value


def before_rules(batch: Batch) -> None:
    """Run the rules that may change a record or veto, before it is written."""
    rules = rules_of(batch.layout).before
    if rules and batch.changes:
        run_rules(batch, rules, is_stored=False)
        if batch.verb != "delete":
            for change in batch.changes:
                _take_state(batch, change)


def _take_state(batch: Batch, change: Change) -> None:
    """Let a state or reason that a rule set count as written, so the other follows."""
    if change.has_changed("statuscode") or change.has_changed("statecode"):
        for name in ("statecode", "statuscode"):
            if change.given.get(name) != change.after.get(name):
                change.given.pop(name, None)


def after_rules(batch: Batch) -> None:
    """Run the rules that look at the written record: they veto and warn.

    Rollups of other records still stand as they were; children are counted as they are.
    """
    rules = rules_of(batch.layout).after
    if rules and batch.changes:
        run_rules(batch, rules, is_stored=batch.verb != "delete")


def run_rules(batch: Batch, rules: tuple[Rule, ...], *, is_stored: bool) -> None:
    """Run rules on each record of a batch; refuse the records they reject."""
    run = RuleRun(batch)
    started = []
    for change in batch.changes:
        changed = frozenset(change.changed())
        if any(rule.starts_with(batch.verb, changed) for rule in rules):
            exists = is_stored or change.before is not None
            row = RuleRow(run, batch.layout, change.after, is_stored=exists)
            started.append((change, row, changed))
    run.prefetch((row for _, row, _ in started), paths_of(rules))
    for change, row, changed in started:
        run.begin(change, row)
        _rounds(run, rules, changed)
        if run.faults:
            batch.refuse(change, _rejection(batch, run.faults))
    batch.drop_refused()


def _rounds(run: RuleRun, rules: tuple[Rule, ...], changed: frozenset[str]) -> None:
    budget = Budget()
    verb = run.batch.verb
    chain: list[str] = []
    waiting = [rule for rule in rules if rule.starts_with(verb, changed)]
    while waiting:
        again: list[Rule] = []
        for position, rule in enumerate(waiting):
            run.rule = rule
            assert run.row is not None
            try:
                rule.compiled.run(run.row, run, budget)
            except BudgetExceeded as fault:
                raise Refused(
                    f'The rule "{rule.definition.label}" does too much. {fault}',
                    code="budget",
                    target=rule.name,
                ) from fault
            if run.fresh:
                upcoming = waiting[position + 1 :]
                started = [
                    other
                    for other in rules
                    if other is not rule
                    and other not in upcoming
                    and other not in again
                    and not other.typed.watched.isdisjoint(run.fresh)
                ]
                if started:
                    chain.append(rule.name)
                again += started
                run.fresh = set()
        if len(chain) > MAX_DEPTH:
            names = " → ".join(chain[-MAX_DEPTH:])
            raise Refused(
                f"The rules of {run.batch.layout.entity.label} start each other more "
                f"than {MAX_DEPTH} times: {names}. Let one of them stop.",
                code="rule_depth",
                target=run.batch.entity,
            )
        waiting = [rule for rule in rules if rule in again]


def paths_of(rules: Iterable[Rule]) -> list[tuple[str, ...]]:
    """Return the lookup paths that rules read, sorted."""
    return sorted({path for rule in rules for path in rule.typed.reads.paths})


def _rejection(batch: Batch, faults: list[Detail]) -> Invalid:
    error = invalid(batch.layout.entity, faults)
    if len(faults) > 1:
        error.message = " ".join(fault.message for fault in faults)
        error.args = (error.message,)
    return error


def queue_later(batch: Batch) -> None:
    """Hand rules that run later to the outbox; there is none yet, so do nothing."""
