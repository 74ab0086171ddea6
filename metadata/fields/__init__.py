"""Know the field types: one module of this folder for each, found by `registry`.

A new type is one new file with a subclass of `FieldType`; nothing else names it.
"""

from xrm.metadata.fields.field_type import FieldType, Ref, ValueProblem
from xrm.metadata.fields.registry import FIELD_TYPES, field_type

__all__ = ["FIELD_TYPES", "FieldType", "Ref", "ValueProblem", "field_type"]
