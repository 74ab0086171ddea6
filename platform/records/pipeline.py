"""Know how a verb runs: its steps in order, over one record or over many.

Many records take each step together where that means the same as one after the other;
where rules or formulas of the entity look at other records, they go one by one. A
caller who wants a report gets the outcome of every record: what is refused before
anything is written just leaves the batch; a refusal after that undoes the part (a
savepoint) and its records are tried alone.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from xrm.platform.database.work import Work
from xrm.platform.errors import XrmError
from xrm.platform.records.change import Batch, Change, Outcome, Step, Verb
from xrm.platform.records.layout import Layout

OnError = Literal["stop", "report"]
PART = 1_000
"""How many records take the steps together."""


def run(batch: Batch, steps: Sequence[Step]) -> None:
    """Take a batch through the steps of a verb."""
    for step in steps:
        if not batch.changes:
            return
        step(batch)


def run_one(
    work: Work,
    layout: Layout,
    verb: Verb,
    steps: Sequence[Step],
    change: Change,
    *,
    trusted: bool = False,
    cause: str = "",
) -> Change:
    """Take one record through the steps of a verb."""
    run(Batch(work, layout, verb, [change], trusted=trusted, cause=cause), steps)
    return change


def run_many(
    work: Work,
    layout: Layout,
    verb: Verb,
    steps: Sequence[Step],
    changes: Sequence[Change],
    *,
    on_error: OnError = "stop",
    alone: bool = False,
    outcome: Callable[[Change], Outcome],
) -> list[Outcome]:
    """Take many records through the steps of a verb; the outcomes keep their order.

    `alone` says that the records of this entity must go one by one.
    """
    size = 1 if alone else PART
    found: dict[int, Outcome] = {}
    for start in range(0, len(changes), size):
        part = list(changes[start : start + size])
        if on_error == "stop":
            run(Batch(work, layout, verb, part), steps)
            found.update((id(c), outcome(c)) for c in part)
        else:
            found.update(_reported(work, layout, verb, steps, part, outcome))
    return [found[id(change)] for change in changes]


def _reported(
    work: Work,
    layout: Layout,
    verb: Verb,
    steps: Sequence[Step],
    part: list[Change],
    outcome: Callable[[Change], Outcome],
) -> dict[int, Outcome]:
    batch = Batch(work, layout, verb, list(part), reports=True)
    found: dict[int, Outcome] = {}
    try:
        with work.connection.begin_nested():
            run(batch, steps)
    except XrmError as error:
        if len(part) == 1:
            return {id(part[0]): _refused(part[0], error)}
        for change in part:
            change.restart()
            found.update(_reported(work, layout, verb, steps, [change], outcome))
        return found
    found = {id(change): _refused(change, error) for change, error in batch.gone}
    for change in part:
        if id(change) not in found:
            found[id(change)] = outcome(change)
    return found


def _refused(change: Change, error: XrmError) -> Outcome:
    return Outcome(id=None if change.before is None else change.id, error=error)
