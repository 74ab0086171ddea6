"""Know the verbs associate and disassociate: pairs of an N:N relationship."""

from uuid import UUID

from xrm.metadata.relationships import Relationship
from xrm.platform.database.work import Work
from xrm.platform.errors import Refused
from xrm.platform.records import links
from xrm.platform.records.layout import layout_of
from xrm.platform.records.update import locked, not_found
from xrm.platform.security import checks
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
    hold(work, link, first, second)
    return bool(links.add(work, link, [(first, second)]))


def disassociate(work: Work, relationship: str, first: UUID, second: UUID) -> bool:
    """Part two records; return whether they were linked.

    Raises:
        NotFound: one of them does not exist, or the actor may not see it.
        Forbidden: the actor may not link it.
    """
    link = relationship_of(work, relationship)
    hold(work, link, first, second)
    return bool(links.remove(work, link, [(first, second)]))


def hold(work: Work, link: Relationship, first: UUID, second: UUID) -> None:
    """Read both ends and hold them until the commit; refuse what may not be linked.

    Both are held in one order, whichever end a caller names first.
    """
    for entity, record in sorted({(link.first, first), (link.second, second)}, key=str):
        layout = layout_of(work.snapshot, entity)
        values = locked(work, layout, [record], "change").get(record)
        if values is None:
            raise not_found(layout, record)
        checks.require(work, entity, "append", values)
