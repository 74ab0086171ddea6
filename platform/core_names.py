"""Hand on the names of the core solution's entities (`rule_engine/core_names.py`)."""

from xrm.rule_engine.core_names import (
    ACTIVITY_PARTY as ACTIVITY_PARTY,
    CONNECTION as CONNECTION,
    CONNECTION_ROLE as CONNECTION_ROLE,
    CURRENCY as CURRENCY,
    CURRENCY_CODE as CURRENCY_CODE,
    NOTE as NOTE,
    ORGANISATION as ORGANISATION,
    QUEUE as QUEUE,
    QUEUE_ITEM as QUEUE_ITEM,
    ROLE as ROLE,
    SUBJECT as SUBJECT,
    TEAM as TEAM,
    TEAM_MEMBERS as TEAM_MEMBERS,
    TEAM_ROLES as TEAM_ROLES,
    UNIT as UNIT,
    USER as USER,
    USER_ROLES as USER_ROLES,
)
