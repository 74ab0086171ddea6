"""Name the kinds of jobs that the platform brings; `main.py` adds those of solutions.

A kind stands in a module of its own subject in `services/`; it is made known here.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from xrm.platform.automation.jobs import JobKind
from xrm.platform.services.bulk_jobs import BULK_ASSIGN, BULK_DELETE, BULK_EDIT
from xrm.platform.services.export_job import EXPORT
from xrm.platform.services.import_job import IMPORT_ROWS

KINDS: Final[tuple[JobKind, ...]] = (
    EXPORT,
    IMPORT_ROWS,
    BULK_EDIT,
    BULK_ASSIGN,
    BULK_DELETE,
)


def by_name(*more: Iterable[JobKind]) -> Mapping[str, JobKind]:
    """Return the kinds by their names: the platform's own and further ones.

    Raises:
        ValueError: two kinds have one name.
    """
    every = [*KINDS, *(kind for some in more for kind in some)]
    found = {kind.name: kind for kind in every}
    if len(found) != len(every):
        raise ValueError("Two kinds of jobs have one name.")
    return found
