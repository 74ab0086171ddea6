"""Read one record for its pages: the row of a form, rights, names to records.

The only room of `ui/` that asks the record service; page models get plain rows of it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity, Field
from xrm.metadata.family import ACTIVITY_BASE
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import Ref, ValueProblem
from xrm.metadata.fields.party import MOST_PARTIES, Party, mask_of
from xrm.metadata.forms import Form
from xrm.platform.errors import NotFound, XrmError
from xrm.platform.query.query import Compare, Order, Query
from xrm.platform.query.run import run
from xrm.platform.records import mirror, service
from xrm.platform.records.parties import ACTIVITY, ADDRESS, MASK, PARTY
from xrm.platform.records.values import is_expression
from xrm.platform.security import access, checks
from xrm.rule_engine import core_names
from xrm.ui import form_page, form_plan, lookups, parties, uploads
from xrm.ui.columns import CURRENCY_FIELD
from xrm.ui.filters import Choice
from xrm.ui.form_fields import lock_of
from xrm.ui.form_plan import FormPlan
from xrm.ui.form_values import Typed
from xrm.ui.lookups import Candidate
from xrm.ui.record_actions import FormRights
from xrm.ui.visit import Visit


def plan_for(
    seen: Visit,
    entity: Entity,
    find: Callable[[Catalog, Entity], Form] = form_plan.main_form,
    mark: str = "",
) -> FormPlan:
    """Return the prepared form of an entity, kept with the snapshot.

    `find` chooses another form than the main one; `mark` keeps its plans apart.
    """
    readable = seen.readable(entity.name)
    return seen.work.snapshot.cache("ui_forms").get(
        (entity.name, readable, mark),
        lambda: form_plan.plan_of(entity, find(seen.work.catalog, entity), readable),
    )


def row_of(seen: Visit, entity: Entity, plan: FormPlan, record: UUID) -> dict[str, Any]:
    """Return what a form shows of a record.

    Raises:
        NotFound: there is no such record, or the person may not see it.
    """
    query = Query(
        entity.name, plan.paths, Compare(entity.key, "eq", (record,)), limit=1
    )
    rows = run(seen.work, query).rows
    if not rows:
        raise not_found(entity)
    seen.add_names(rows, plan.late)
    uploads.add_names(seen, rows, plan.files)
    _add_parties(seen, entity, rows[0], plan.parties)
    return rows[0]


def _add_parties(
    seen: Visit, entity: Entity, row: dict[str, Any], names: Iterable[str]
) -> None:
    """Put the parties of an activity, and how they are called, into its row."""
    wanted = {mask_of(entity.parties[name]): name for name in names}
    if not wanted:
        return
    found: dict[str, list[Party]] = {name: [] for name in wanted.values()}
    called: dict[str, dict[str, str]] = {name: {} for name in wanted.values()}
    query = Query(
        core_names.ACTIVITY_PARTY,
        (PARTY, f"{PARTY}@name", ADDRESS, MASK),
        Compare(ACTIVITY, "eq", (row[entity.key],)),
        order=(Order("createdon"),),
        limit=MOST_PARTIES,
    )
    for one in run(seen.work, query).rows:
        name = wanted.get(one[MASK])
        if name is None:
            continue
        ref = None if one[PARTY] is None else Ref(one[f"{PARTY}_type"], one[PARTY])
        party = Party(ref, one[ADDRESS])
        found[name].append(party)
        if one[f"{PARTY}@name"]:
            called[name][parties.token_of(party)] = one[f"{PARTY}@name"]
    for name in wanted.values():
        row[name] = tuple(found[name]) or None
        row[f"{name}{parties.NAMES}"] = called[name]


def not_found(entity: Entity) -> NotFound:
    """Return the error of a record that is not there or not to be seen."""
    label = entity.label.lower()
    return NotFound(
        f"There is no such {label}, or you may not see it. It may have been deleted.",
        target=entity.name,
    )


def reasons(fault: XrmError) -> str:
    """Return the reasons of a refusal in one line."""
    details = [detail.message for detail in getattr(fault, "details", ())]
    return " ".join(details) or fault.message


def id_of(entity: Entity, text: str) -> UUID:
    """Return the id in an address.

    Raises:
        NotFound: it is none.
    """
    found = form_page.record_id(text)
    if found is None:
        raise not_found(entity)
    return found


def kind_of(seen: Visit, entity: Entity, record: UUID) -> str:
    """Return what a record is: in the list of all activities, one of them."""
    if entity.kind != ACTIVITY_BASE:
        return entity.name
    asked = Query(
        entity.name, (mirror.TYPE,), Compare(entity.key, "eq", (record,)), limit=1
    )
    for row in run(seen.work, asked).rows:
        return mirror.kind_of(seen.work.catalog, row[mirror.TYPE]) or entity.name
    return entity.name


def rights_on(seen: Visit, entity: Entity, row: Mapping[str, Any]) -> FormRights:
    """Return what the person may do with one record."""
    work, name = seen.work, entity.name
    return FormRights(
        write=checks.check_record(work, name, "write", row),
        delete=checks.check_record(work, name, "delete", row),
        assign=entity.ownership == "user"
        and entity.kind != "child"
        and checks.check_record(work, name, "assign", row),
        create=bool(access.may(work.actor, name, "create")),
    )


def defaults(seen: Visit, entity: Entity, plan: FormPlan) -> dict[str, Any]:
    """Return the row a new record's form begins with: constant defaults, the owner."""
    row: dict[str, Any] = dict.fromkeys(plan.paths)
    row |= {f"{name}@name": None for name, _ in plan.late}
    for name in plan.paths:
        field = entity.fields.get(name)
        if field is None or field.default is None or is_expression(field.default):
            continue
        try:
            row[name] = field_type(field.type).parse(field, field.default)
        except ValueProblem:
            continue
    if "ownerid" in row and not seen.actor.is_system:
        put(row, entity.field("ownerid"), seen.actor_ref, seen.actor.name)
    return row


def put_given(entity: Entity, row: dict[str, Any], given: Mapping[str, str]) -> None:
    """Fill in what an address says of a new record: `set.<field>=<value>`."""
    for name, text in given.items():
        field = entity.fields.get(name.removeprefix("set."))
        if field is None or not name.startswith("set.") or field.name not in row:
            continue
        if field.is_lookup or lock_of(field, read_only=False)[0]:
            continue
        try:
            row[field.name] = field_type(field.type).parse(field, text)
        except ValueProblem:
            continue


def put(
    row: dict[str, Any], field: Field, value: Any, title: str | None = None
) -> None:
    """Write a value into a row the way a query would give it."""
    if isinstance(value, Ref):
        row[field.name] = value.id
        row[f"{field.name}_type"] = value.entity
        row[f"{field.name}@name"] = title
    elif field.type == "location" and value is not None:
        row[field.name], row[f"{field.name}_longitude"] = value
    else:
        row[field.name] = value


def from_parent(
    seen: Visit, entity: Entity, row: dict[str, Any], lookup: str, parent: Ref
) -> None:
    """Fill in what a record made from another one takes over from it."""
    field = entity.fields.get(lookup)
    if field is None or parent.entity not in {t.entity for t in field.targets}:
        return
    title = seen.title_of(parent.entity, parent.id)
    if title is None:
        return
    put(row, field, parent, title)
    source = seen.work.catalog.entity(parent.entity)
    mapping = dict(entity.mappings.get(lookup, {}))
    if CURRENCY_FIELD in row and CURRENCY_FIELD in source.fields:
        mapping.setdefault(CURRENCY_FIELD, CURRENCY_FIELD)
    wanted = tuple(name for name in mapping if name in source.fields)
    if not wanted:
        return
    values = service.retrieve(seen.work, parent.entity, parent.id, wanted)
    for name in wanted:
        target = entity.fields.get(mapping[name])
        value = values.get(name)
        if target is None or target.name not in row or value is None:
            continue
        known = seen.titles([value]) if isinstance(value, Ref) else {}
        put(row, target, value, known.get(value) if isinstance(value, Ref) else None)


def resolve_names(
    seen: Visit, entity: Entity, typed: Typed, plan: FormPlan | None = None
) -> dict[str, tuple[Choice, ...]]:
    """Find the records whose names were typed; return the choices where several fit.

    `plan` is the form they were typed into, for the filters of its lookups.
    """
    choices: dict[str, tuple[Choice, ...]] = {}
    for name, text in typed.names.items():
        where = plan.filter_of(name) if plan is not None else ""
        found = lookups.candidates(seen, entity.field(name), text, where)
        same = [hit for hit in found if hit.title.casefold() == text.casefold()]
        fitting = same if len(same) == 1 else found
        if len(fitting) == 1:
            typed.values[name] = fitting[0].ref
        elif not fitting:
            typed.faults[name] = (
                f"Nothing you may see is called “{text[:80]}”. Type a part of the name "
                "and choose from the list."
            )
        else:
            typed.faults[name] = (
                f"Several are called “{text[:80]}”. Choose one of them."
            )
            choices[name] = choices_of(fitting)
    _resolve_parties(seen, entity, typed)
    return choices


def _resolve_parties(seen: Visit, entity: Entity, typed: Typed) -> None:
    """Find who was named as a party; a name that fits nobody, or several, is told."""
    for name, texts in typed.parties.items():
        refs = []
        for text in texts:
            found = lookups.candidates(seen, entity.parties[name], text)
            same = [hit for hit in found if hit.title.casefold() == text.casefold()]
            fitting = same if len(same) == 1 else found
            if len(fitting) == 1:
                refs.append(fitting[0].ref)
            else:
                how = "Several are" if fitting else "Nothing you may see is"
                typed.faults[name] = (
                    f"{how} called “{text[:80]}”. Type more of the name and choose "
                    "from the list, or an address with @."
                )
        typed.values[name] = parties.with_found(typed.values.get(name), refs)


def choices_of(found: Iterable[Candidate]) -> tuple[Choice, ...]:
    """Return records to choose from in a list, where no script opens one."""
    return tuple(
        Choice(
            f"{one.ref.entity}:{one.ref.id}",
            f"{one.title} ({one.detail or one.label})",
        )
        for one in found
    )


def typed_fields(plan: FormPlan, extra: Iterable[Field] = ()) -> list[Field]:
    """Return the fields of a form that can be typed."""
    found = {made.field.name: made.field for made in plan.specs if not made.lock}
    found.update({field.name: field for field in extra})
    return list(found.values())
