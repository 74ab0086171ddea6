"""Know how a solution leaves: the package as it came, or the own changes as files."""

from collections.abc import Iterable
from pathlib import Path

from xrm.metadata.documents import PER_ENTITY, Document
from xrm.metadata.yaml_writer import write_yaml
from xrm.platform.database import solution_store
from xrm.platform.database.engine import Database
from xrm.platform.errors import NotFound, Refused
from xrm.solutions.archives import ENDING, write_archive
from xrm.solutions.installed import find_installed, package_of
from xrm.solutions.layers import LOCAL
from xrm.solutions.package import DEFINITIONS, OF_ENTITY
from xrm.solutions.source import MANIFEST, Source

_FOLDERS = {kind: folder for folder, kind in [*DEFINITIONS.items(), *OF_ENTITY.items()]}


def export(database: Database, name: str) -> Source:
    """Return the files of an installed solution; `local` gives the own changes.

    Raises:
        NotFound: there is no such solution, or there are no own changes.
    """
    found = solution_store.installation(database)
    if name == LOCAL:
        documents = found.layers.get(LOCAL)
        if not documents:
            raise NotFound("Nothing was changed here; there is nothing to export.")
        return Source(LOCAL, files_of(documents))
    solution = find_installed(found, name)
    kept = package_of(database, solution)
    return kept or Source(name, files_of(found.layers.get(name, ())))


def files_of(documents: Iterable[Document]) -> dict[str, bytes]:
    """Return documents as the files of a package."""
    made = {}
    for document in documents:
        text = document.source or write_yaml(document.data)
        made[file_of(document)] = text.encode()
    return dict(sorted(made.items()))


def file_of(document: Document) -> str:
    """Return where in a package a document stands."""
    if document.kind == "solution":
        return MANIFEST
    if document.kind == "entity":
        return f"entities/{document.name}/entity.yaml"
    folder = _FOLDERS[document.kind]
    if document.kind in PER_ENTITY:
        return f"entities/{document.data['entity']}/{folder}/{document.name}.yaml"
    return f"{folder}/{document.name}.yaml"


def write_export(source: Source, target: Path) -> None:
    """Write files as a zip (a name ending so) or into a folder that is new or empty.

    Raises:
        Refused: the folder has something in it.
    """
    if target.suffix == ENDING:
        target.write_bytes(write_archive(list(source.files.items())))
        return
    if target.exists() and any(target.iterdir()):
        raise Refused(f"The folder {target} is not empty. Name a new one.")
    for path, content in source.files.items():
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
