"""Know the stored formulas of a record: computed before it is written."""

from collections.abc import Iterable
from typing import Any

from xrm.platform.database.work import Work
from xrm.platform.records.change import Batch
from xrm.platform.records.layout import Layout


def compute(batch: Batch) -> None:
    """Compute the stored formulas that read the record itself or what it points to."""


def evaluate(
    work: Work, layout: Layout, values: dict[str, Any], names: Iterable[str]
) -> None:
    """Add the values of formulas that are computed on read."""
