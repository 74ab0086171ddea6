"""Know the operators of filters: names as in FetchXML, labels for people."""

from typing import Final

from xrm.metadata.fields.field_type import Operator

EQUAL: Final = Operator("eq", "equals")
NOT_EQUAL: Final = Operator("ne", "does not equal")
GREATER: Final = Operator("gt", "is greater than")
GREATER_EQUAL: Final = Operator("ge", "is at least")
LESS: Final = Operator("lt", "is less than")
LESS_EQUAL: Final = Operator("le", "is at most")
BETWEEN: Final = Operator("between", "is between", 2)
IN: Final = Operator("in", "is one of", -1)
NOT_IN: Final = Operator("not-in", "is none of", -1)
NULL: Final = Operator("null", "is empty", 0)
NOT_NULL: Final = Operator("not-null", "is not empty", 0)
CONTAINS: Final = Operator("contains", "contains")
NOT_CONTAINS: Final = Operator("not-contains", "does not contain")
BEGINS_WITH: Final = Operator("begins-with", "begins with")
ENDS_WITH: Final = Operator("ends-with", "ends with")
CONTAINS_VALUES: Final = Operator("contain-values", "contains one of", -1)
NOT_CONTAINS_VALUES: Final = Operator("not-contain-values", "contains none of", -1)
ON: Final = Operator("on", "is on")
ON_OR_AFTER: Final = Operator("on-or-after", "is on or after")
ON_OR_BEFORE: Final = Operator("on-or-before", "is on or before")
TODAY: Final = Operator("today", "is today", 0)
YESTERDAY: Final = Operator("yesterday", "was yesterday", 0)
TOMORROW: Final = Operator("tomorrow", "is tomorrow", 0)
THIS_WEEK: Final = Operator("this-week", "is in this week", 0)
THIS_MONTH: Final = Operator("this-month", "is in this month", 0)
THIS_QUARTER: Final = Operator("this-quarter", "is in this quarter", 0)
THIS_YEAR: Final = Operator("this-year", "is in this year", 0)
LAST_WEEK: Final = Operator("last-week", "was last week", 0)
LAST_MONTH: Final = Operator("last-month", "was last month", 0)
LAST_QUARTER: Final = Operator("last-quarter", "was last quarter", 0)
LAST_YEAR: Final = Operator("last-year", "was last year", 0)
NEXT_WEEK: Final = Operator("next-week", "is next week", 0)
NEXT_MONTH: Final = Operator("next-month", "is next month", 0)
NEXT_QUARTER: Final = Operator("next-quarter", "is next quarter", 0)
NEXT_YEAR: Final = Operator("next-year", "is next year", 0)
LAST_DAYS: Final = Operator("last-x-days", "was in the last days")
NEXT_DAYS: Final = Operator("next-x-days", "is in the next days")
OLDER_DAYS: Final = Operator("olderthan-x-days", "is older than days")
ME: Final = Operator("eq-userid", "is me", 0)
MY_UNITS: Final = Operator("eq-businessid-or-below", "is mine or below it", 0)
NOT_ME: Final = Operator("ne-userid", "is not me", 0)
ME_OR_MY_TEAMS: Final = Operator("eq-useroruserteams", "is me or my team", 0)

PRESENCE: Final = (NULL, NOT_NULL)
EQUALITY: Final = (EQUAL, NOT_EQUAL, IN, NOT_IN, *PRESENCE)
ORDER: Final = (GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, BETWEEN)
NUMBERS: Final = (*EQUALITY, *ORDER)
TEXTS: Final = (CONTAINS, NOT_CONTAINS, BEGINS_WITH, ENDS_WITH, *EQUALITY)
MOMENTS: Final = (
    ON,
    ON_OR_AFTER,
    ON_OR_BEFORE,
    BETWEEN,
    TODAY,
    YESTERDAY,
    TOMORROW,
    THIS_WEEK,
    THIS_MONTH,
    THIS_QUARTER,
    THIS_YEAR,
    LAST_WEEK,
    LAST_MONTH,
    LAST_QUARTER,
    LAST_YEAR,
    NEXT_WEEK,
    NEXT_MONTH,
    NEXT_QUARTER,
    NEXT_YEAR,
    LAST_DAYS,
    NEXT_DAYS,
    OLDER_DAYS,
    *PRESENCE,
)
