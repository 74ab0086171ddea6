"""Know how layers become one: packages one above the other, the local one on top.

Pure. Documents of the same kind and key are merged key by key; a later layer's value
replaces an earlier one, `null` takes a key away. Lists that mean a set or have items
with a name are merged item by item (`list_rules`), all others are replaced as a whole.
Every value knows the layer that set it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xrm.metadata.documents import Document, Path
from xrm.solutions.list_rules import REMOVE, identities, is_set

LOCAL = "local"
"""The layer of what the organisation changes itself; it lies above all packages."""

Key = tuple[str, str]
"""Kind and key of a document."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One solution's documents, or the organisation's own."""

    name: str
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one value of a merged document comes from: layer and path in its file."""

    layer: str
    path: Path


@dataclass(frozen=True, slots=True)
class MergedDocument:
    """A document made of one or more layers', and the origin of every path in it."""

    document: Document
    layers: tuple[str, ...]
    """The layers that have a part in it, from below to above."""
    origins: Mapping[Path, Origin] = field(default_factory=dict)
    """Empty when one layer alone made it."""

    def layer_of(self, path: Path = ()) -> str:
        """Return the layer that set the value at a path."""
        for length in range(len(path), -1, -1):
            origin = self.origins.get(path[:length])
            if origin is not None:
                return origin.layer
        return self.layers[-1]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A value that both a new version of a package and the organisation changed."""

    kind: str
    key: str
    path: Path
    was: Any
    comes: Any
    local: Any

    def __str__(self) -> str:
        place = ".".join(str(step) for step in self.path)
        return (
            f"{self.kind} {self.key}: {place} was {self.was!r}, the package says "
            f"{self.comes!r}, here it is {self.local!r} and stays so."
        )


def merge(layers: Sequence[Layer]) -> tuple[MergedDocument, ...]:
    """Return the merged documents, each at the place of its first layer."""
    parts: dict[Key, list[tuple[str, Document]]] = {}
    for layer in layers:
        for document in layer.documents:
            parts.setdefault((document.kind, document.key), []).append(
                (layer.name, document)
            )
    return tuple(merged for found in parts.values() for merged in _merged(found))


def effective(layers: Sequence[Layer]) -> list[Document]:
    """Return what the catalog is composed of."""
    return [merged.document for merged in merge(layers)]


def _merged(parts: list[tuple[str, Document]]) -> Iterator[MergedDocument]:
    names = tuple(name for name, _ in parts)
    if len(parts) == 1:
        yield MergedDocument(parts[0][1], names)
        return
    first = parts[0][1]
    merger = _Merger(first.kind)
    data: Any = {}
    for name, document in parts:
        data = merger.put(data, document.data, (), (), name)
    if not isinstance(data, dict) or data.get("kind") is None:
        return  # taken away by a layer above
    yield MergedDocument(
        _placed(first, parts, data, merger.origins), names, dict(merger.origins)
    )


def _placed(
    first: Document,
    parts: list[tuple[str, Document]],
    data: Mapping[str, Any],
    origins: Mapping[Path, Origin],
) -> Document:
    """Return the merged document with the places of the uppermost file that has any."""
    found = next(((n, d) for n, d in reversed(parts) if d.positions), None)
    if found is None:
        return Document(first.kind, first.name, data, first.file)
    layer, document = found
    own = {p: o.path for p, o in origins.items() if o.layer == layer}
    return Document(
        first.kind,
        first.name,
        data,
        document.file,
        positions=_moved(document.positions, own),
        keys=_moved(document.keys, own),
        texts=_moved(document.texts, own),
    )


def _moved(places: Mapping[Path, Any], paths: Mapping[Path, Path]) -> dict[Path, Any]:
    return {new: places[old] for new, old in paths.items() if old in places}


class _Merger:
    """Puts the data of one layer after the other upon each other."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.origins: dict[Path, Origin] = {}

    def put(self, below: Any, above: Any, path: Path, source: Path, layer: str) -> Any:
        """Return what two values make; notes the origin of what comes from above."""
        if isinstance(above, Mapping):
            if isinstance(below, Mapping):
                self.origins.setdefault(path, Origin(layer, source))
                return self._mappings(below, above, path, source, layer)
            self._forget(path)
            self.origins[path] = Origin(layer, source)
            return self._mappings({}, above, path, source, layer)
        if isinstance(below, list) and isinstance(above, list):
            if is_set(self.kind, path):
                return self._sets(below, above, path, source, layer)
            names = identities(self.kind, path)
            if names is not None:
                return self._items(below, above, path, source, layer)
        if is_set(self.kind, path) and isinstance(below, (str, list)):
            listed = [above] if isinstance(above, str) else above
            if isinstance(listed, list):
                whole = [below] if isinstance(below, str) else below
                return self._sets(whole, listed, path, source, layer)
        self._forget(path)
        self._note(above, path, source, layer)
        return above

    def _mappings(
        self,
        below: Mapping[str, Any],
        above: Mapping[str, Any],
        path: Path,
        source: Path,
        layer: str,
    ) -> dict[str, Any]:
        made = dict(below)
        for key, value in above.items():
            if value is None:
                made.pop(key, None)
                self._forget((*path, key))
            else:
                made[key] = self.put(
                    made.get(key), value, (*path, key), (*source, key), layer
                )
        return made

    def _sets(
        self, below: list[Any], above: list[Any], path: Path, source: Path, layer: str
    ) -> list[Any]:
        made = list(below)
        for index, item in enumerate(above):
            if item not in made:
                self.origins[(*path, len(made))] = Origin(layer, (*source, index))
                made.append(item)
        return made

    def _items(
        self, below: list[Any], above: list[Any], path: Path, source: Path, layer: str
    ) -> list[Any]:
        name_of = identities(self.kind, path)
        assert name_of is not None
        made = list(below)
        gone: set[int] = set()
        places = {name_of(item): index for index, item in enumerate(made)}
        for index, item in enumerate(above):
            name = name_of(item)
            place = places.get(name) if name is not None else None
            if isinstance(item, Mapping) and item.get(REMOVE) is True:
                if place is not None:
                    gone.add(place)
                continue
            if place is None:
                place = places[name] = len(made)
                made.append(None)
            below_item = _as_mapping(made[place], item)
            made[place] = self.put(
                below_item, item, (*path, place), (*source, index), layer
            )
        if gone:
            self._close_gaps(path, gone)
        return [item for index, item in enumerate(made) if index not in gone]

    def _close_gaps(self, path: Path, gone: set[int]) -> None:
        """Number the origins of the items behind removed ones anew."""
        depth = len(path)
        for old in [p for p in self.origins if p[:depth] == path and len(p) > depth]:
            index = old[depth]
            assert isinstance(index, int)
            origin = self.origins.pop(old)
            if index not in gone:
                new = index - sum(1 for other in gone if other < index)
                self.origins[(*path, new, *old[depth + 1 :])] = origin

    def _note(self, value: Any, path: Path, source: Path, layer: str) -> None:
        self.origins[path] = Origin(layer, source)
        if isinstance(value, list):
            for index, item in enumerate(value):
                self._note(item, (*path, index), (*source, index), layer)
        elif isinstance(value, Mapping):
            for key, item in value.items():
                self._note(item, (*path, key), (*source, key), layer)

    def _forget(self, path: Path) -> None:
        length = len(path)
        for known in [p for p in self.origins if p[:length] == path]:
            del self.origins[known]


def _as_mapping(below: Any, above: Any) -> Any:
    """Return an item written short (`- name`) as a mapping when the other is one."""
    if isinstance(below, str) and isinstance(above, Mapping):
        return {"field": below} if "field" in above else {"entity": below}
    return below


def conflicts(
    was: Iterable[Document], comes: Iterable[Document], local: Iterable[Document]
) -> list[Conflict]:
    """Return the values that both a new version and the organisation change.

    The organisation's value stays in force: its layer lies above the package's.
    """
    old = {(d.kind, d.key): d.data for d in was}
    new = {(d.kind, d.key): d.data for d in comes}
    found = []
    for document in local:
        key = (document.kind, document.key)
        for path, value in _leaves(document.data, ()):
            if path[-1:] in (("kind",), ("name",), ("entity",)) and len(path) == 1:
                continue
            before, after = _at(old.get(key), path), _at(new.get(key), path)
            if before != after and after != value:
                found.append(Conflict(*key, path, before, after, value))
    return found


def _leaves(data: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(data, Mapping) and data:
        for key, value in data.items():
            yield from _leaves(value, (*path, key))
    else:
        yield path, data


def _at(data: Any, path: Path) -> Any:
    for step in path:
        if not isinstance(data, Mapping) or step not in data:
            return None
        data = data[step]
    return data
