"""Know the shape of every kind: one JSON Schema each lies here; this is their door.

The code is in `schema_validation.py`: a module `schemas.py` beside this folder would be
two things of one name, and type checkers would find the folder.
"""

from xrm.metadata.schema_validation import (
    CHOICES_KEY,
    SHARED,
    editor_schema,
    field_schema,
    schema,
    schema_problems,
)

__all__ = [
    "CHOICES_KEY",
    "SHARED",
    "editor_schema",
    "field_schema",
    "schema",
    "schema_problems",
]
