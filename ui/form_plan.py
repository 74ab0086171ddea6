"""Know a form before any record: its specs, and what its query must ask for.

Made once for a catalog and what the reader may see, and kept with the snapshot.
"""

from dataclasses import dataclass

from xrm.metadata.catalog import Catalog, Child
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.forms import Cell, Form, Section, Tab
from xrm.metadata.relationships import Relationship
from xrm.metadata.system_fields import OWNING
from xrm.platform.records.attached import FILE_TYPES
from xrm.ui.columns import CURRENCY_FIELD
from xrm.ui.form_fields import FieldSpec, lock_of, spec

ALWAYS = ("statecode", "statuscode", "versionnumber", "modifiedon", "modifiedby")
ENTRY_FIELDS = 4
"""Fields of an entry in the timeline."""
QUICK_FIELDS = 8
"""Fields of a quick create that nobody declared."""
MOST_JOINS = 24
"""Records whose names are joined in the query of a form."""


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
    late: tuple[tuple[str, Field], ...] = ()
    """Lookups whose names are read after the record."""
    files: tuple[str, ...] = ()
    """Fields that name files, whose names are read after the record."""
    parties: tuple[str, ...] = ()
    """Fields of parties, which are read after the record."""

    def label_of(self, collection: str) -> str:
        """Return what the form calls a collection, empty when it does not show it."""
        for tab in self.form.tabs:
            for section in tab.sections:
                grid = section.subgrid
                if grid is not None and grid.collection == collection:
                    return grid.label or section.label
        return ""

    def filter_of(self, name: str) -> str:
        """Return the filter of a lookup on the form, empty for none."""
        return next((made.filter for made in self.specs if made.field.name == name), "")

    @property
    def specs(self) -> tuple[FieldSpec, ...]:
        """Return the spec of each field of the body, once, in order."""
        found: dict[str, FieldSpec] = {}
        for _, sections in self.tabs:
            for one in sections:
                for made in one.specs:
                    found.setdefault(made.field.name, made)
        return tuple(found.values())


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


def quick_form(catalog: Catalog, entity: Entity) -> Form:
    """Return the short form that makes records of an entity.

    An entity without one is made with what it needs: required and recommended fields.
    """
    found = catalog.form(entity.name, "quick_create")
    if found is not None:
        return found
    main = main_form(catalog, entity)
    cells = [
        cell
        for tab in main.tabs
        for section in tab.sections
        for cell in section.cells
        if cell.field in entity.fields
    ]
    needed = [
        cell
        for cell in cells
        if cell.field == entity.title or entity.fields[cell.field].required != "none"
    ]
    chosen = tuple(needed or cells)[:QUICK_FIELDS]
    section = Section("quick", "", cells=chosen)
    return Form(
        entity.name, main.name, main.label, tabs=(Tab("quick", "", (section,)),)
    )


def entry_form(catalog: Catalog, entity: Entity, lookup: str) -> Form:
    """Return the few fields of quick create that a timeline asks for.

    The title, when it is due and what it says come first, then what the form has next;
    `lookup` is the record itself.
    """
    form = quick_form(catalog, entity)
    cells = {
        cell.field: cell
        for tab in form.tabs
        for section in tab.sections
        for cell in section.cells
        if cell.field in entity.fields
        and cell.field != lookup
        and not cell.read_only
        and not lock_of(entity.fields[cell.field], read_only=False)[0]
    }
    areas = [name for name in cells if _is_area(entity.fields[name])][:1]
    first = [name for name in (entity.title, "scheduledend") if name in cells]
    first += [n for n in cells if entity.fields[n].required == "required"]
    chosen = dict.fromkeys([*first, *areas, *cells])
    wanted = set(list(chosen)[:ENTRY_FIELDS])
    order = [n for n in cells if n in wanted and n not in areas] + areas
    section = Section("entry", "", columns=1, cells=tuple(cells[n] for n in order))
    return Form(
        entity.name, form.name, form.label, tabs=(Tab("entry", "", (section,)),)
    )


def _is_area(field: Field) -> bool:
    return field_type(field.type).widget(field).kind in ("textarea", "rich_text")


def quick_view_form(catalog: Catalog, entity: Entity, name: str) -> Form:
    """Return the form that shows a looked-up record in short."""
    named = catalog.forms.get(entity.name, {}).get(name)
    return (
        named
        or catalog.form(entity.name, "quick_view")
        or catalog.form(entity.name, "card")
        or quick_form(catalog, entity)
    )


def plan_of(entity: Entity, form: Form, readable: frozenset[str]) -> FormPlan:
    """Return a form prepared: what its fields are and what its query asks for."""
    tabs = []
    names: dict[str, None] = {}
    looked = {
        s.quick_view.lookup for t in form.tabs for s in t.sections if s.quick_view
    }
    parties: dict[str, None] = {}
    for tab in form.tabs:
        sections = []
        for section in tab.sections:
            if section.hidden or section.timeline:
                continue
            made = [
                found
                for cell in section.cells
                if (cell.field in readable or cell.field in entity.parties)
                and cell.field not in names
                and (found := spec(entity, cell, form.name)) is not None
            ]
            shown = dict.fromkeys(one.field.name for one in made)
            parties.update({n: None for n in shown if n in entity.parties})
            names.update({n: None for n in shown if n not in entity.parties})
            if made or section.subgrid or section.quick_view:
                sections.append(SectionPlan(section, tuple(made)))
        if sections:
            tabs.append((tab, tuple(sections)))
    header = [
        found
        for name in form.header
        if name in readable and (found := spec(entity, Cell(name))) is not None
    ]
    names.update(dict.fromkeys(one.field.name for one in header))
    for name in (entity.title, *ALWAYS, *OWNING, entity.parent, *sorted(looked)):
        if name and name in entity.fields:
            names[name] = None
    if CURRENCY_FIELD in entity.fields:
        names[CURRENCY_FIELD] = None
    paths: dict[str, None] = {}
    late: list[tuple[str, Field]] = []
    joins = 0
    for name in names:
        paths[name] = None
        if not entity.fields[name].is_lookup or name == "owningbusinessunit":
            continue
        if joins + len(entity.fields[name].targets) <= MOST_JOINS:
            joins += len(entity.fields[name].targets)
            paths[f"{name}@name"] = None
        else:
            late.append((name, entity.fields[name]))
    files = tuple(name for name in names if entity.fields[name].type in FILE_TYPES)
    return FormPlan(
        form,
        tuple(tabs),
        tuple(header),
        tuple(paths),
        tuple(late),
        files,
        tuple(parties),
    )


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
