"""Make the API's answers: JSON written by orjson, OData's headers, 204 and 304."""

from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response

JSON = "application/json; odata.metadata=minimal"
OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def json_text(data: Any) -> bytes:
    """Return data as JSON; decimals become numbers with all their digits."""
    return orjson.dumps(data, default=_plain, option=OPTIONS)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def json_answer(
    data: Any, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer with a JSON body."""
    return raw_json(json_text(data), status, headers)


def raw_json(
    text: bytes, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer whose JSON text is made already."""
    response = Response(text, status, content_type=JSON)
    response.headers["OData-Version"] = "4.0"
    if headers:
        response.headers.update(headers)
    return response


def plain_text(text: str) -> Response:
    """Return an answer of plain text, as `$count` gives it."""
    response = Response(text, content_type="text/plain; charset=utf-8")
    response.headers["OData-Version"] = "4.0"
    return response


def no_content(headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer 204."""
    response = Response(status=HTTPStatus.NO_CONTENT)
    response.headers["OData-Version"] = "4.0"
    if headers:
        response.headers.update(headers)
    return response
