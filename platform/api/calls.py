"""Know one call of the API as a value: method, address, options, preferences, body.

Reads what the request says and refuses what no call may say; what it means for the
catalog is decided by the handlers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from xrm.platform.api.addresses import Alias, Literal, Segment, Value, literal
from xrm.platform.api.bodies import as_object, load_json, load_object
from xrm.platform.api.preferences import Preferences
from xrm.platform.errors import Refused
from xrm.rule_engine.problems import did_you_mean

OPTIONS = frozenset(
    {
        "$select",
        "$filter",
        "$orderby",
        "$top",
        "$count",
        "$expand",
        "$skiptoken",
        "$format",
        "$id",
        "userQuery",
    }
)
"""The query options this server knows."""
NOT_OFFERED = {
    "$skip": "Follow @odata.nextLink from page to page instead.",
    "$search": 'Use $filter=contains(name,"…") instead.',
    "$levels": "Expand one level.",
    "$compute": "Declare a formula field instead.",
    "$deltatoken": "Change tracking comes later.",
    "$apply": "Aggregates come later; $count=true gives numbers.",
    "fetchXml": "Ask with $filter, $select, $expand and $orderby.",
    "savedQuery": "Ask with $filter, $select and $orderby.",
    "sql": "Ask with $filter, $select and $orderby.",
}
_NAMES = {name.lower(): name for name in NOT_OFFERED}
LONGEST_OPTION = 32_768
MOST_OPTIONS = 64
LONGEST_KEPT = 2_000


@dataclass(slots=True)
class Call:
    """One request for a resource of the Web API."""

    method: str
    segments: tuple[Segment, ...]
    options: Mapping[str, str]
    """The query options by name, and the aliases (`@p1`) with their texts."""
    preferences: Preferences
    root: str
    """The absolute address of the service, with a slash at its end."""
    if_match: str = ""
    if_none_match: str = ""
    raw_body: bytes = b""
    content_type: str = ""
    _body: Any = None

    def option(self, name: str) -> str | None:
        """Return an option's text, None when it was not given."""
        return self.options.get(name)

    def argument(self, value: Value) -> Literal:
        """Return a value, read from the query string if it is an alias.

        Raises:
            Refused: the alias has no value.
        """
        if not isinstance(value, Alias):
            return value
        text = self.options.get(value.name)
        if text is None:
            raise Refused(
                f"{value.name} has no value. Add ?{value.name}=… to the address.",
                code="bad_address",
                target=value.name,
            )
        found = literal(text)
        if isinstance(found, Alias):
            raise Refused(
                f"{value.name} stands for another alias.",
                code="bad_address",
                target=value.name,
            )
        return found

    def read_body(self) -> None:
        """Parse the body, if there is one, before anything else is done.

        Raises:
            Refused: it is no JSON.
            UnsupportedMedia: it is not sent as JSON.
        """
        if self.raw_body:
            self._check_type()
            self._body = load_json(self.raw_body)

    def object(self) -> dict[str, Any]:
        """Return the body, a JSON object."""
        if not self.raw_body:
            return load_object(b"")
        return as_object(self._body)

    def _check_type(self) -> None:
        kind = self.content_type.partition(";")[0].strip().lower()
        if kind and kind != "application/json":
            raise UnsupportedMedia(
                f'The body is sent as "{kind[:80]}". '
                "Send Content-Type: application/json.",
                target="Content-Type",
            )

    def refuse_options(self, *allowed: str) -> None:
        """Refuse query options that mean nothing here.

        Raises:
            Refused: there is one.
        """
        for name in self.options:
            if name.startswith("$") and name not in allowed and name != "$format":
                raise Refused(
                    f"{name} cannot be used here.", code="bad_option", target=name
                )


class UnsupportedMedia(Refused):
    """The body is of a kind that is not read here."""

    status = 415
    default_code = "unsupported_media_type"


class MethodNotAllowed(Refused):
    """The resource does not take this method; `allowed` are the ones it takes."""

    status = 405
    default_code = "method_not_allowed"

    def __init__(self, method: str, allowed: tuple[str, ...], target: str) -> None:
        super().__init__(
            f"{method} cannot be used on {target}. Allowed: {', '.join(allowed)}.",
            target=target,
        )
        self.allowed = allowed


class NotOffered(Refused):
    """A part of the protocol that this server does not offer (yet)."""

    status = 501
    default_code = "not_offered"


def read_options(query: str) -> Mapping[str, str]:
    """Return the options of a query string; `+` is a space, `%24select` is `$select`.

    Programs ask the same again and again, so what short ones say is kept.

    Raises:
        Refused: an option is unknown, given twice, or is not UTF-8.
    """
    if not query:
        return {}
    return _options(query) if len(query) > LONGEST_KEPT else _kept_options(query)


@lru_cache(maxsize=512)
def _kept_options(query: str) -> Mapping[str, str]:
    return MappingProxyType(_options(query))


def _options(query: str) -> dict[str, str]:
    if len(query) > LONGEST_OPTION * 2:
        raise Refused("The query string is too long.", code="bad_option")
    try:
        pairs = parse_qsl(
            query,
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_OPTIONS,
        )
    except UnicodeDecodeError:
        raise Refused("The query string is not UTF-8.", code="bad_option") from None
    except ValueError:
        raise Refused(
            f"The query string has more than {MOST_OPTIONS} options.",
            code="bad_option",
        ) from None
    made: dict[str, str] = {}
    for name, value in pairs:
        _check_option(name, value)
        if name in made:
            raise Refused(f"{name} is given twice.", code="bad_option", target=name)
        made[name] = value
    return made


def _check_option(name: str, value: str) -> None:
    if "\x00" in value or "\x00" in name:
        raise Refused("An option contains a NUL character.", code="bad_option")
    if name in OPTIONS or name.startswith("@"):
        return
    known = _NAMES.get(name.lower(), name)
    if known in NOT_OFFERED:
        raise NotOffered(
            f"{known} is not offered. {NOT_OFFERED[known]}",
            target=name,
            code="bad_option",
        )
    if name.startswith("$"):
        hint = did_you_mean(name, OPTIONS) or f"Known are {', '.join(sorted(OPTIONS))}."
        raise Refused(
            f'There is no option "{name[:80]}". {hint}',
            code="bad_option",
            target=name[:80],
        )
    if f"${name}" in OPTIONS:
        raise Refused(f"Write ${name}.", code="bad_option", target=name)
