"""Know what must be computed anew after a write: rollups and stored formulas elsewhere."""

from xrm.platform.records.change import Batch


def rollups(batch: Batch) -> None:
    """Compute anew what depends on the records of a batch, in the same transaction."""
