"""Know the field type `datetime`: a moment, or a day, or a time without a zone."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Date

from xrm.metadata.entities import Field
from xrm.metadata.fields import display
from xrm.metadata.fields.date import read_day
from xrm.metadata.fields.field_type import Column, FieldType, Formats, Widget
from xrm.metadata.fields.operators import EQUALITY, MOMENTS, ORDER
from xrm.metadata.fields.storage import UtcDateTime
from xrm.metadata.fields.texts import shown
from xrm.rule_engine.types import DATE, DATETIME, RuleType

BEHAVIORS = ("user_local", "date_only", "zone_independent")


def behavior(field: Field) -> str:
    """Return how a date-time field relates to time zones."""
    return str(field.options.get("behavior", "user_local"))


class DateTimeType(FieldType):
    """A moment in UTC, shown in the reader's zone, or as `behavior` says.

    A text without a zone is taken as UTC. With `zone_independent` the hour that was
    typed is kept, written as if it were UTC.
    """

    name = "datetime"
    summary = "A date and time, kept in UTC and shown in the reader's time zone."
    example = {"type": "datetime", "label": "Due", "behavior": "user_local"}
    operators = (*MOMENTS, *EQUALITY[:4], *ORDER[:4])
    options = {
        "behavior": {
            "description": "user_local: shown in the reader's zone; date_only: a day; "
            "zone_independent: the same hour everywhere.",
            "enum": list(BEHAVIORS),
        }
    }
    messages = {
        "not_moment": "{label} must be a date and time such as 2026-03-31T14:30:00Z, "
        "not {value}.",
        "not_date": "{label} must be a date such as 2026-03-31, not {value}.",
        "no_zone": "{label} is {value}, which has no time zone.",
    }

    def rule_type(self, field: Field) -> RuleType:
        return DATE if behavior(field) == "date_only" else DATETIME

    def columns(self, field: Field) -> tuple[Column, ...]:
        is_day = behavior(field) == "date_only"
        return (Column(field.name, Date() if is_day else UtcDateTime()),)

    def parser(self, field: Field) -> Callable[[Any], Any]:
        is_day = behavior(field) == "date_only"
        keeps_hour = behavior(field) == "zone_independent"

        def parse(value: Any) -> datetime | date | None:
            if value is None or value == "":
                return None
            if is_day:
                day = read_day(value)
                if day is None:
                    raise self.say("not_date", field, value=shown(value))
                return day
            moment = self._moment(field, value)
            if keeps_hour:
                return moment.replace(tzinfo=UTC)
            try:
                return moment.astimezone(UTC)
            except OverflowError:
                raise self.say("not_moment", field, value=shown(value)) from None

        return parse

    def _moment(self, field: Field, value: Any) -> datetime:
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise self.say("no_zone", field, value=value.isoformat())
            return value
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        day = read_day(value)
        if day is None:
            raise self.say("not_moment", field, value=shown(value))
        made = datetime.fromisoformat(value.strip())
        return made if made.tzinfo else made.replace(tzinfo=UTC)

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        if value is None:
            return ""
        kind = behavior(field)
        if kind == "date_only":
            return display.date_text(value, formats)
        return display.moment_text(value, formats, local=kind == "user_local")

    def json_schema(self, field: Field) -> dict[str, Any]:
        is_day = behavior(field) == "date_only"
        return {"type": ["string", "null"], "format": "date" if is_day else "date-time"}

    def widget(self, field: Field) -> Widget:
        is_day = behavior(field) == "date_only"
        return Widget("date" if is_day else "datetime")
