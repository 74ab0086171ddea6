"""Know the job that imports an uploaded file: a few hundred rows at each step.

What was taken stays taken when the job ends early; `import-undo` takes it back. The
rows come in the same parts whenever the file is read, so a step that was lost in the
middle of the file is found again by its number. A reader keeps its place between steps;
one that lost it (another worker, another process) reads on from the beginning.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from xrm.metadata.fields.field_type import ValueProblem
from xrm.platform.automation.jobs import Fault, Job, JobKind, Next
from xrm.platform.database.work import Work
from xrm.platform.errors import Invalid, NotFound
from xrm.platform.services.import_files import Source, read_file
from xrm.platform.services.import_lookups import resolvers
from xrm.platform.services.import_mapping import ImportMap, read_mapping
from xrm.platform.services.import_reports import Report
from xrm.platform.services.import_rows import RowReader, parents_first, reading_of
from xrm.platform.services.import_run import begin_import, keep_counts, take_part
from xrm.platform.services.import_trees import Row

PART: Final = 300
"""Rows of one step: nobody waits long for the writer of SQLite."""
MOST_FAULTS: Final = 10_000
MOST_PLACES: Final = 4
"""How many files a worker keeps its place in."""
UPLOADS: Final = "uploads"
LONGEST_ENDING: Final = 6

PAYLOAD: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "Which uploaded file, and what its rows become.",
    "required": ["upload", "name", "mapping"],
    "additionalProperties": False,
    "properties": {
        "upload": {
            "type": "string",
            "pattern": r"^[0-9a-f]{32}(\.[a-z0-9]{1,5}){0,2}$",
            "description": "The name under which the file is kept.",
        },
        "name": {
            "type": "string",
            "maxLength": 300,
            "description": "The name the file had.",
        },
        "mapping": {
            "type": "object",
            "description": "What a mapping file says, for one entity.",
        },
    },
}

Part = list[tuple[int, Row]]


def keep_upload(folder: Path, name: str, content: bytes) -> str:
    """Keep an uploaded file for a job; return the name to queue the job with."""
    endings = Path(name.lower()).suffixes[-2:]
    if endings and endings[-1] != ".gz":
        endings = endings[-1:]
    ending = "".join(e for e in endings if e[1:].isalnum() and len(e) <= LONGEST_ENDING)
    kept = uuid4().hex + (ending if ending.isascii() else "")
    place = folder / UPLOADS
    place.mkdir(parents=True, exist_ok=True)
    (place / kept).write_bytes(content)
    return kept


def upload_of(folder: Path, kept: str) -> Path:
    """Return an uploaded file.

    Raises:
        NotFound: it is not there any more.
    """
    place = folder / UPLOADS / Path(kept).name
    if not place.is_file():
        raise NotFound(
            "The uploaded file is no longer here. Upload it again.", code="upload_gone"
        )
    return place


@dataclass(slots=True)
class _Place:
    """Where a worker stands in a file: the parts that follow, and what came before."""

    next: int
    parts: Iterator[Part]
    seen: dict[str, int] = field(default_factory=dict)


class Importing:
    """Does the steps of imports; keeps its place in the files of some of them."""

    def __init__(self) -> None:
        self._places: dict[UUID, _Place] = {}

    def take(self, work: Work, job: Job) -> Next:
        """Import the next part of the file."""
        source, mapping = self._opened(work, job)
        report = Report(
            id=job.id,
            entity=mapping.entity,
            file=job.payload["name"],
            detected=source.detected.describe(),
        )
        number, of = job.position.get("part", 0), job.position.get("of")
        if of is None:
            of = sum(1 for _ in source.rows())
            content = upload_of(job.folder.parent, job.payload["upload"])
            begin_import(work, report, mapping, content.read_bytes())
        # taken out, so that a step that fails does not leave a place behind
        place = self._places.pop(job.id, None)
        if place is None or place.next != number:
            place = self._find(work, source, mapping, number)
        part = next(place.parts, None)
        if part:
            take_part(work, source, mapping, report, part, place.seen)
        counts = {
            name: int(job.result.get(name, 0)) + found
            for name, found in report.counts.items()
        }
        done = job.done + len(part or ())
        is_last = done >= of or not part
        keep_counts(work, job.id, counts, is_over=is_last)
        refused = int(job.result.get("refused", 0))
        if not is_last:
            place.next = number + 1
            while len(self._places) >= MOST_PLACES:
                self._places.pop(next(iter(self._places)))
            self._places[job.id] = place
        return Next(
            None if is_last else {"part": number + 1, "of": of},
            done=done,
            of=of,
            result={**counts, "import": str(job.id)},
            faults=[
                Fault(one.row, one.message)
                for one in report.refused[: max(0, MOST_FAULTS - refused)]
            ],
        )

    def _opened(self, work: Work, job: Job) -> tuple[Source, ImportMap]:
        mappings = read_mapping(job.payload["mapping"], work.catalog)
        if len(mappings) != 1 or mappings[0].relationship:
            raise Invalid(
                "A background import takes one file into one entity. Use `xrm import` "
                "for several imports at once, or for pairs.",
                code="bad_mapping",
            )
        file = upload_of(job.folder.parent, job.payload["upload"])
        return read_file(file, mappings[0].read), mappings[0]

    def _find(
        self, work: Work, source: Source, mapping: ImportMap, number: int
    ) -> _Place:
        """Return the place of a part, with the identities of the rows before it."""
        entity = work.catalog.entity(mapping.entity)
        lookups = {f.field: f.lookup for f in mapping.fields if f.lookup}
        reader = RowReader(
            mapping,
            entity,
            reading_of(source, mapping, entity),
            resolvers(work, lookups),
        )
        place = _Place(number, _parts(source, mapping, reader))
        for part in islice(place.parts, number):
            for row_number, row in part:
                try:
                    identity = reader.identity(row)
                except ValueProblem:
                    continue
                if identity is not None:
                    place.seen.setdefault(identity, row_number)
        return place


def _parts(source: Source, mapping: ImportMap, reader: RowReader) -> Iterator[Part]:
    """Give the rows in parts, parents before the rows that look them up."""
    own = any(f.lookup and f.lookup.entity == mapping.entity for f in mapping.fields)
    levels: list[Any] = [source.rows()]
    if own:
        levels = parents_first(list(source.rows()), reader, mapping.entity)
    for level in levels:
        rows = iter(level)
        while part := list(islice(rows, PART)):
            yield part


def import_kind() -> JobKind:
    """Return the kind, for one worker."""
    return JobKind("import", "Import", PAYLOAD, Importing().take)


IMPORT_ROWS: Final = import_kind()
