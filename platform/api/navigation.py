"""Know how lookups and collections are called in the API: navigation properties.

A lookup to one entity is its own navigation property (`primarycontactid`); one to
several has a property for each (`customerid_account`, `customerid_contact`), and its
plain name serves all of them. A collection has the name of its relationship or its
short one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from xrm.metadata.catalog import Catalog, Child
from xrm.metadata.entities import Entity, Field
from xrm.metadata.relationships import Relationship
from xrm.platform.api.addresses import Segment, parse
from xrm.platform.errors import NotFound, Refused
from xrm.rule_engine.problems import did_you_mean


@dataclass(frozen=True, slots=True)
class Single:
    """A single-valued navigation property: a lookup, perhaps to one of its targets."""

    field: Field
    targets: tuple[str, ...]


def value_name(field: Field) -> str:
    """Return the name under which a field's value is read and selected."""
    return f"_{field.name}_value" if field.is_lookup else field.name


def navigation_name(field: Field, entity: str | None) -> str:
    """Return the navigation property of a lookup that points to an entity."""
    if field.is_polymorphic and field.type != "owner" and entity:
        return f"{field.name}_{entity}"
    return field.name


def singles(entity: Entity) -> Mapping[str, Single]:
    """Return the single-valued navigation properties of an entity by name."""
    made: dict[str, Single] = {}
    for field in entity.lookups:
        targets = tuple(target.entity for target in field.targets)
        made[field.name] = Single(field, targets)
        if field.is_polymorphic:
            for target in targets:
                made[f"{field.name}_{target}"] = Single(field, (target,))
    return made


def find_single(entity: Entity, name: str) -> Single | None:
    """Return a single-valued navigation property; upper and lower case are the same."""
    known = singles(entity)
    return known.get(name) or known.get(name.lower())


def find_collection(
    catalog: Catalog, entity: Entity, name: str
) -> Child | Relationship | None:
    """Return a collection of an entity by its relationship or short name."""
    known = catalog.collections(entity.name)
    return known.get(name) or known.get(name.lower())


def entity_of_set(catalog: Catalog, name: str) -> Entity:
    """Return the entity of a set name.

    Raises:
        NotFound: there is no such set; the message suggests one.
    """
    found = catalog.entity_of_set(name) or catalog.entity_of_set(name.lower())
    if found is None:
        sets = [entity.set_name for entity in catalog.entities.values()]
        singular = catalog.entities.get(name)
        hint = (
            f'The set of the entity "{name}" is "{singular.set_name}".'
            if singular
            else did_you_mean(name, sets) or "The service document lists all sets."
        )
        raise NotFound(
            f'There is no entity set "{name[:80]}". {hint}',
            code="unknown_set",
            target=name[:80],
        )
    return found


def find_field(entity: Entity, name: str) -> Field | None:
    """Return a field by its name or the name of its value (`_ownerid_value`)."""
    field = entity.fields.get(name) or entity.fields.get(name.lower())
    if field is None and name.startswith("_") and name.endswith("_value"):
        field = entity.fields.get(name[1:-6].lower())
        return field if field is not None and field.is_lookup else None
    return field


def unknown_name(catalog: Catalog, entity: Entity, name: str) -> NotFound:
    """Return the error of a name that is no field and no navigation property."""
    names = [value_name(f) for f in entity.fields.values()]
    names += [*singles(entity), *catalog.collections(entity.name)]
    hint = did_you_mean(name, names) or ""
    return NotFound(
        f'{entity.label} has no field or relationship "{name[:80]}". {hint}'.strip(),
        code="unknown_field",
        target=name[:80],
    )


def reference(text: object, root: str) -> Segment:
    """Return the one segment of a reference to a record.

    Taken are `/accounts(id)`, `accounts(id)` and the absolute address.

    Raises:
        Refused: it is no text, or no address of a record of this server.
    """
    if not isinstance(text, str) or not text.strip():
        raise Refused(
            "A reference to a record is a text such as /contacts(id).",
            code="bad_reference",
        )
    path = text.strip()
    if "://" in path:
        given, own = urlsplit(path), urlsplit(root)
        if given.netloc.lower() != own.netloc.lower():
            raise Refused(
                f'"{path[:200]}" is an address of another server.', code="bad_reference"
            )
        path = unquote(given.path)
    marker = "/api/data/"
    if marker in path:
        path = path.partition(marker)[2].partition("/")[2]
    segments = parse(path)
    if len(segments) != 1 or segments[0].arguments is None:
        raise Refused(
            f'"{text[:200]}" is no address of a record. Write /contacts(id).',
            code="bad_reference",
        )
    return segments[0]
