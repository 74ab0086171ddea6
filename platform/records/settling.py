"""Know what follows from the values of a record: unit, state, money, formulas.

Everything here may be done again and changes nothing the second time, so it runs where
values came in and again where rules may have set some.
"""

from xrm.platform.automation.triggers import run_after_rules
from xrm.platform.records import currency, ownership, states, writing
from xrm.platform.records.change import Batch
from xrm.platform.records.formulas import compute
from xrm.platform.records.values import invalid


def settle(batch: Batch) -> None:
    """Let state and money follow from what was written."""
    for change in batch.changes:
        faults = states.settle(batch.layout.entity, change)
        if faults:
            batch.refuse(change, invalid(batch.layout.entity, faults))
    batch.drop_refused()
    currency.fill(batch)


def formulas(batch: Batch) -> None:
    """Let everything follow that follows from the values, rules' values included."""
    ownership.fill(batch)
    settle(batch)
    if compute(batch):
        currency.fill(batch)


def after_rules(batch: Batch) -> None:
    """Run the rules that look at the written record; write what they set."""
    written = run_after_rules(batch)
    if not written or batch.verb == "delete":
        return
    again = [change for change in batch.changes if id(change) in written]
    part = Batch(batch.work, batch.layout, batch.verb, again, trusted=batch.trusted)
    formulas(part)
    writing.refuse_incomplete(part)
    writing.rewrite(part, written)
