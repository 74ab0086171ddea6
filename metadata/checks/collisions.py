"""Know whether names that must be different are: set names, tables, collections."""

from collections.abc import Iterator, Mapping, Sequence

from xrm.metadata.catalog import Catalog
from xrm.metadata.documents import Document, Path
from xrm.rule_engine import Problem


def problems(catalog: Catalog, documents: Sequence[Document]) -> Iterator[Problem]:
    """Give every collision among the documents."""
    by_key: dict[tuple[str, str], Document] = {}
    for document in documents:
        first = by_key.setdefault((document.kind, document.key), document)
        if first is not document:
            yield Problem(
                "G001",
                f'The {document.kind} "{document.key}" is defined in '
                f"{first.title} already.",
                document.where(("name",)),
                "Remove one of the two.",
            )
    own = {key: d for key, d in by_key.items() if key[0] in ("entity", "relationship")}
    yield from _set_names(catalog, own)
    yield from _tables(catalog, own)
    yield from _relationships(catalog, own)
    yield from _default_views(catalog, by_key)
    yield from _former_names(catalog, own)


Own = Mapping[tuple[str, str], Document]


def _set_names(catalog: Catalog, own: Own) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for entity in catalog.entities.values():
        other = first.setdefault(entity.set_name, entity.name)
        document = own.get(("entity", entity.name)) or own.get(("entity", other))
        if other != entity.name and document:
            yield Problem(
                "G002",
                f'{entity.name} and {other} have the set name "{entity.set_name}".',
                document.where(("set_name",)),
                "Give one of them another set_name.",
            )


def _tables(catalog: Catalog, own: Own) -> Iterator[Problem]:
    used = {name: f"the entity {name}" for name in catalog.entities}
    for link in catalog.relationships.values():
        document = own.get(("relationship", link.name))
        if link.table in used and document:
            yield Problem(
                "G003",
                f'The table "{link.table}" belongs to {used[link.table]} already.',
                document.where(("table",) if "table" in document.data else ("name",)),
                "Set table to another name.",
            )
        used.setdefault(link.table, f"the relationship {link.name}")


def _relationships(catalog: Catalog, own: Own) -> Iterator[Problem]:
    """Find relationship names, and collections of one entity, that stand twice."""
    names: dict[str, str] = {}
    collections: dict[tuple[str, str], str] = {}
    for link in catalog.relationships.values():
        names[link.name] = f"the relationship {link.name}"
        collections[(link.first, link.first_collection)] = link.name
        if (link.second, link.second_collection) in collections and (
            link.first == link.second
            and link.first_collection == link.second_collection
        ):
            document = own.get(("relationship", link.name))
            if document:
                yield Problem(
                    "G005",
                    f"Both sides of {link.name} are called {link.first_collection}.",
                    document.where(("collections",)),
                    f"Name them: collections: {{{link.first}: …, back: …}}.",
                )
        collections[(link.second, link.second_collection)] = link.name
    for entity in catalog.entities.values():
        document = own.get(("entity", entity.name))
        for field in entity.lookups:
            for target in field.targets:
                place = f"{entity.name}.{field.name}"
                path: Path = ("fields", field.name)
                taken = names.setdefault(target.relationship, place)
                if taken != place and document and not field.system:
                    yield Problem(
                        "G004",
                        f'The relationship "{target.relationship}" of {place} has the '
                        f"name of {taken}.",
                        document.where((*path, "relationship")),
                        "Give it another name.",
                    )
                key = (target.entity, target.collection)
                other = collections.setdefault(key, place)
                if other != place and document and not field.system:
                    yield Problem(
                        "G005",
                        f'{target.entity} has two collections "{target.collection}": '
                        f"of {other} and of {place}.",
                        document.where((*path, "collection")),
                        f"Set collection of {field.name} to another name.",
                    )


def _default_views(
    catalog: Catalog, by_key: Mapping[tuple[str, str], Document]
) -> Iterator[Problem]:
    for entity, views in catalog.views.items():
        defaults = [v for v in views.values() if v.default and v.type == "public"]
        for view in defaults[1:]:
            document = by_key.get(("view", f"{entity}/{view.name}"))
            if document:
                yield Problem(
                    "V006",
                    f"{defaults[0].name} is the default view of {entity} already.",
                    document.where(("default",)),
                    "Leave default out of one of them.",
                )


def _former_names(catalog: Catalog, own: Own) -> Iterator[Problem]:
    """Find a `renamed_from` whose name is still in use or claimed by another."""
    claims: dict[tuple[str, str], str] = {}
    for (kind, name), document in own.items():
        renamed: list[tuple[str, str, Path, bool]] = []
        former = document.data.get("renamed_from")
        if former:
            known = catalog.entities if kind == "entity" else catalog.relationships
            renamed.append((kind, former, ("renamed_from",), former in known))
        if kind == "entity":
            fields = document.data.get("fields") or {}
            for field, body in fields.items():
                if body.get("renamed_from"):
                    was = body["renamed_from"]
                    path: Path = ("fields", field, "renamed_from")
                    renamed.append((f"field of {name}", was, path, was in fields))
        for what, was, path, is_used in renamed:
            claimant = f"{document.title} {path}"
            other = claims.setdefault((what, was), claimant)
            if is_used:
                message = f'The {what} "{was}" is still there; nothing was renamed.'
            elif other != claimant:
                message = f'Two claim the former name "{was}".'
            else:
                continue
            yield Problem("G007", message, document.where(path), "Remove renamed_from.")
