"""Make the API's answers: JSON written by orjson, OData's headers, 204 and 304."""

from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response

JSON = "application/json; odata.metadata=minimal"
_ODATA = {"OData-Version": "4.0"}
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
    all_headers = {**_ODATA, **(headers or {})}
    return Response(text, status, all_headers, content_type=JSON)


def plain_text(text: str) -> Response:
    """Return an answer of plain text, as `$count` gives it."""
    return Response(text, headers=_ODATA, content_type="text/plain; charset=utf-8")


def no_content(headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer 204."""
    return Response(status=HTTPStatus.NO_CONTENT, headers={**_ODATA, **(headers or {})})
