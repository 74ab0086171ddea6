"""The unbound functions of the Web API."""

from uuid import UUID

from flask import Response

from xrm.platform.api import facts
from xrm.platform.api.answers import json_answer
from xrm.platform.api.calls import Call
from xrm.platform.api.definitions import metadata_id
from xrm.platform.database.work import Work
from xrm.platform.security.actors import unit_tree


def who_am_i(work: Work, call: Call) -> Response:
    """Answer with the ids of the caller, the caller's unit and the organisation."""
    call.refuse_options()
    actor = work.actor
    return json_answer(
        {
            "@odata.context": f"{call.root}$metadata#"
            "Microsoft.Dynamics.CRM.WhoAmIResponse",
            "BusinessUnitId": actor.unit_id,
            "UserId": actor.user_id,
            "OrganizationId": organisation_id(work),
        }
    )


def organisation_id(work: Work) -> UUID:
    """Return the id of the organisation: made of its topmost business unit."""
    tree = unit_tree(work.connection, work.snapshot)
    roots = sorted(str(unit) for unit, above in tree.parents.items() if above is None)
    return metadata_id("organization", roots[0] if roots else "")


BULK_MESSAGES = ("CreateMultiple", "UpdateMultiple", "UpsertMultiple")


def message_filters(work: Work, call: Call) -> Response:
    """Answer which bulk messages an entity takes; a client asks before it sends one."""
    call.refuse_options("$select", "$filter", "$expand", "$top", "$count")
    found = [
        {
            "sdkmessagefilterid": metadata_id("message", f"{entity}.{message}"),
            "primaryobjecttypecode": entity,
            "sdkmessageid": {"name": message},
        }
        for entity in work.catalog.entities
        for message in BULK_MESSAGES
    ]
    return json_answer(
        {
            "@odata.context": f"{call.root}$metadata#sdkmessagefilters",
            "value": facts.keep(found, call.option("$filter")),
        }
    )


def retrieve_version(work: Work, call: Call) -> Response:
    """Answer with the version of the Web API that is spoken here."""
    call.refuse_options()
    return json_answer(
        {
            "@odata.context": f"{call.root}$metadata#"
            "Microsoft.Dynamics.CRM.RetrieveVersionResponse",
            "Version": "9.2.0.0",
        }
    )
