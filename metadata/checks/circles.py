"""Know whether formulas and rollups depend on each other in a circle."""

from collections.abc import Iterator, Mapping

from xrm.metadata.catalog import Catalog
from xrm.metadata.dependencies import Place, circles, places_read
from xrm.metadata.documents import Document, Path
from xrm.rule_engine import Problem, TypedExpression


def circle_problems(
    catalog: Catalog,
    computed: Mapping[Place, TypedExpression],
    places: Mapping[Place, tuple[Document, Path]],
) -> Iterator[Problem]:
    """Give one problem for each circle, at its first field."""
    graph = {
        place: places_read(expression, catalog) & computed.keys()
        for place, expression in computed.items()
    }
    for circle in circles(graph):
        document, path = places[circle[0]]
        way = " → ".join(f"{entity}.{name}" for entity, name in circle)
        yield Problem(
            "G006",
            f"A computed value depends on itself: {way}.",
            document.where(path),
            "Take one of the fields out of its formula.",
        )
