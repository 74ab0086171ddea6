"""Know the functions of OData filters, and the operator that each one means."""

import re
from collections.abc import Mapping
from typing import Final

from xrm.platform.query.operators import OPERATORS

PREFIX: Final = "Microsoft.Dynamics.CRM."

TEXT_FUNCTIONS: Final[Mapping[str, str]] = {
    "contains": "contains",
    "startswith": "begins-with",
    "endswith": "ends-with",
}

_SPECIAL: Final[Mapping[str, str]] = {
    "DoesNotContainValues": "not-contain-values",
    "EqualUserId": "eq-userid",
    "NotEqualUserId": "ne-userid",
    "EqualUserTeams": "eq-userteams",
    "EqualUserOrUserTeams": "eq-useroruserteams",
    "EqualBusinessId": "eq-businessid",
    "NotEqualBusinessId": "ne-businessid",
    "Last7Days": "last-seven-days",
    "Next7Days": "next-seven-days",
    **{
        f"OlderThanX{unit}": f"olderthan-x-{unit.lower()}"
        for unit in ("Minutes", "Hours", "Days", "Weeks", "Months", "Years")
    },
}

_PLAIN: Final = """
In NotIn Between NotBetween ContainValues On OnOrAfter OnOrBefore Today Tomorrow
Yesterday
ThisWeek ThisMonth ThisYear LastWeek LastMonth LastYear NextWeek NextMonth NextYear
ThisFiscalYear ThisFiscalPeriod LastFiscalYear LastFiscalPeriod NextFiscalYear
NextFiscalPeriod LastXHours LastXDays LastXWeeks LastXMonths LastXYears
LastXFiscalPeriods LastXFiscalYears NextXHours NextXDays NextXWeeks NextXMonths
NextXYears
NextXFiscalPeriods NextXFiscalYears
"""


def _operator(name: str) -> str:
    """Return the operator of a function: LastXDays gives last-x-days."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


CRM: Final[Mapping[str, str]] = {
    name: op
    for name, op in {**{n: _operator(n) for n in _PLAIN.split()}, **_SPECIAL}.items()
    if op in OPERATORS
}
"""Name of a function after `PREFIX` → operator."""
