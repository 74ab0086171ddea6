"""Know the field types: one module of this folder for each, found here."""

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from inspect import isabstract
from pathlib import Path
from types import MappingProxyType
from typing import Final

from xrm.metadata.definitions import UnknownName
from xrm.metadata.fields.field_type import FieldType

PACKAGE: Final = "xrm.metadata.fields"


class UnknownFieldType(UnknownName):
    """There is no such type of field."""

    kind = "field type"


def _found() -> Iterator[FieldType]:
    folder = str(Path(__file__).parent)
    for module in sorted(m.name for m in pkgutil.iter_modules([folder])):
        for thing in vars(import_module(f"{PACKAGE}.{module}")).values():
            if (
                isinstance(thing, type)
                and issubclass(thing, FieldType)
                and thing.__module__ == f"{PACKAGE}.{module}"
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
