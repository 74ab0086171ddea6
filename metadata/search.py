"""Know which fields of an entity are found by a part of their text. Pure.

They are the fields that its quick find names, and its title. What the index of them
looks like is the database's business; a plan says when it comes, changes or goes.
"""

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields.text import max_length

LONGEST = 4_000
"""Fields that may hold longer texts are not indexed: they are read for each search."""
_TEXTS = ("text", "autonumber")


def search_fields(entity: Entity) -> tuple[str, ...]:
    """Return the names of the indexed fields, the title first; none for no index.

    A child that nobody searches by itself has none: its parent is what people look for.
    """
    if entity.kind == "child" and not entity.quick_find:
        return ()
    named = (entity.title or "", *entity.quick_find)
    return tuple(
        name
        for name in dict.fromkeys(named)
        if name in entity.fields and is_searched(entity.fields[name])
    )


def is_searched(field: Field) -> bool:
    """Say whether the texts of a field can be indexed."""
    is_text = field.type in _TEXTS and field.is_stored
    return is_text and max_length(field) <= LONGEST
