"""Know what follows from the values of a record: unit, state, money, formulas.

Everything here may be done again and changes nothing the second time, so it runs where
values came in and again where rules may have set some.
"""

from xrm.platform.automation.rules import rules_of
from xrm.platform.records import currency, ownership, references, states
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
    if rules_of(batch.layout).before:
        references.check(batch, trusted=True)
    ownership.fill(batch)
    settle(batch)
    if compute(batch):
        currency.fill(batch)
