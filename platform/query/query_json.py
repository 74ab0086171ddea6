"""Write a question as JSON and read it back: for jobs that ask it later.

Only records are asked for this way (columns, condition, order), no figures. What is
read is checked as if a caller had sent it: unknown names are refused when it is run.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from xrm.platform.errors import Refused
from xrm.platform.query.query import (
    And,
    Compare,
    Condition,
    Exists,
    Expr,
    Not,
    Or,
    Order,
    Other,
    Query,
)

MOST_DEPTH: Final = 60

QUERY_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "A question to the records of an entity, as `to_json` writes it.",
    "required": ["entity"],
    "additionalProperties": False,
    "properties": {
        "entity": {"type": "string", "description": "Whose records."},
        "columns": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Paths of the fields that are asked for.",
        },
        "where": {"description": "The condition; null is none."},
        "order": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Paths to sort by, `-` before one that descends.",
        },
    },
}
"""The JSON Schema of a question, for payloads of jobs."""


def to_json(query: Query) -> dict[str, Any]:
    """Return a question as plain values.

    Raises:
        Refused: it asks for figures.
    """
    if query.is_grouped:
        raise Refused("Figures cannot be asked for later.", code="query_of_figures")
    return {
        "entity": query.entity,
        "columns": list(query.columns),
        "where": None if query.where is None else _condition(query.where),
        "order": [f"-{o.path}" if o.descending else o.path for o in query.order],
    }


def from_json(data: Mapping[str, Any]) -> Query:
    """Return the question that `to_json` wrote.

    Raises:
        Refused: it is none.
    """
    try:
        where = data.get("where")
        return Query(
            entity=str(data["entity"]),
            columns=tuple(map(str, data.get("columns", ()))),
            where=None if where is None else _read(where, 0),
            order=tuple(
                Order(text.removeprefix("-"), text.startswith("-"))
                for text in map(str, data.get("order", ()))
            ),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as fault:
        raise Refused(
            "This question cannot be read. Ask it anew from the list.",
            code="bad_query",
        ) from fault


def _condition(condition: Condition) -> dict[str, Any]:
    match condition:
        case Compare(path, op, values):
            return {"path": path, "op": op, "values": [_packed(v) for v in values]}
        case And(items):
            return {"and": [_condition(item) for item in items]}
        case Or(items):
            return {"or": [_condition(item) for item in items]}
        case Not(item):
            return {"not": _condition(item)}
        case Expr(str() as text):
            return {"rule": text}
        case Exists(collection, where, quantifier, path):
            return {
                "collection": collection,
                "where": None if where is None else _condition(where),
                "quantifier": quantifier,
                "path": path,
            }
    raise Refused(
        f"A condition of kind {type(condition).__name__} cannot be kept.",
        code="bad_query",
    )


def _read(data: Mapping[str, Any], depth: int) -> Condition:
    if depth > MOST_DEPTH:
        raise ValueError
    inner = depth + 1
    if "op" in data:
        values = tuple(_unpacked(value) for value in data["values"])
        return Compare(str(data["path"]), str(data["op"]), values)
    if "and" in data:
        return And(tuple(_read(item, inner) for item in data["and"]))
    if "or" in data:
        return Or(tuple(_read(item, inner) for item in data["or"]))
    if "not" in data:
        return Not(_read(data["not"], inner))
    if "rule" in data:
        return Expr(str(data["rule"]))
    quantifier = data["quantifier"]
    if quantifier not in ("any", "all", "none"):
        raise ValueError(quantifier)
    where = data["where"]
    return Exists(
        str(data["collection"]),
        None if where is None else _read(where, inner),
        quantifier,
        str(data["path"]),
    )


def _packed(value: Any) -> Any:
    """Return a value as JSON: texts, numbers and yes/no as they are, others marked."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, UUID):
        return {"id": str(value)}
    if isinstance(value, Other):
        return {"field": value.path}
    raise Refused(
        f"A value of type {type(value).__name__} cannot be kept.", code="bad_query"
    )


def _unpacked(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    ((kind, text),) = value.items()
    match kind:
        case "float":
            return float.fromhex(text)
        case "decimal":
            return Decimal(text)
        case "datetime":
            return datetime.fromisoformat(text)
        case "date":
            return date.fromisoformat(text)
        case "id":
            return UUID(text)
        case "field":
            return Other(str(text))
    raise ValueError(kind)
