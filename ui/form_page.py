"""Know the form page: header, tabs, sections and fields of one record.

Pure. `form_plan.py` prepares a form; `build`
joins it with a record, the person's rights, and what was typed and refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity, Reason, State
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.forms import Section, Tab
from xrm.platform.errors import XrmError
from xrm.platform.records.attached import FILE_TYPES
from xrm.ui.columns import Row, record_address
from xrm.ui.filters import Choice
from xrm.ui.form_fields import FieldModel, FieldSpec, field_model
from xrm.ui.form_plan import FormPlan, collection_of
from xrm.ui.hues import hue_of
from xrm.ui.people import Avatar, avatar
from xrm.ui.reading import Reader, ago, exact_moment, lower_first
from xrm.ui.record_actions import Action, FormRights, other_actions, state_actions
from xrm.ui.shell import list_address


@dataclass(frozen=True, slots=True)
class Figure:
    """One key figure of the header."""

    label: str
    text: str
    hue: str = ""
    person: Avatar | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the summary; `target` is the id of the field's widget."""

    message: str
    label: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """The place of a subgrid, which its own address fills."""

    id: str
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class SectionModel:
    """A section on the page."""

    id: str
    label: str
    fields: tuple[FieldModel, ...]
    related: Related | None = None
    columns: int = 2
    quick: Related | None = None
    """The place of some fields of a looked-up record, which its own address fills."""


@dataclass(frozen=True, slots=True)
class TabModel:
    """A tab on the page."""

    name: str
    label: str
    href: str
    sections: tuple[SectionModel, ...]
    current: bool
    faults: int = 0
    later: bool = False
    """Whether its fields come when it is first shown, by its own address."""
    counts: bool = False
    """Whether it shows related records, whose number is told behind its name."""


@dataclass(frozen=True, slots=True)
class FormPage:
    """Everything the form page shows."""

    title: str
    heading: str
    plural: str
    singular: str
    list: str
    crumb: str
    touched: str
    touched_title: str
    address: str
    action: str
    is_new: bool
    version: str
    pill: str
    pill_hue: str
    figures: tuple[Figure, ...]
    tabs: tuple[TabModel, ...]
    faults: tuple[Fault, ...]
    notice: str
    can_save: bool
    states: tuple[Action, ...]
    actions: tuple[Action, ...]
    timeline: str
    counts: str = ""
    """The address that tells how many related records the tabs show."""
    has_files: bool = False
    """Whether files can be chosen on it."""
    hidden: tuple[tuple[str, str], ...] = ()


def build(
    catalog: Catalog,
    entity: Entity,
    plan: FormPlan,
    row: Row | None,
    reader: Reader,
    rights: FormRights,
    app: str,
    *,
    tab: str = "",
    typed: Mapping[str, Sequence[str]] | None = None,
    error: XrmError | None = None,
    faults: Mapping[str, str] | None = None,
    choices: Mapping[str, tuple[Choice, ...]] | None = None,
    may_read: Callable[[str], bool] = lambda entity: True,
    hidden: tuple[tuple[str, str], ...] = (),
    current: Row | None = None,
    prefix: str = "f",
    every_tab: bool = False,
) -> FormPage:
    """Return the form page of a record, or of a new one (`row` holds its defaults).

    `error` and `faults` are what was refused; `typed` is what was typed then. `prefix`
    begins the ids of its widgets, where several forms stand on one page. Tabs that are
    not shown come later, unless `every_tab` asks for their fields.
    """
    is_new = current is None
    base = list_address(app, entity.name)
    key = row.get(entity.key) if row else None
    address = f"{base}/new" if is_new else f"{base}/{key}"
    state = entity.state(row.get("statecode")) if row and not is_new else None
    lock = _lock(entity, rights, state, is_new)
    messages = messages_of(plan, error, faults or {})
    href = _links(app, may_read)
    assign_lock = "" if rights.assign or is_new else "You may not assign this record"

    def model(made: FieldSpec) -> FieldModel:
        why = lock or (assign_lock if made.field.type == "owner" else "")
        shown = field_model(
            made,
            row,
            reader,
            typed=typed,
            faults=messages.get(made.field.name, ()),
            lock=why,
            address=base,
            options=_options(entity, made, row, choices or {}),
            href=href,
            prefix=prefix,
        )
        if made.field.type in FILE_TYPES and shown.value and not is_new:
            shown.href = f"{address}/files/{made.field.name}"
        return shown

    tabs = _tabs(
        catalog,
        entity,
        plan,
        model,
        address,
        tab,
        is_new,
        may_read,
        frozenset(messages),
        frozenset(typed or ()),
        every_tab,
        row,
    )
    title = _title(entity, row) if not is_new else f"New {lower_first(entity.label)}"
    pill, hue = _pill(entity, row) if not is_new else ("", "")
    touched, exact = _touched(row, reader) if row and not is_new else ("", "")
    return FormPage(
        title=title,
        heading=title,
        plural=entity.plural_label,
        singular=lower_first(entity.label),
        list=base,
        crumb=_crumb(entity, row) if not is_new else "New",
        touched=touched,
        touched_title=exact,
        address=address,
        action=address,
        is_new=is_new,
        version=str(row.get("versionnumber") or "") if row and not is_new else "",
        pill=pill,
        pill_hue=hue,
        figures=_figures(plan, row, reader) if row and not is_new else (),
        tabs=tabs,
        faults=summary(plan, error, faults or {}, prefix),
        notice=lock if not is_new else "",
        can_save=not lock,
        states=state_actions(entity, row, address, rights) if not is_new else (),
        actions=other_actions(entity, address, rights) if not is_new else (),
        timeline=f"{address}/timeline"
        if not is_new and plan.form.timeline and (entity.notes or entity.activities)
        else "",
        counts=f"{address}/counts" if any(tab.counts for tab in tabs) else "",
        has_files=any(s.field.type in FILE_TYPES and not s.lock for s in plan.specs),
        hidden=hidden,
    )


def _lock(entity: Entity, rights: FormRights, state: State | None, is_new: bool) -> str:
    if is_new:
        return ""
    label = lower_first(entity.label)
    if not rights.write:
        return f"You may read this {label}, not change it"
    if state is not None and state.read_only:
        return f"Read-only: this {label} is {lower_first(state.name)}"
    return ""


def _links(app: str, may_read: Callable[[str], bool]) -> Callable[[Ref], str]:
    def href(ref: Ref) -> str:
        return record_address(app, ref.entity, ref.id) if may_read(ref.entity) else ""

    return href


def _options(
    entity: Entity,
    made: FieldSpec,
    row: Row | None,
    choices: Mapping[str, tuple[Choice, ...]],
) -> tuple[Choice, ...] | None:
    """A status offers the reasons of its state; a lookup what was found by name."""
    if made.field.name in choices:
        return choices[made.field.name]
    if made.field.type != "status":
        return None
    state = entity.state(row.get("statecode")) if row else None
    if state is None:
        state = entity.states[0] if entity.states else None
    reasons: tuple[Reason, ...] = state.reasons if state else ()
    return tuple(Choice(str(r.value), r.label) for r in reasons)


def messages_of(
    plan: FormPlan, error: XrmError | None, faults: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Return the messages that stand beside fields, by field."""
    found: dict[str, list[str]] = {name: [text] for name, text in faults.items()}
    if error is not None:
        pairs = [(d.field, d.message) for d in error.details]
        for name, text in pairs or [(error.target, error.message)]:
            if name and text not in found.get(name, []):
                found.setdefault(name, []).append(text)
    return {name: tuple(texts) for name, texts in found.items()}


def summary(
    plan: FormPlan,
    error: XrmError | None,
    faults: Mapping[str, str],
    prefix: str = "f",
) -> tuple[Fault, ...]:
    """Return the lines of the summary: fields by name, other messages as they are."""
    specs = {made.field.name: made for made in plan.specs if not made.lock}
    found: dict[tuple[str, str], Fault] = {}
    for name, texts in messages_of(plan, error, faults).items():
        made = specs.get(name)
        for text in texts:
            if made is not None:
                found[(name, "")] = Fault(text, made.label, f"{prefix}-{name}")
            else:
                found[("", text)] = Fault(text)
    if error is not None and not found:
        found[("", error.message)] = Fault(error.message)
    return tuple(found.values())


def _tabs(
    catalog: Catalog,
    entity: Entity,
    plan: FormPlan,
    model: Callable[[FieldSpec], FieldModel],
    address: str,
    chosen: str,
    is_new: bool,
    may_read: Callable[[str], bool],
    bad: frozenset[str],
    filled: frozenset[str],
    every_tab: bool,
    row: Row | None,
) -> tuple[TabModel, ...]:
    """Return the tabs; one that is not shown first comes later unless it was filled."""
    names = [tab.name for tab, _ in plan.tabs]
    current = chosen if chosen in names else names[0] if names else ""
    refused = [
        tab.name
        for tab, sections in plan.tabs
        if any(s.field.name in bad for one in sections for s in one.specs)
    ]
    current = refused[0] if refused else current
    made: list[tuple[Tab, tuple[SectionModel, ...], int]] = []
    for tab, sections in plan.tabs:
        models = []
        wanted = {s.field.name for one in sections for s in one.specs}
        if not (is_new or every_tab or tab.name == current or wanted & filled):
            made.append((tab, (), 0))
            continue
        for number, one in enumerate(sections):
            related = None
            quick = None
            if one.section.quick_view is not None:
                if is_new:
                    continue
                quick = _quick(entity, one.section, address, row)
                if quick is None:
                    continue
            if one.section.subgrid is not None:
                if is_new:
                    continue
                related = _related(catalog, entity, one.section, address, may_read)
                if related is None and not one.specs:
                    continue
            fields = tuple(model(spec_) for spec_ in one.specs)
            models.append(
                SectionModel(
                    f"s-{tab.name}-{number}",
                    one.section.label,
                    fields,
                    related,
                    one.section.columns,
                    quick,
                )
            )
        count = sum(1 for s in models for f in s.fields if f.faults)
        if models:
            made.append((tab, tuple(models), count))
    return tuple(
        TabModel(
            tab.name,
            tab.label,
            f"{address}?tab={tab.name}",
            sections,
            tab.name == current,
            count,
            later=not sections,
            counts=not is_new and any(s.subgrid is not None for s in tab.sections),
        )
        for tab, sections, count in made
    )


def _quick(
    entity: Entity, section: Section, address: str, row: Row | None
) -> Related | None:
    """Return the place of a quick view, `None` while its lookup is empty."""
    asked = section.quick_view
    assert asked is not None
    if row is None or row.get(asked.lookup) is None:
        return None
    query = f"?form={asked.form}" if asked.form else ""
    label = section.label or entity.field(asked.lookup).label
    return Related(
        f"quick-{asked.lookup}", label, f"{address}/quick/{asked.lookup}{query}"
    )


def _related(
    catalog: Catalog,
    entity: Entity,
    section: Section,
    address: str,
    may_read: Callable[[str], bool],
) -> Related | None:
    grid = section.subgrid
    assert grid is not None
    found = collection_of(catalog, entity, grid.collection)
    if found is None or not may_read(found[0].name):
        return None
    query = f"?view={grid.view}" if grid.view else ""
    return Related(
        id=f"related-{grid.collection}",
        label=grid.label or section.label or found[0].plural_label,
        href=f"{address}/related/{grid.collection}{query}",
    )


def _title(entity: Entity, row: Row | None) -> str:
    name = entity.title
    value: Any = None
    if row and name:
        value = row.get(f"{name}@name") if f"{name}@name" in row else row.get(name)
    return str(value) if value not in (None, "") else f"{entity.label} without a name"


def _crumb(entity: Entity, row: Row | None) -> str:
    number = next(
        (f.name for f in entity.fields.values() if f.type == "autonumber"), None
    )
    return str(row[number]) if row and number and row.get(number) else ""


def _touched(row: Row, reader: Reader) -> tuple[str, str]:
    when, who = row.get("modifiedon"), row.get("modifiedby@name")
    if when is None:
        return "", ""
    name = "you" if row.get("modifiedby") == reader.user_id else who
    by = f" by {name}" if name else ""
    return f"saved {ago(when, reader)}{by}", exact_moment(when, reader)


def _pill(entity: Entity, row: Row | None) -> tuple[str, str]:
    if row is None:
        return "", ""
    field_ = entity.fields.get("statuscode")
    option = (
        field_.choices.by_value.get(row.get("statuscode") or 0)
        if field_ and field_.choices
        else None
    )
    return (option.label, hue_of(option.color, "gray")) if option else ("", "")


def _figures(plan: FormPlan, row: Row, reader: Reader) -> tuple[Figure, ...]:
    made = []
    for one in plan.header:
        if one.field.type == "status":
            continue
        text = one.text(row, reader)
        person = None
        if one.field.type == "owner" and text:
            person = avatar(text, str(row.get(one.field.name)))
        value = str(row.get(one.field.name))
        made.append(Figure(one.label, text or "–", one.hues.get(value, ""), person))
    return tuple(made)


def record_id(text: str) -> UUID | None:
    """Return the id in an address, `None` for what is not one."""
    try:
        return UUID(text)
    except ValueError:
        return None
