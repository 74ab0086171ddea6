"""Know the shape of every kind: one JSON Schema each lies here; this is their door.

(A module `schemas.py` beside a folder `schemas/` would be two things of one name, and
type checkers would find the folder.)
"""

from xrm.metadata.schema_validation import CHOICES_KEY, SHARED, schema, schema_problems

__all__ = ["CHOICES_KEY", "SHARED", "schema", "schema_problems"]
