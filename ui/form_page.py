"""Know the form page: header, tabs, sections and fields of one record.

Pure. `plan_of` prepares a form once (what to ask for, every field's widget); `build`
joins it with a record, the person's rights, and what was typed and refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from xrm.metadata.catalog import Catalog, Child
from xrm.metadata.entities import Entity, Reason, State
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.forms import Cell, Form, Section, Tab
from xrm.metadata.relationships import Relationship
from xrm.platform.errors import XrmError
from xrm.ui.columns import CURRENCY_FIELD, Row, record_address
from xrm.ui.filters import Choice
from xrm.ui.form_fields import FieldModel, FieldSpec, field_model, spec
from xrm.ui.people import Avatar, avatar
from xrm.ui.reading import Reader, ago, exact_moment, lower_first
from xrm.ui.shell import list_address

ALWAYS = ("statecode", "statuscode", "versionnumber", "modifiedon", "modifiedby")
OWNING = ("ownerid", "owningbusinessunit")


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """A section with the specs of its cells."""

    section: Section
    specs: tuple[FieldSpec, ...]


@dataclass(frozen=True, slots=True)
class FormPlan:
    """A form prepared for an entity: its specs, and the paths its query asks for."""

    form: Form
    tabs: tuple[tuple[Tab, tuple[SectionPlan, ...]], ...]
    header: tuple[FieldSpec, ...]
    paths: tuple[str, ...]

    @property
    def specs(self) -> tuple[FieldSpec, ...]:
        """Return the spec of each field of the body, once, in order."""
        found: dict[str, FieldSpec] = {}
        for _, sections in self.tabs:
            for one in sections:
                for made in one.specs:
                    found.setdefault(made.field.name, made)
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class FormRights:
    """What the person may do with this record."""

    write: bool = False
    delete: bool = False
    assign: bool = False
    create: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """One key figure of the header."""

    label: str
    text: str
    hue: str = ""
    person: Avatar | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done with the record."""

    label: str
    href: str
    icon: str
    danger: bool = False


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
    hidden: tuple[tuple[str, str], ...] = ()


def fallback_form(entity: Entity) -> Form:
    """Return the form of an entity that declares none: its own fields."""
    own = [f for f in entity.fields.values() if not f.system]
    cells = tuple(Cell(f.name) for f in own if f.type != "uniqueid")
    if "ownerid" in entity.fields:
        cells += (Cell("ownerid"),)
    section = Section("fields", entity.label, cells=cells)
    return Form(
        entity.name,
        "",
        entity.label,
        tabs=(Tab("general", "General", (section,)),),
        timeline=entity.notes or entity.activities,
    )


def main_form(catalog: Catalog, entity: Entity) -> Form:
    """Return the form that shows records of an entity."""
    return (
        catalog.form(entity.name)
        or catalog.form(entity.name, "quick_create")
        or fallback_form(entity)
    )


def plan_of(entity: Entity, form: Form, readable: frozenset[str]) -> FormPlan:
    """Return a form prepared: what its fields are and what its query asks for."""
    tabs = []
    names: dict[str, None] = {}
    for tab in form.tabs:
        sections = []
        for section in tab.sections:
            if section.hidden or section.timeline:
                continue
            made = [
                found
                for cell in section.cells
                if cell.field in readable
                and cell.field not in names
                and (found := spec(entity, cell)) is not None
            ]
            names.update(dict.fromkeys(one.field.name for one in made))
            if made or section.subgrid:
                sections.append(SectionPlan(section, tuple(made)))
        if sections:
            tabs.append((tab, tuple(sections)))
    header = [
        found
        for name in form.header
        if name in readable and (found := spec(entity, Cell(name))) is not None
    ]
    names.update(dict.fromkeys(one.field.name for one in header))
    for name in (entity.title, *ALWAYS, *OWNING, entity.parent):
        if name and name in entity.fields:
            names[name] = None
    if CURRENCY_FIELD in entity.fields:
        names[CURRENCY_FIELD] = None
    paths: dict[str, None] = {}
    for name in names:
        paths[name] = None
        if entity.fields[name].is_lookup and name != "owningbusinessunit":
            paths[f"{name}@name"] = None
    return FormPlan(form, tuple(tabs), tuple(header), tuple(paths))


def collection_of(
    catalog: Catalog, entity: Entity, name: str
) -> tuple[Entity, Child | Relationship] | None:
    """Return the entity on the other side of a collection, and what leads there."""
    found = catalog.collections(entity.name).get(name)
    if found is None:
        return None
    other = (
        found.entity
        if isinstance(found, Child)
        else (found.second if found.first_collection == name else found.first)
    )
    target = catalog.entities.get(other)
    return None if target is None else (target, found)


def next_states(entity: Entity, current: int | None) -> list[State]:
    """Return the states a record may go to from its present one."""
    state = entity.state(current)
    if state is None:
        return []
    if entity.transitions is None:
        return [other for other in entity.states if other is not state]
    names = entity.transitions.get(state.name, ())
    return [other for other in entity.states if other.name in names]


def state_words(entity: Entity, current: int | None, to: State) -> str:
    """Return what changing to a state is called on a button."""
    order = [state.value for state in entity.states]
    first = order and to.value == order[0]
    if first:
        return "Reopen" if to.name == "Open" else "Activate"
    if to.name.casefold() == "inactive":
        return "Deactivate"
    return f"Mark as {lower_first(to.name)}"


def state_icon(to: State) -> str:
    """Return the icon of a state's button."""
    hue = to.color or ""
    return {"green": "circle-check", "red": "circle-x", "blue": "refresh"}.get(
        hue, "progress-check"
    )


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
) -> FormPage:
    """Return the form page of a record, or of a new one (`row` holds its defaults).

    `error` and `faults` are what was refused; `typed` is what was typed then.
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
        return field_model(
            made,
            row,
            reader,
            typed=typed,
            faults=messages.get(made.field.name, ()),
            lock=why,
            address=base,
            options=_options(entity, made, row, choices or {}),
            href=href,
        )

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
        faults=summary(plan, error, faults or {}),
        notice=lock if not is_new else "",
        can_save=not lock,
        states=_state_actions(entity, row, address, rights) if not is_new else (),
        actions=_actions(entity, address, rights) if not is_new else (),
        timeline=f"{address}/timeline"
        if not is_new and plan.form.timeline and (entity.notes or entity.activities)
        else "",
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
    plan: FormPlan, error: XrmError | None, faults: Mapping[str, str]
) -> tuple[Fault, ...]:
    """Return the lines of the summary: fields by name, other messages as they are."""
    specs = {made.field.name: made for made in plan.specs if not made.lock}
    found: dict[tuple[str, str], Fault] = {}
    for name, texts in messages_of(plan, error, faults).items():
        made = specs.get(name)
        for text in texts:
            if made is not None:
                found[(name, "")] = Fault(text, made.label, f"f-{name}")
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
        if not (is_new or tab.name == current or wanted & filled):
            made.append((tab, (), 0))
            continue
        for number, one in enumerate(sections):
            related = None
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
        )
        for tab, sections, count in made
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
    return (option.label, option.color or "gray") if option else ("", "")


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


def _state_actions(
    entity: Entity, row: Row | None, address: str, rights: FormRights
) -> tuple[Action, ...]:
    if not rights.write or row is None or len(entity.states) < 2:
        return ()
    current = row.get("statecode")
    return tuple(
        Action(
            state_words(entity, current, to),
            f"{address}/state?to={to.value}",
            state_icon(to),
        )
        for to in next_states(entity, current)
    )


def _actions(entity: Entity, address: str, rights: FormRights) -> tuple[Action, ...]:
    made = []
    if rights.assign:
        made.append(Action("Assign", f"{address}/assign", "user-share"))
    if entity.audited:
        made.append(Action("History", f"{address}/history", "history"))
    if rights.delete:
        made.append(Action("Delete", f"{address}/delete", "trash", danger=True))
    return tuple(made)


def record_id(text: str) -> UUID | None:
    """Return the id in an address, `None` for what is not one."""
    try:
        return UUID(text)
    except ValueError:
        return None
