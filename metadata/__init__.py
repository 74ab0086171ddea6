"""Know what solutions declare: documents, definitions, the catalog, checks, changes.

This is the front door; `README.md` says what lies behind it. Four folders have doors of
their own: `xrm.metadata.schemas`, `.fields`, `.checks` and `.changes`.
"""

from xrm.metadata.catalog import Catalog, Child, compose
from xrm.metadata.definitions import UnknownEntity, UnknownField, UnknownName
from xrm.metadata.documents import Document
from xrm.metadata.entities import Entity, Field
from xrm.metadata.loading import load_document
from xrm.metadata.scope import CatalogScope

__all__ = [
    "Catalog",
    "CatalogScope",
    "Child",
    "Document",
    "Entity",
    "Field",
    "UnknownEntity",
    "UnknownField",
    "UnknownName",
    "compose",
    "load_document",
]
