"""Ask with a person's view: `?userQuery=<id>` gives its columns, filter and order.

$select and $orderby of the call go before the view's, $filter holds besides. Only
columns of the entity itself are given: a looked-up record's are asked for by $expand.
"""

from dataclasses import dataclass
from uuid import UUID

from xrm.metadata.entities import Entity
from xrm.platform.api.calls import Call
from xrm.platform.database.work import Work
from xrm.platform.errors import NotFound
from xrm.platform.query.filter_tree import FilterMaker
from xrm.platform.query.query import Condition, Expr, Order, both
from xrm.platform.security import access
from xrm.platform.services import personal_views

OPTION = "userQuery"


@dataclass(frozen=True, slots=True)
class StoredView:
    """What a view asks for, as options of the call would."""

    select: str | None = None
    where: Condition | None = None
    order: tuple[Order, ...] = ()


NONE = StoredView()


def stored_view(work: Work, call: Call, entity: Entity) -> StoredView:
    """Return the view that a call names; one without parts when it names none.

    Raises:
        NotFound: there is no such view of the entity, or the actor may not read it.
    """
    text = call.option(OPTION)
    if text is None:
        return NONE
    try:
        found = personal_views.view(work, entity.name, UUID(text.strip()))
    except ValueError:
        found = None
    if found is None:
        raise NotFound(
            f"There is no view {text[:80]} of {entity.set_name} that you may read.",
            target=OPTION,
        )
    opened = personal_views.opened(
        work.catalog, entity, found.kept, found.name, str(found.id)
    )
    view = opened.view
    names = [c.field for c in view.columns if c.field in entity.fields]
    maker = FilterMaker(work.catalog, lambda name: _readable(work, name))
    own = Expr(view.filter) if view.filter else None
    return StoredView(
        ",".join(dict.fromkeys(names)) or None,
        both(own, maker.condition(entity, opened.tree)),
        tuple(Order(key.field, key.descending) for key in view.sort),
    )


def _readable(work: Work, entity: str) -> frozenset[str]:
    if not access.may(work.actor, entity, "read") and not work.actor.is_system:
        return frozenset()
    return access.readable_fields(work.snapshot, work.actor, entity)
