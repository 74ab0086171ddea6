"""Know the jobs that change many records: edit, assign, change the state, delete.

The records are named by their ids, or by a question that is asked under the rights of
whoever queued the job. They are taken in the order of their keys, a few at each step,
so no record is taken twice and none is left out. What cannot be changed is reported
with its reason; the others are changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from xrm.metadata.fields.field_type import Ref
from xrm.platform.automation.jobs import Fault, Job, JobKind, Next
from xrm.platform.database.work import Work
from xrm.platform.errors import Refused
from xrm.platform.query.query import Order, Query
from xrm.platform.query.query_json import QUERY_SCHEMA, from_json
from xrm.platform.query.run import count, run
from xrm.platform.records import service
from xrm.platform.records.change import Outcome
from xrm.platform.services.import_reports import reason

BATCH: Final = 100
"""Records of one step: few enough that nobody waits for the writer of SQLite."""
MOST_IDS: Final = 20_000
MOST_FAULTS: Final = 10_000
"""Reasons that are kept of one job; more are only counted."""


def _schema(**more: Any) -> Mapping[str, Any]:
    return {
        "type": "object",
        "description": "Which records, by their ids or by a question, and what to do.",
        "required": ["entity", *more],
        "oneOf": [{"required": ["ids"]}, {"required": ["query"]}],
        "additionalProperties": False,
        "properties": {
            "entity": {"type": "string", "description": "Whose records."},
            "ids": {
                "type": "array",
                "items": {"type": "string", "format": "uuid"},
                "maxItems": MOST_IDS,
                "description": "The records.",
            },
            "query": QUERY_SCHEMA,
            **more,
        },
    }


def _records(work: Work, job: Job) -> tuple[list[UUID], int | None, Any]:
    """Return the records of this step, how many there are, and where it goes on."""
    payload, position = job.payload, job.position
    if "ids" in payload:
        ids = payload["ids"]
        start = position.get("next", 0)
        part = [UUID(text) for text in ids[start : start + BATCH]]
        more = start + BATCH < len(ids)
        return part, len(ids), {"next": start + BATCH} if more else None
    asked = from_json(payload["query"])
    if asked.entity != payload["entity"]:
        raise Refused("The question is about another entity.", code="bad_query")
    key = work.catalog.entity(asked.entity).key
    query = Query(asked.entity, (key,), asked.where, (Order(key),), limit=BATCH)
    of = position["of"] if position else count(work, query)
    page = run(work, replace(query, after=position.get("after")))
    more = {"after": page.next, "of": of}
    return [row[key] for row in page.rows], of, more if page.next else None


def _left(
    job: Job,
    ids: Sequence[UUID],
    outcomes: Sequence[Outcome],
    of: int | None,
    position: Mapping[str, Any] | None,
) -> Next:
    kept = int(job.result.get("refused", 0))
    faults = [
        Fault(job.done + place + 1, reason(outcome.error), record)
        for place, (record, outcome) in enumerate(zip(ids, outcomes, strict=True))
        if outcome.error is not None
    ]
    done = job.done + len(ids)
    refused = kept + len(faults)
    return Next(
        position,
        done=done,
        of=max(of or 0, done),
        result={"changed": done - refused, "refused": refused},
        faults=faults[: max(0, MOST_FAULTS - kept)],
    )


def _edit(work: Work, job: Job) -> Next:
    ids, of, position = _records(work, job)
    values = job.payload["values"]
    verb: Any = "update"
    if "statecode" in values or "statuscode" in values:
        verb = "set_state"
    rows = [(record, values) for record in ids]
    outcomes = service.update_many(
        work, job.payload["entity"], rows, on_error="report", verb=verb
    )
    return _left(job, ids, outcomes, of, position)


def _assign(work: Work, job: Job) -> Next:
    ids, of, position = _records(work, job)
    owner = job.payload["owner"]
    outcomes = service.assign_many(
        work,
        job.payload["entity"],
        ids,
        Ref(owner["entity"], UUID(owner["id"])),
        on_error="report",
    )
    return _left(job, ids, outcomes, of, position)


def _delete(work: Work, job: Job) -> Next:
    ids, of, position = _records(work, job)
    outcomes = service.delete_many(work, job.payload["entity"], ids, on_error="report")
    return _left(job, ids, outcomes, of, position)


BULK_EDIT: Final = JobKind(
    "bulk_edit",
    "Edit records",
    _schema(
        values={
            "type": "object",
            "minProperties": 1,
            "description": "Field → value, as the API takes them.",
        }
    ),
    _edit,
)
BULK_ASSIGN: Final = JobKind(
    "bulk_assign",
    "Assign records",
    _schema(
        owner={
            "type": "object",
            "description": "The user or team that gets the records.",
            "required": ["entity", "id"],
            "additionalProperties": False,
            "properties": {
                "entity": {"type": "string", "description": "User or team."},
                "id": {"type": "string", "format": "uuid", "description": "Its id."},
            },
        }
    ),
    _assign,
)
BULK_DELETE: Final = JobKind("bulk_delete", "Delete records", _schema(), _delete)
