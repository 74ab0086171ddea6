"""Queue a job from a page: the person is told, and goes on with other things."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import flash

from xrm.platform.automation.jobs import JobKind, queue_job
from xrm.ui.visit import Visit


def queue(seen: Visit, kind: JobKind, payload: Mapping[str, Any], label: str) -> UUID:
    """Queue a job in a writing visit, and say so on the next page.

    Raises:
        Refused: the person has too many jobs on their way.
    """
    run = queue_job(seen.work, kind, payload, label=label)
    said = (
        f"“{label}” runs in the background. Its progress: your menu, Background jobs."
    )
    seen.work.on_commit(lambda: flash(said, "green"))
    return run
