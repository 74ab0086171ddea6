"""Know new records in the making: begun from a place, typed into a form, created.

The page of a new record, quick create, the timeline's entries and new lines of a grid
all work with a `Draft`; a refusal leaves in it what was typed and why it was refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import Conflict, Forbidden, Invalid, Refused, XrmError
from xrm.platform.records import service
from xrm.platform.services.stored_files import Content
from xrm.ui import form_page, form_values, records, shell, uploads
from xrm.ui.filters import Choice
from xrm.ui.form_page import FormPage
from xrm.ui.form_plan import FormPlan
from xrm.ui.form_values import Posted, Typed
from xrm.ui.record_actions import FormRights
from xrm.ui.visit import Visit, visit

SAYABLE = (Invalid, Refused, Conflict)
"""Refusals that a person mends in the form; others get a page of their own."""


@dataclass(slots=True)
class Draft:
    """A new record: its form, the record it begins from, what was typed."""

    entity: Entity
    plan: FormPlan
    lookup: str = ""
    """The lookup through which it hangs on `parent`."""
    parent: Ref | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    """What fields begin with, as an address says it."""
    posted: Posted | None = None
    contents: Mapping[str, Content] = field(default_factory=dict)
    """Contents of files that came with it, by field."""
    typed: Typed = field(default_factory=Typed)
    choices: dict[str, tuple[Choice, ...]] = field(default_factory=dict)
    error: XrmError | None = None
    record: UUID | None = None
    """The record, once it is created."""
    title: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Say whether something was typed that could not be saved."""
        return self.error is not None

    @property
    def hidden(self) -> tuple[tuple[str, str], ...]:
        """Return what a form sends back of where it began."""
        if self.parent is None:
            return ()
        return (
            ("by", self.lookup),
            ("from", f"{self.parent.entity}:{self.parent.id}"),
        )


def creatable(seen: Visit, entity: str) -> Entity:
    """Return an entity of which the person may make records.

    Raises:
        Forbidden: the roles do not allow it.
    """
    definition = seen.entity(entity)
    if not shell.may_create(seen.actor, definition):
        raise Forbidden(
            f"Your roles do not let you create {definition.plural_label.lower()}. "
            "Ask an administrator if you need to.",
            target=entity,
        )
    return definition


def parent_in(arguments: Mapping[str, str]) -> tuple[str, Ref | None]:
    """Return the lookup and the record that a new record begins from."""
    lookup = arguments.get("by", "")
    entity, _, text = arguments.get("from", "").partition(":")
    try:
        return lookup, Ref(entity, UUID(text)) if lookup and entity else None
    except ValueError:
        return lookup, None


def row_of(seen: Visit, draft: Draft) -> dict[str, Any]:
    """Return the row that the form of a draft begins with."""
    row = records.defaults(seen, draft.entity, draft.plan)
    if draft.parent is not None:
        records.from_parent(seen, draft.entity, row, draft.lookup, draft.parent)
    records.put_given(draft.entity, row, draft.given)
    return row


def page_of(seen: Visit, draft: Draft, *, prefix: str = "f", tab: str = "") -> FormPage:
    """Return the form of a draft as pages and fragments show it."""
    return form_page.build(
        seen.work.catalog,
        draft.entity,
        draft.plan,
        row_of(seen, draft),
        seen.reader,
        FormRights(create=True, write=True),
        seen.app,
        tab=tab,
        typed=draft.posted,
        error=None if draft.typed.faults else draft.error,
        faults=draft.typed.faults,
        choices=draft.choices,
        may_read=lambda name: shell.may_read(seen.actor, name),
        hidden=draft.hidden,
        prefix=prefix,
    )


def save(app: str, begin: Callable[[Visit], Draft]) -> Draft:
    """Create the record of a draft; a refusal stays in the draft.

    Raises:
        XrmError: nothing that a person mends in the form.
    """
    draft: Draft | None = None
    try:
        with visit(app, write=True) as seen:
            draft = begin(seen)
            draft.record = create(seen, draft)
            draft.warnings = tuple(seen.work.warnings)
            draft.title = seen.title_of(draft.entity.name, draft.record) or ""
    except SAYABLE as fault:
        if draft is None:
            raise
        draft.error = fault
        draft.record = None
    return draft


def create(seen: Visit, draft: Draft) -> UUID:
    """Create the record of a draft.

    Raises:
        XrmError: it is refused; what was typed stays in the draft.
    """
    posted = draft.posted or {}
    base = row_of(seen, draft)
    typed = draft.typed = form_values.read(
        records.typed_fields(draft.plan), posted, None, seen.reader.formats
    )
    fields = records.typed_fields(draft.plan)
    uploads.apply(seen, fields, posted, draft.contents, typed)
    draft.choices = records.resolve_names(seen, draft.entity, typed, draft.plan)
    if typed.faults:
        raise Invalid("Some values do not fit.")
    values = _new_values(draft.entity, base, typed, posted)
    if draft.parent is not None and draft.lookup not in posted:
        values[draft.lookup] = draft.parent
    return service.create(seen.work, draft.entity.name, values)


def _new_values(
    entity: Entity, base: Mapping[str, Any], typed: Typed, posted: Posted
) -> dict[str, Any]:
    """Return a new record's values: what was typed, and defaults that were emptied."""
    values = dict(typed.values)
    for name, value in base.items():
        known = entity.fields.get(name)
        if known is None or value is None or name in values or name in typed.names:
            continue
        if name in posted and not known.system and known.default is not None:
            text = form_values.posted_text(known, posted)
            if not text:
                values[name] = None
    return values
