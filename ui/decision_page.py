"""Know the decisions: what is asked before something is done to records.

Pure. The same model makes a page of its own and, with scripts, a dialog.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from xrm.metadata.entities import Entity
from xrm.platform.records.change import Outcome
from xrm.ui.filters import Choice
from xrm.ui.reading import lower_first
from xrm.ui.record_actions import state_words

SHOWN = 12
"""Names of records that a question lists."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A question with a button that does it and one that does not."""

    title: str
    text: str
    action: str
    button: str
    back: str
    hidden: tuple[tuple[str, str], ...] = ()
    danger: bool = False
    names: tuple[str, ...] = ()
    more: int = 0
    reasons: tuple[Choice, ...] = ()
    name: str | None = None
    """The name to change, empty for a new one; `None` asks for none."""
    tick: str = ""
    """What can be ticked besides."""
    reasons_name: str = "reason"
    reasons_label: str = "Reason"
    owner: str = ""
    """The address that offers records, where one is asked for."""
    owner_label: str = "New owner"
    fault: str = ""
    other: str = ""
    """The address of another way, and what it is called."""
    other_label: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one record."""

    title: str
    href: str
    message: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class BulkPage:
    """What became of each record of a bulk action."""

    title: str
    text: str
    results: tuple[Result, ...]
    back: str
    done: int
    refused: int


def deleting(
    entity: Entity,
    names: Sequence[str],
    action: str,
    back: str,
    hidden: tuple[tuple[str, str], ...] = (),
) -> Decision:
    """Ask whether records shall be deleted."""
    count = len(names)
    things = lower_first(entity.label if count == 1 else entity.plural_label)
    what = f"“{names[0]}”" if count == 1 else f"{count:,} {things}"
    return Decision(
        title=f"Delete {what}?",
        text="What belongs to it may be deleted with it. This cannot be undone here."
        if count == 1
        else "What belongs to them may be deleted too. This cannot be undone here.",
        action=action,
        button="Delete" if count == 1 else f"Delete {count:,}",
        back=back,
        hidden=hidden,
        danger=True,
        names=tuple(names[:SHOWN]) if count > 1 else (),
        more=max(0, count - SHOWN) if count > 1 else 0,
    )


def assigning(
    entity: Entity,
    names: Sequence[str],
    action: str,
    back: str,
    lookup: str,
    hidden: tuple[tuple[str, str], ...] = (),
    fault: str = "",
) -> Decision:
    """Ask who shall own records."""
    count = len(names)
    things = lower_first(entity.label if count == 1 else entity.plural_label)
    what = f"“{names[0]}”" if count == 1 else f"{count:,} {things}"
    return Decision(
        title=f"Assign {what}",
        text="The new owner may read and change it as far as their roles reach."
        if count == 1
        else "The new owner may read and change them as far as their roles reach.",
        action=action,
        button="Assign",
        back=back,
        hidden=hidden,
        names=tuple(names[:SHOWN]) if count > 1 else (),
        more=max(0, count - SHOWN) if count > 1 else 0,
        owner=lookup,
        fault=fault,
    )


def linking(
    entity: Entity, other: Entity, title: str, address: str, back: str, find: str
) -> Decision:
    """Ask which record shall be linked with this one."""
    label = lower_first(other.label)
    return Decision(
        title=f"Link a {label} with “{title}”",
        text=f"Choose one of the {lower_first(other.plural_label)} you may read.",
        action=address,
        button="Link",
        back=back,
        owner=find,
        owner_label=other.label,
    )


def naming_view(
    title: str,
    action: str,
    back: str,
    hidden: tuple[tuple[str, str], ...],
    name: str = "",
) -> Decision:
    """Ask for the name of a view; a new one can be made the first to open."""
    return Decision(
        title=title,
        text=""
        if name
        else "Columns, order, filters and layout are kept. The view is yours alone.",
        action=action,
        button="Rename" if name else "Save view",
        back=back,
        hidden=hidden,
        name=name,
        tick="" if name else "Open this view first",
    )


def exporting(
    things: str,
    total: int,
    most: int,
    action: str,
    back: str,
    hidden: tuple[tuple[str, str], ...],
    first: str,
) -> Decision:
    """Ask whether a job shall write the file of all rows, or the first come at once."""
    return Decision(
        title=f"Export {total:,} {things}?",
        text=f"More than {most:,} rows are written in the background; the file waits "
        "for you among your jobs.",
        action=action,
        button=f"Export all {total:,}",
        back=back,
        hidden=hidden,
        other=first,
        other_label=f"Only the first {most:,}, now",
    )


def deleting_view(name: str, action: str, back: str) -> Decision:
    """Ask whether a view shall be deleted."""
    return Decision(
        title=f"Delete the view “{name}”?",
        text="Only the view goes; its records stay. This cannot be undone here.",
        action=action,
        button="Delete view",
        back=back,
        danger=True,
    )


def moving(
    title: str,
    label: str,
    targets: tuple[Choice, ...],
    action: str,
    back: str,
    hidden: tuple[tuple[str, str], ...],
) -> Decision:
    """Ask which lane of a board a record shall go to."""
    return Decision(
        title=f"Move “{title}”",
        text=f"Its {lower_first(label)} changes, as if you had changed it on the form.",
        action=action,
        button="Move",
        back=back,
        hidden=(*hidden, ("back", back)),
        reasons=targets,
        reasons_name="to",
        reasons_label=label,
    )


def changing_state(
    entity: Entity, title: str, current: int | None, to: int, action: str, back: str
) -> Decision | None:
    """Ask for the reason of a new state; `None` when there is no such state."""
    state = entity.state(to)
    if state is None:
        return None
    words = state_words(entity, current, state)
    closing = (
        f" It is read-only while it is {lower_first(state.name)}."
        if state.read_only
        else ""
    )
    return Decision(
        title=f"{words}?",
        text=f"“{title}” becomes {lower_first(state.name)}.{closing}",
        action=action,
        button=words,
        back=back,
        hidden=(("to", str(to)),),
        reasons=tuple(
            Choice(str(r.value), r.label, r is state.default_reason)
            for r in state.reasons
        ),
    )


def results(
    entity: Entity,
    verb: str,
    found: Sequence[tuple[str, str, Outcome]],
    back: str,
) -> BulkPage:
    """Return what became of records (title, address, outcome), refused ones first."""
    rows = [
        Result(title, href, o.error.message if o.error else "", o.error is None)
        for title, href, o in found
    ]
    done = sum(1 for row in rows if row.is_done)
    refused = len(rows) - done
    things = lower_first(entity.plural_label)
    return BulkPage(
        title=f"{done:,} of {len(rows):,} {things} {verb}",
        text=f"{refused:,} could not be; each one says why. Nothing else was changed.",
        results=tuple(sorted(rows, key=lambda row: row.is_done)),
        back=back,
        done=done,
        refused=refused,
    )
