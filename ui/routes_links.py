"""Know the routes of many-to-many lists: find a record, link it, unlink it."""

from uuid import UUID

from flask import Blueprint, Response, flash, request

from xrm.metadata.catalog import Child
from xrm.metadata.entities import Entity
from xrm.metadata.relationships import Relationship
from xrm.platform.errors import NotFound, Refused, XrmError
from xrm.platform.records import service
from xrm.platform.web import Right, right
from xrm.ui import (
    decision_page,
    form_page,
    form_plan,
    lookups,
    records,
    related_page,
    shell,
)
from xrm.ui.responses import fragment, redirect
from xrm.ui.routes_actions import ask
from xrm.ui.visit import Visit, visit

links = Blueprint("links", __name__)


@links.get("/app/<app>/<entity>/find")
@right(Right.RECORDS)
def find(app: str, entity: str) -> Response:
    """Offer records of an entity by a part of their names."""
    text = next(iter(request.args.values()), "").strip()[:200]
    with visit(app) as seen:
        other = seen.entity(entity)
        found = lookups.of_entity(seen, other, text)
        made = related_page.hits(seen.work.catalog, [other.name], found, text)
    return fragment("form/hits.html", hits=made, prefix="found")


@links.get("/app/<app>/<entity>/<record>/related/<collection>/link")
@right(Right.RECORDS)
def ask_link(app: str, entity: str, record: str, collection: str) -> Response:
    """Ask which record shall be linked."""
    with visit(app) as seen:
        definition, other, _ = _ends(seen, entity, collection)
        title = seen.title_of(entity, records.id_of(definition, record))
        if title is None:
            raise records.not_found(definition)
        address = f"{shell.list_address(app, entity)}/{record}"
        made = decision_page.linking(
            definition,
            other,
            title,
            f"{address}/related/{collection}/link",
            address,
            f"{shell.list_address(app, other.name)}/find",
        )
        return ask(seen, definition, made)


@links.post("/app/<app>/<entity>/<record>/related/<collection>/link")
@right(Right.RECORDS)
def link(app: str, entity: str, record: str, collection: str) -> Response:
    """Link two records."""
    return _change(app, entity, record, collection, is_new=True)


@links.post("/app/<app>/<entity>/<record>/related/<collection>/unlink")
@right(Right.RECORDS)
def unlink(app: str, entity: str, record: str, collection: str) -> Response:
    """Take a link away; both records stay."""
    return _change(app, entity, record, collection, is_new=False)


def _change(
    app: str, entity: str, record: str, collection: str, *, is_new: bool
) -> Response:
    address = f"{shell.list_address(app, entity)}/{record}"
    try:
        with visit(app, write=True) as seen:
            definition, other, between = _ends(seen, entity, collection)
            id_ = records.id_of(definition, record)
            far = _chosen(seen, other) if is_new else _given(other)
            ids = (id_, far) if between.first_collection == collection else (far, id_)
            if is_new:
                service.associate(seen.work, between.name, *ids)
            else:
                service.disassociate(seen.work, between.name, *ids)
    except XrmError as fault:
        if fault.status not in (400, 409):
            raise
        flash(f"Nothing was changed: {fault.message}", "red")
        return redirect(address)
    deed = "linked" if is_new else "no longer linked"
    flash(f"The {other.label.lower()} is {deed}.", "green")
    return redirect(address)


def _ends(
    seen: Visit, entity: str, collection: str
) -> tuple[Entity, Entity, Relationship]:
    definition = seen.entity(entity)
    found = form_plan.collection_of(seen.work.catalog, definition, collection)
    if found is None or isinstance(found[1], Child):
        raise NotFound(f"{definition.plural_label} have no such links.")
    return definition, seen.entity(found[0].name), found[1]


def _given(other: Entity) -> UUID:
    found = form_page.record_id(request.form.get("other", ""))
    if found is None:
        raise records.not_found(other)
    return found


def _chosen(seen: Visit, other: Entity) -> UUID:
    """Return the record that was chosen, or the only one of the name that was typed."""
    chosen = form_page.record_id(request.form.get("ownerid", "").rpartition(":")[2])
    if chosen is not None:
        return chosen
    text = request.form.get("ownerid.text", "").strip()
    if not text:
        raise Refused("Choose a record first.")
    fitting = lookups.of_entity(seen, other, text)
    same = [one for one in fitting if one.title.casefold() == text.casefold()]
    same = same or fitting
    if len(same) != 1:
        raise Refused(f"{len(same) or 'None'} of them fit “{text[:80]}”. Say which.")
    return same[0].ref.id
