"""Know what a change of a record does to its children."""

from xrm.platform.records.change import Batch


def refuse_loops(batch: Batch) -> None:
    """Refuse a parent that stands below the record itself."""


def follow(batch: Batch) -> None:
    """Carry a new owner to the children whose relationship says so."""


def before_delete(batch: Batch) -> None:
    """Delete, unlink or refuse because of the children, as the relationships say."""
