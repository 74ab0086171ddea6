"""Know when the rules of an entity run: the steps of a verb that call them."""

from xrm.platform.records.change import Batch


def before_rules(batch: Batch) -> None:
    """Run the rules that may change a record or veto, before it is written."""


def after_rules(batch: Batch) -> None:
    """Run the rules that look at the written record."""


def queue_later(batch: Batch) -> None:
    """Hand rules that run later to the outbox; there is none yet, so do nothing."""
