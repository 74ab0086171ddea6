"""Know the field types: one module of this folder for each, found here.

A new type is one new file with a subclass of `FieldType`; nothing else names it.
"""

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from inspect import isabstract
from types import MappingProxyType
from typing import Final

from xrm.metadata.definitions import UnknownName
from xrm.metadata.fields.field_type import FieldType, Ref, ValueProblem

__all__ = ["FIELD_TYPES", "FieldType", "Ref", "ValueProblem", "field_type"]


class UnknownFieldType(UnknownName):
    """There is no such type of field."""

    kind = "field type"


def _found() -> Iterator[FieldType]:
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        for thing in vars(import_module(f"{__name__}.{module}")).values():
            if (
                isinstance(thing, type)
                and issubclass(thing, FieldType)
                and thing.__module__ == f"{__name__}.{module}"
                and not isabstract(thing)
            ):
                yield thing()


FIELD_TYPES: Final[Mapping[str, FieldType]] = MappingProxyType(
    {made.name: made for made in _found()}
)


def field_type(name: str) -> FieldType:
    """Return a field type by its word in YAML.

    Raises:
        UnknownFieldType: there is none.
    """
    try:
        return FIELD_TYPES[name]
    except KeyError:
        raise UnknownFieldType(name) from None
