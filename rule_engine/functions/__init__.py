"""The function table: everything a rule text may call, one module per family."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from xrm.rule_engine.functions import datetime, logic, number, people, text
from xrm.rule_engine.functions.operators import OPERATORS
from xrm.rule_engine.functions.registry import Function

_FAMILIES = {
    "text": text.FUNCTIONS,
    "number": number.FUNCTIONS,
    "date and time": datetime.FUNCTIONS,
    "logic": logic.FUNCTIONS,
    "people": people.FUNCTIONS,
}

ALL: tuple[Function, ...] = tuple(
    replace(function, family=family)
    for family, functions in _FAMILIES.items()
    for function in functions
)


def _by_name() -> Mapping[str, tuple[Function, ...]]:
    found: dict[str, tuple[Function, ...]] = {}
    for function in ALL:
        found[function.name] = (*found.get(function.name, ()), function)
    return MappingProxyType(found)


BY_NAME = _by_name()
IN_DATABASE: tuple[Function, ...] = (
    *OPERATORS,
    *(function for function in ALL if function.is_called),
)
