"""Know whether the records of an entity may take a verb's steps together."""

from xrm.platform.records.change import Verb
from xrm.platform.records.layout import Layout


def goes_alone(layout: Layout, verb: Verb) -> bool:
    """Say whether what one record does may change what the next one sees."""
    return False
