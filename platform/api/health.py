"""Answer those who watch the server: is it alive, can it work, what does it measure."""

from http import HTTPStatus

import sqlalchemy as sa
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST

from xrm.platform.api.answers import json_answer
from xrm.platform.automation.workers import backlog
from xrm.platform.database.catalog_store import catalog_state
from xrm.platform.web import Right, get_database, get_server, right

health = Blueprint("health", __name__)


@health.get("/healthz")
@health.get("/livez")
@right(Right.PUBLIC)
def alive() -> Response:
    """Say that the process answers; nothing else is asked."""
    return json_answer({"status": "ok"})


@health.get("/readyz")
@right(Right.PUBLIC)
def ready() -> Response:
    """Say whether the database answers and has been initialised."""
    try:
        with get_database().reader.connect() as connection:
            version = catalog_state(connection).version
    except sa.exc.SQLAlchemyError:
        return json_answer(
            {"status": "unavailable", "database": "cannot be used; see xrm doctor"},
            HTTPStatus.SERVICE_UNAVAILABLE,
            {"Retry-After": "2"},
        )
    return json_answer({"status": "ok", "catalog": version})


@health.get("/metrics")
@right(Right.PUBLIC)
def metrics() -> Response:
    """Give the measures of this process in Prometheus' format, and how jobs stand."""
    measures = get_server().measures
    try:
        with get_database().reader.connect() as connection:
            waits = backlog(connection)
    except sa.exc.SQLAlchemyError:  # the process has measures all the same
        get_server().log.warning("no_backlog")
    else:
        measures.note_jobs(waits.jobs, waits.oldest_seconds, waits.workers)
    return Response(measures.text(), content_type=CONTENT_TYPE_LATEST)
