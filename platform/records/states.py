"""Know the states of a record: which go together, which follow which, which are closed.

Source: reference/dataverse.md 1.3 and 7.1.
"""

from xrm.metadata.entities import Entity, State
from xrm.platform.errors import Detail
from xrm.platform.records.change import Batch, Change

PASSES_CLOSED = frozenset(
    {
        "statecode",
        "statuscode",
        "ownerid",
        "owningbusinessunit",
        "owninguser",
        "owningteam",
    }
)
"""What of a record in a read-only state may change."""


def settle(entity: Entity, change: Change) -> list[Detail]:
    """Make state and reason of `change.after` agree, starting from what was written.

    Only a state: its default reason. Only a reason: the state it belongs to. Both: they
    must belong together.
    """
    after = change.after
    if not entity.states:
        return []
    state, reason = after.get("statecode"), after.get("statuscode")
    wrote_state = state != change.was("statecode") and state is not None
    wrote_reason = reason != change.was("statuscode") and reason is not None
    if "statecode" in change.given and "statuscode" in change.given:
        wrote_state = wrote_reason = state is not None and reason is not None
    if wrote_state and wrote_reason:
        belongs = entity.state_of_reason(reason)
        if belongs is None or belongs.value != state:
            return [_mismatch(entity, state, reason)]
        return []
    if wrote_reason or (state is None and reason is not None):
        belongs = entity.state_of_reason(reason)
        if belongs is not None:
            after["statecode"] = belongs.value
    elif wrote_state:
        found = entity.state(state)
        if found is not None and entity.state_of_reason(reason) is not found:
            after["statuscode"] = found.default_reason.value
    elif state is None:
        first = entity.states[0]
        after["statecode"] = first.value
        after["statuscode"] = first.default_reason.value
    return []


def _mismatch(entity: Entity, state: int | None, reason: int | None) -> Detail:
    named = entity.state(state)
    field = entity.fields["statuscode"]
    label = field.choices.label_of(reason) if field.choices else reason
    allowed = ", ".join(f'"{r.label}"' for r in named.reasons) if named else ""
    return Detail(
        "statuscode",
        "state_mismatch",
        f'{field.label} "{label}" does not belong to the state '
        f'"{named.name if named else state}". Choose one of {allowed}.',
    )


def check(batch: Batch, change: Change) -> list[Detail]:
    """Return the faults of a change of state, and of changes to a closed record."""
    entity = batch.layout.entity
    if change.before is None or not entity.states:
        return []
    old = entity.state(change.before.get("statecode"))
    new = entity.state(change.after.get("statecode"))
    if old is None or new is None:
        return []
    faults = []
    if old is not new and not _may_follow(entity, old, new):
        allowed = (entity.transitions or {}).get(old.name, ())
        names = ", ".join(f'"{name}"' for name in allowed)
        faults.append(
            Detail(
                "statecode",
                "transition",
                f'A {entity.label.lower()} that is "{old.name}" cannot become '
                f'"{new.name}". '
                + (f"It may become {names}." if names else "It is final."),
            )
        )
    if old.read_only and new.read_only and not batch.trusted:
        faults += [
            Detail(
                name,
                "closed",
                f"This {entity.label.lower()} is {old.name.lower()} and cannot be "
                f"changed. Reopen it to change "
                f"{entity.declared(name).label.lower()}.",
            )
            for name in (*change.given, *change.parties)
            if name not in PASSES_CLOSED
            and (name in change.parties or change.has_changed(name))
        ]
    return faults


def _may_follow(entity: Entity, old: State, new: State) -> bool:
    return entity.transitions is None or new.name in entity.transitions.get(
        old.name, ()
    )
