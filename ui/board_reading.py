"""Read a board: what each lane counts and adds up to, the first cards of each lane.

One query for all lanes' figures, one for the cards of each lane that has any.
"""

from typing import Any

from flask import Response, get_flashed_messages, request

from xrm.metadata.entities import Entity, Field
from xrm.platform.query.query import Condition, Order
from xrm.platform.query.run import run
from xrm.platform.security import access
from xrm.ui import (
    board_page,
    layouts,
    list_page,
    list_reading,
    offers,
    shell,
    shortcuts,
)
from xrm.ui.board_page import BoardPage, Card, Figures, LaneKind
from xrm.ui.columns import Columns
from xrm.ui.list_state import ListState
from xrm.ui.list_views import ChosenView
from xrm.ui.responses import fragment, htmx, page, wants_fragment
from xrm.ui.visit import Visit


class Board:
    """A board being read."""

    def __init__(
        self, seen: Visit, entity: Entity, state: ListState, chosen: ChosenView
    ) -> None:
        self.seen, self.entity, self.state = seen, entity, state
        self.readable = seen.readable(entity.name)
        by = layouts.chosen(layouts.lane_fields(entity, self.readable), state.by)
        assert by is not None, "the board layout is offered where there is a field"
        self.by: Field = by
        self.address = shell.list_address(seen.app, entity.name)
        self.chosen = chosen
        view = chosen.view
        self.columns: Columns = seen.work.snapshot.cache("ui_cards").get(
            (view, by.name, seen.app, self.readable),
            lambda: board_page.card_columns(
                seen.work.catalog, entity, view, by, seen.app, self.readable
            ),
        )
        listed = list_reading.columns_for(seen, entity, view)
        self.where: Condition | None = list_reading.where_of(
            seen, entity, chosen, state
        )
        self.order: tuple[Order, ...] = list_page.order_of(view, listed, state)

    def cards(
        self, value: int | None, after: str | None = None
    ) -> tuple[tuple[Card, ...], str | None]:
        """Return cards of a lane, and the cursor of the next ones."""
        seen = self.seen
        found = run(
            seen.work,
            board_page.cards_query(
                self.entity,
                self.columns,
                self.where,
                self.order,
                self.by,
                value,
                after,
            ),
        )
        seen.add_names(found.rows, self.columns.late)
        key = self.entity.key
        movable = offers.changeable(
            seen, self.entity.name, [row[key] for row in found.rows]
        )
        made = tuple(
            board_page.card(
                row,
                self.entity,
                self.columns,
                seen.reader,
                self.by,
                self.address,
                may_move=row[key] in movable,
            )
            for row in found.rows
        )
        return made, found.next

    def build(self) -> BoardPage:
        """Return the whole board."""
        seen, entity, by = self.seen, self.entity, self.by
        money = board_page.money_of(entity, self.columns, self.readable)
        query = board_page.figures_query(entity, self.where, by, money)
        figures: dict[int | None, Figures] = {
            row["lane"]: Figures(row["many"], row.get("total"))
            for row in run(seen.work, query).rows
        }
        largest = max((one.count for one in figures.values()), default=0)
        new = f"{self.address}/new" if shell.may_create(seen.actor, entity) else ""
        made = []
        for kind in board_page.lanes_of(by, figures):
            own = figures.get(kind.value, Figures())
            cards, cursor = self.cards(kind.value) if own.count else ((), None)
            words = board_page.money_words(own.sum, seen.reader)
            made.append(
                board_page.lane(
                    kind, by, self.state, own, largest, cards, words, cursor, new
                )
            )
        lock = board_page.move_lock(by)
        may = bool(access.may(seen.actor, entity.name, "write"))
        if not lock and not may:
            lock = "Your roles do not let you change these records"
        return BoardPage(
            field=by.name,
            label=by.label,
            lanes=tuple(made),
            movable=not lock,
            lock=lock,
            here=self.state.first().address(),
        )


def show(seen: Visit, entity: Entity, state: ListState, chosen: ChosenView) -> Response:
    """Show a board, or the part of it that htmx asks for."""
    board = Board(seen, entity, state, chosen)
    if request.args.get("next") and htmx:
        return _more(board)
    values = body(board)
    here, title = state.first().address(), values["list"].title
    values["pin"] = shortcuts.pin_of_page(seen, here, title, "this board")
    if wants_fragment("list"):
        said = get_flashed_messages(with_categories=True)
        return fragment("list/board_fragment.html", said=said, **values)
    return page(
        "list/board_page.html",
        shell=seen.shell(entity.name, entity.plural_label),
        **values,
    )


def body(board: Board) -> dict[str, Any]:
    """Return what the templates of a board show."""
    head = list_reading.make_head(board.seen, board.entity, board.state, board.chosen)
    return {"list": head, "board": board.build()}


def _more(board: Board) -> Response:
    """Answer with the next cards of a lane."""
    text = request.args.get("lane", "")
    value = int(text) if text.lstrip("-").isdigit() else None
    cards, cursor = board.cards(value, request.args["next"])
    kind = LaneKind(value, "", "gray")
    shown = board_page.lane(
        kind, board.by, board.state, Figures(), 0, cards, "", cursor, ""
    )
    lock = board_page.move_lock(board.by)
    return fragment(
        "list/more_cards.html",
        lane=shown,
        movable=not lock,
        here=board.state.first().address(),
    )
