"""Know what the files of a package say: its manifest, definitions and records.

`read_package` turns a source into documents with the place of every key, and lists what
is wrong with the files themselves. Whether the definitions fit the rest of the catalog
is checked later, on the merged documents.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from xrm.metadata import manifests
from xrm.metadata.documents import PER_ENTITY, Document
from xrm.metadata.loading import load_document
from xrm.metadata.manifests import Manifest
from xrm.rule_engine.problems import Problem, Where
from xrm.solutions.source import MANIFEST, Source, no_manifest

DEFINITIONS: Mapping[str, str] = {
    "choices": "choice",
    "relationships": "relationship",
    "roles": "role",
    "dashboards": "dashboard",
    "apps": "app",
}
"""Folder at the top → kind of its files."""
OF_ENTITY: Mapping[str, str] = {
    "forms": "form",
    "views": "view",
    "charts": "chart",
    "rules": "rule",
}
"""Folder below an entity's → kind of its files."""
RECORDS = ("seed", "samples")
LATER = ("processes", "templates", "translations", "tests")
"""Folders whose files are kept and exported; nothing reads them yet."""
LATER_OF_ENTITY = ("workflows", "actions")
_DOCUMENT_ENDINGS = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was read: what it declares, and the problems of its files."""

    source: Source
    manifest: Manifest | None
    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]

    @property
    def name(self) -> str:
        """Return the solution's name; that of the source when there is no manifest."""
        return self.manifest.name if self.manifest else self.source.name


def read_package(source: Source) -> Package:
    """Return what a source declares, with every problem of its files."""
    documents: list[Document] = []
    problems: list[Problem] = []
    if MANIFEST not in source.files:
        problems.append(no_manifest(source.name))
    for path, content in source.files.items():
        expected = _expected(path)
        if isinstance(expected, Problem):
            problems.append(expected)
        if not isinstance(expected, _Place):
            continue
        document, found = load_document(content, path)
        problems += found
        if document is not None:
            fault = _misplaced(document, expected)
            problems += fault
            if not fault:
                documents.append(document)
    problems += _doubles(documents)
    manifest = next((d for d in documents if d.kind == "solution"), None)
    return Package(
        source,
        _manifest(manifest) if manifest else None,
        tuple(documents),
        tuple(problems),
    )


def _manifest(document: Document) -> Manifest | None:
    if "version" not in document.data:
        return None
    return manifests.from_document(document.data)


@dataclass(frozen=True, slots=True)
class _Place:
    """What a file must hold because of where it stands; `None` leaves it open."""

    kind: str
    name: str | None = None
    entity: str | None = None


def _expected(path: str) -> _Place | Problem | None:
    """Return what a file must hold, `None` for one that is no definition."""
    if path == MANIFEST:
        return _Place("solution")
    steps = path.split("/")
    top = steps[0]
    if len(steps) == 1 or top in RECORDS or top in LATER:
        return None
    stem = steps[-1].rpartition(".")[0]
    is_document = path.endswith(_DOCUMENT_ENDINGS)
    if is_document and top in DEFINITIONS and len(steps) == 2:
        return _Place(DEFINITIONS[top], stem)
    if top == "entities" and len(steps) == 4 and steps[2] in LATER_OF_ENTITY:
        return None
    if is_document and top == "entities":
        if len(steps) == 3 and stem == "entity":
            return _Place("entity", steps[1])
        if len(steps) == 4 and steps[2] in OF_ENTITY:
            return _Place(OF_ENTITY[steps[2]], stem, steps[1])
    return Problem(
        "S010",
        "No definition stands here.",
        Where(path, 1, 1),
        "Definitions stand in choices/, relationships/, roles/, dashboards/, apps/, "
        "entities/NAME/entity.yaml and entities/NAME/forms|views|charts|rules/.",
    )


def _misplaced(document: Document, place: _Place) -> list[Problem]:
    """Return where a document contradicts the place of its file."""
    problems = []
    if document.kind != place.kind:
        problems.append(
            Problem(
                "S011",
                f'The file is of kind "{document.kind}"; here stands one of kind '
                f'"{place.kind}".',
                document.where(("kind",)),
                "Move the file, or correct its kind.",
            )
        )
        return problems
    if place.name is not None and document.name != place.name:
        problems.append(
            Problem(
                "S012",
                f'The name is "{document.name}"; by its place it is "{place.name}".',
                document.where(("name",)),
                "Rename the file, or correct the name in it.",
            )
        )
    if document.kind in PER_ENTITY and document.data["entity"] != place.entity:
        problems.append(
            Problem(
                "S013",
                f'The entity is "{document.data["entity"]}"; by its place it is '
                f'"{place.entity}".',
                document.where(("entity",)),
                "Move the file, or correct the entity in it.",
            )
        )
    return problems


def _doubles(documents: list[Document]) -> list[Problem]:
    """Return the problems of two files that define the same thing."""
    seen: dict[tuple[str, str], Document] = {}
    problems = []
    for document in documents:
        first = seen.setdefault((document.kind, document.key), document)
        if first is not document:
            problems.append(
                Problem(
                    "S014",
                    f'The {document.kind} "{document.key}" is defined in '
                    f"{first.file} already.",
                    document.where(("name",)),
                    "Remove one of the two files.",
                )
            )
    return problems
