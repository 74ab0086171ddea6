"""Know changes as values: operations, the difference of two catalogs, plans."""

from xrm.metadata.changes.apply import apply, apply_all
from xrm.metadata.changes.diff import diff
from xrm.metadata.changes.indexes import IndexSpec, has_same_around, wanted_indexes
from xrm.metadata.changes.operations import (
    AddEntity,
    AddField,
    AddIndex,
    AddKey,
    AddRelationship,
    AddSearchIndex,
    ChangeDefinition,
    ChangeField,
    ChangeFieldType,
    IndexColumn,
    Operation,
    RemoveEntity,
    RemoveField,
    RemoveIndex,
    RemoveKey,
    RemoveRelationship,
    RemoveSearchIndex,
    RenameEntity,
    RenameField,
    RenameRelationship,
    reverse_all,
)
from xrm.metadata.changes.plan import Impact, Plan, digest_of, make_plan

__all__ = [
    "AddEntity", "AddField", "AddIndex", "AddKey", "AddRelationship", "AddSearchIndex",
    "ChangeDefinition", "ChangeField", "ChangeFieldType", "Impact", "IndexColumn",
    "IndexSpec", "Operation", "Plan", "RemoveEntity", "RemoveField", "RemoveIndex",
    "RemoveKey", "RemoveRelationship", "RemoveSearchIndex", "RenameEntity",
    "RenameField", "RenameRelationship", "apply", "apply_all", "diff", "digest_of",
    "has_same_around", "make_plan", "reverse_all", "wanted_indexes",
]  # fmt: skip
