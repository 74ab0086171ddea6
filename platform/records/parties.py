"""Know how the parties of activities are kept: one row for each who takes part.

A field of type `party` has no column. Writing it replaces the rows of its participation
in the transaction of the activity, through the verbs of those rows; rights follow the
activity, and nobody can name a record that they may not read. Rows that stay as they
were are left alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.sql.selectable import Select

from xrm.metadata.entities import Field
from xrm.metadata.fields import ValueProblem, field_type
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.fields.party import Party, mask_of
from xrm.platform.database.work import Work
from xrm.platform.errors import Detail
from xrm.platform.records.change import Batch, Change, PartyChange, Verb
from xrm.platform.records.layout import Layout, chunks, layout_of
from xrm.platform.records.values import invalid, new_id
from xrm.platform.security import checks
from xrm.rule_engine import core_names

ACTIVITY = "activityid"
PARTY = "partyid"
MASK = "participationtypemask"
ADDRESS = "addressused"

Together = Callable[[Work, Layout, Verb, Sequence[Change], str], None]
Given: TypeAlias = dict[str, tuple[Party, ...]]


def take(batch: Batch, change: Change) -> list[Detail]:
    """Move the parties that were sent out of `raw`; return the faults."""
    fields = batch.layout.entity.parties
    if not fields:
        return []
    faults = []
    for name in [name for name in change.raw if name in fields]:
        field = fields[name]
        try:
            found = field_type(field.type).parse(field, change.raw[name])
        except ValueProblem as problem:
            faults.append(Detail(name, problem.code, problem.message))
            continue
        change.parties[name] = found or ()
    if change.parties:
        change.raw = {k: v for k, v in change.raw.items() if k not in fields}
    return faults


def compare(batch: Batch) -> None:
    """Find out what becomes of the rows; refuse parties that cannot be.

    For records that are known: after the values were read, before anything is written.
    """
    fields = batch.layout.entity.parties
    changes = [change for change in batch.changes if change.parties]
    if not fields:
        return
    _refuse_missing(batch, fields)
    if not changes:
        return
    ids = [change.id for change in changes if change.before is not None]
    there = stored(batch.work, batch.entity, ids)
    _check(batch, fields, changes)
    for change in changes:
        rows = there.get(change.id, ())
        for name, wanted in change.parties.items():
            mask = mask_of(fields[name])
            old = {party: row for row, number, party in rows if number == mask}
            come = [party for party in wanted if party not in old]
            go = [row for party, row in old.items() if party not in wanted]
            if come or go:
                change.party_changes.append(PartyChange(name, come, go))


def _refuse_missing(batch: Batch, fields: Mapping[str, Field]) -> None:
    for field in fields.values():
        if not field.is_required:
            continue
        for change in batch.changes:
            given = change.parties.get(field.name)
            if given or (change.before is not None and given is None):
                continue
            text = f"{field.label} is required. Name somebody."
            fault = Detail(field.name, "required", text)
            batch.refuse(change, invalid(batch.layout.entity, [fault]))
    batch.drop_refused()


def _check(
    batch: Batch, fields: Mapping[str, Field], changes: Sequence[Change]
) -> None:
    """Refuse records that cannot be parties, are not there, or cannot be read."""
    work = batch.work
    rows = layout_of(work.snapshot, core_names.ACTIVITY_PARTY)
    targets = {t.entity for t in rows.entity.field(PARTY).targets}
    wanted: dict[str, set[UUID]] = {}
    for change in changes:
        for parties in change.parties.values():
            for party in parties:
                if party.ref is not None and party.ref.entity in targets:
                    wanted.setdefault(party.ref.entity, set()).add(party.ref.id)
    known = {
        Ref(entity, id_)
        for entity, ids in wanted.items()
        for id_ in checks.reachable(work, entity, "read", ids)
    }
    for change in changes:
        faults = [
            _fault(fields[name], party.ref, targets)
            for name, parties in change.parties.items()
            for party in parties
            if party.ref is not None and party.ref not in known
        ]
        if faults:
            batch.refuse(change, invalid(batch.layout.entity, faults))
    batch.drop_refused()


def _fault(field: Field, ref: Ref, targets: Iterable[str]) -> Detail:
    if ref.entity not in targets:
        text = (
            f"{field.label} cannot be a {ref.entity}; it takes "
            f"{', '.join(targets)}, or an address."
        )
        return Detail(field.name, "wrong_entity", text)
    text = f"{field.label}: there is no {ref.entity} {ref.id}, or you may not see it."
    return Detail(field.name, "not_found", text)


def write(batch: Batch, create: Together, delete: Together | None = None) -> None:
    """Add and remove rows; the records themselves are written already.

    New records have no rows that could go, and need no `delete`.
    """
    changed = [change for change in batch.changes if change.party_changes]
    if not changed:
        return
    work = batch.work
    fields = batch.layout.entity.parties
    rows = layout_of(work.snapshot, core_names.ACTIVITY_PARTY)
    cause = f"Change of {batch.layout.entity.label}"
    gone = [Change(id_) for c in changed for one in c.party_changes for id_ in one.go]
    if gone and delete is not None:
        delete(work, rows, "delete", gone, cause)
    come = [
        Change(new_id(), _row(batch.entity, change.id, fields[one.field], party))
        for change in changed
        for one in change.party_changes
        for party in one.come
    ]
    if come:
        create(work, rows, "create", come, cause)


def _row(entity: str, activity: UUID, field: Field, party: Party) -> dict[str, Any]:
    return {
        ACTIVITY: Ref(entity, activity),
        PARTY: party.ref,
        MASK: mask_of(field),
        ADDRESS: party.address,
    }


def stored(
    work: Work, entity: str, ids: Iterable[UUID]
) -> dict[UUID, list[tuple[UUID, int, Party]]]:
    """Return the rows of activities, in order: their id, participation and party."""
    wanted = list(ids)
    if not wanted:
        return {}
    layout = layout_of(work.snapshot, core_names.ACTIVITY_PARTY)
    table = layout.table

    def make() -> Select[Any]:
        return (
            select(table)
            .where(
                table.c[ACTIVITY].in_(bindparam("xrm_ids", expanding=True)),
                table.c[f"{ACTIVITY}_type"] == bindparam("xrm_entity"),
            )
            .order_by(table.c.createdon, table.c[layout.key])
        )

    statement = layout.kept("parties", make)
    made: dict[UUID, list[tuple[UUID, int, Party]]] = {}
    for part in chunks(wanted):
        found = work.connection.execute(
            statement, {"xrm_ids": part, "xrm_entity": entity}
        )
        for mapping in found.mappings():
            row = layout.read(mapping)
            party = Party(row[PARTY], row[ADDRESS])
            one = (row[layout.key], row[MASK], party)
            made.setdefault(row[ACTIVITY].id, []).append(one)
    return made
