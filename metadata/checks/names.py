"""Know which names are taken: words of SQL, of the platform, of the databases."""

from typing import Final

_ENTITY_WORDS: Final = """
    all alter and any array as asc between both by case cast check collate column
    commit constraint create cross current_date current_time current_timestamp
    current_user default delete desc distinct drop else end except exists false fetch
    filter for foreign from full grant group having if in index inner insert intersect
    into is join key lateral left like limit natural not null of offset on or order
    outer over primary references returning revoke right rollback row rows select
    session_user set some table then to transaction trigger true union unique update
    user using values view when where window with
    old new this parent entity record empty
    edit api app static metadata batch"""
ENTITIES: Final = frozenset(_ENTITY_WORDS.split())
"""Names that no entity may have."""
PREFIXES: Final = ("xrm_", "pg_", "sqlite_", "information_schema", "ix_", "uq_", "fts_")
"""What no name of an entity or of a table of pairs may begin with."""
_FIELD_WORDS: Final = """
    ctid cmax cmin oid rowid tableoid xmax xmin this old parent empty true false
    and or not null"""
FIELDS: Final = frozenset(_FIELD_WORDS.split())
"""Names that no field may have: columns the databases add, words of the language."""


def reserved_entity(name: str) -> str | None:
    """Return why an entity cannot have a name, `None` if it can."""
    if name in ENTITIES:
        return f'"{name}" is a reserved word.'
    prefix = next((p for p in PREFIXES if name.startswith(p)), None)
    return (
        f'Names that begin with "{prefix}" belong to the platform.' if prefix else None
    )
