"""The Web API: OData v4 as Dataverse's clients speak it, and the server's health."""

from flask import Blueprint

from xrm.platform.api.data import data
from xrm.platform.api.health import health


def blueprints() -> tuple[Blueprint, ...]:
    """Return the blueprints of this room."""
    return (data, health)
