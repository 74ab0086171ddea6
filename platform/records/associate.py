"""Know the verbs associate and disassociate: pairs of an N:N relationship."""

from uuid import UUID, uuid4

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite

from xrm.metadata.relationships import Relationship
from xrm.platform.database.work import Work
from xrm.platform.errors import Refused
from xrm.platform.records import history
from xrm.platform.records.layout import Layout, layout_of
from xrm.platform.records.update import locked, not_found
from xrm.platform.security import actors, checks
from xrm.rule_engine.problems import did_you_mean


def relationship_of(work: Work, name: str) -> Relationship:
    """Return an N:N relationship by name.

    Raises:
        Refused: there is none.
    """
    found = work.catalog.relationships.get(name)
    if found is None:
        hint = did_you_mean(name, work.catalog.relationships) or ""
        raise Refused(
            f'There is no N:N relationship "{name}". {hint}'.strip(),
            code="unknown_relationship",
            target=name,
        )
    return found


def associate(work: Work, relationship: str, first: UUID, second: UUID) -> bool:
    """Link two records; return whether they were not linked before.

    Raises:
        NotFound: one of them does not exist, or the actor may not see it.
        Forbidden: the actor may not link it.
    """
    link = relationship_of(work, relationship)
    _hold(work, link, first, second)
    table = work.tables.pairs(relationship)
    insert = postgresql.insert if work.dialect == "postgresql" else sqlite.insert
    done = work.connection.execute(
        insert(table)
        .on_conflict_do_nothing()
        .execution_options(preserve_rowcount=True),
        {
            f"{link.table}id": uuid4(),
            link.first_column: first,
            link.second_column: second,
        },
    )
    if done.rowcount:
        _after(work, link, first, second, "associate")
    return bool(done.rowcount)


def disassociate(work: Work, relationship: str, first: UUID, second: UUID) -> bool:
    """Part two records; return whether they were linked."""
    link = relationship_of(work, relationship)
    _hold(work, link, first, second)
    table = work.tables.pairs(relationship)
    done = work.connection.execute(
        delete(table).where(
            table.c[link.first_column] == bindparam("xrm_first"),
            table.c[link.second_column] == bindparam("xrm_second"),
        ),
        {"xrm_first": first, "xrm_second": second},
    )
    if done.rowcount:
        _after(work, link, first, second, "disassociate")
    return bool(done.rowcount)


def _hold(work: Work, link: Relationship, first: UUID, second: UUID) -> None:
    """Read both ends and hold them until the commit; refuse what may not be linked.

    Both are held in one order, whichever end a caller names first.
    """
    ends = sorted({(link.first, first), (link.second, second)}, key=str)
    for entity, record in ends:
        layout = layout_of(work.snapshot, entity)
        values = locked(work, layout, [record], "change").get(record)
        if values is None:
            raise not_found(layout, record)
        checks.require(work, entity, "append", values)


def _after(
    work: Work, link: Relationship, first: UUID, second: UUID, verb: str
) -> None:
    """Write the history of both ends; let rights be read anew where they changed."""
    if actors.touches(link.name):
        actors.touch(work)
    for entity, record, other_entity, other, collection in (
        (link.first, first, link.second, second, link.first_collection),
        (link.second, second, link.first, first, link.second_collection),
    ):
        layout: Layout = layout_of(work.snapshot, entity)
        if not layout.entity.audited:
            continue
        said = {collection: {"entity": other_entity, "id": other}}
        before, after = (None, said) if verb == "associate" else (said, None)
        history.add(work, entity, verb, [(record, before, after)], [record])
