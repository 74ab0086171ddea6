"""All operations that lead from one catalog to another, under one name."""

from xrm.metadata.changes.definition_operations import (
    AddIndex,
    AddKey,
    AddRelationship,
    AddSearchIndex,
    ChangeDefinition,
    IndexColumn,
    RemoveIndex,
    RemoveKey,
    RemoveRelationship,
    RemoveSearchIndex,
    RenameRelationship,
)
from xrm.metadata.changes.entity_operations import (
    AddEntity,
    AddField,
    ChangeField,
    ChangeFieldType,
    RemoveEntity,
    RemoveField,
    RenameEntity,
    RenameField,
)
from xrm.metadata.changes.operation import Operation, reverse_all

__all__ = [
    "AddEntity", "AddField", "AddIndex", "AddKey", "AddRelationship",
    "AddSearchIndex",
    "ChangeDefinition", "ChangeField", "ChangeFieldType", "IndexColumn", "Operation",
    "RemoveEntity", "RemoveField", "RemoveIndex", "RemoveKey", "RemoveRelationship",
    "RemoveSearchIndex", "RenameEntity", "RenameField", "RenameRelationship",
    "reverse_all",
]  # fmt: skip
