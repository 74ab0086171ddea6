"""Know how the layers change when a package comes or goes."""

from collections.abc import Sequence

from xrm.metadata.documents import Document
from xrm.solutions.layers import LOCAL, Conflict, Layer, conflicts


def with_layer(layers: Sequence[Layer], layer: Layer) -> list[Layer]:
    """Return the layers with one replaced, or added below the organisation's own."""
    if any(known.name == layer.name for known in layers):
        return [layer if known.name == layer.name else known for known in layers]
    if layer.name == LOCAL:
        return [*layers, layer]
    local = [known for known in layers if known.name == LOCAL]
    return [*(known for known in layers if known.name != LOCAL), layer, *local]


def without_layer(layers: Sequence[Layer], name: str) -> list[Layer]:
    """Return the layers without one, and without own changes to what goes with it."""
    kept = [layer for layer in layers if layer.name != name]
    fitting = _still_fitting(kept)
    return [Layer(LOCAL, fitting) if la.name == LOCAL else la for la in kept]


def documents_of(layers: Sequence[Layer], name: str) -> tuple[Document, ...]:
    """Return the documents of a layer, none when there is no such layer."""
    return next((layer.documents for layer in layers if layer.name == name), ())


def conflicts_with(
    layers: Sequence[Layer], name: str, comes: Sequence[Document]
) -> tuple[Conflict, ...]:
    """Return where a new version of a package meets the organisation's own changes."""
    was = documents_of(layers, name)
    if not was:
        return ()
    return tuple(conflicts(was, comes, documents_of(layers, LOCAL)))


def _still_fitting(layers: Sequence[Layer]) -> tuple[Document, ...]:
    """Return the own changes to definitions that are still there."""
    local = documents_of(layers, LOCAL)
    known = {
        (d.kind, d.key)
        for layer in layers
        if layer.name != LOCAL
        for d in layer.documents
    }
    entities = {key for kind, key in known if kind == "entity"}
    entities |= {d.key for d in local if d.kind == "entity" and _is_whole(d)}
    return tuple(
        d
        for d in local
        if (d.kind, d.key) in known
        or (d.kind == "entity" and d.key in entities)
        or (d.kind != "entity" and d.data.get("entity") in {None, *entities})
    )


def _is_whole(document: Document) -> bool:
    """Say whether an entity's document declares it, not only changes it."""
    fields = document.data.get("fields") or {}
    return "set_name" in document.data or bool(
        fields and all("type" in f for f in fields.values() if isinstance(f, dict))
    )
