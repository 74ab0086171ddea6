"""Know what an N:N relationship is (kind `relationship`).

N:1 relationships are declared by lookup fields (`entities.LookupTarget`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Relationship:
    """An N:N relationship between `first` and `second`, kept in a table of pairs.

    `first_collection` is the name of the second entity's records seen from the first
    one, `second_collection` the other way. `table` is the name of the table of pairs;
    its columns are the key `<table>id`, `first_column` and `second_column`.
    """

    name: str
    first: str
    second: str
    table: str
    first_collection: str
    second_collection: str
    first_column: str
    second_column: str
    label: str = ""
    renamed_from: str | None = None


def from_document(data: Mapping[str, Any]) -> Relationship:
    """Read a document of kind `relationship`.

    `entities: [a, b]`, `collections: {a: name of the bs, b: name of the as}`.
    """
    first, second = data["entities"]
    collections = data.get("collections") or {}
    name = data["name"]
    same = first == second
    return Relationship(
        name=name,
        first=first,
        second=second,
        table=data.get("table") or name,
        first_collection=collections.get(first) or name,
        second_collection=(collections.get("back") if same else collections.get(second))
        or (f"{name}_back" if same else name),
        first_column=f"{first}id" if not same else f"{first}id_one",
        second_column=f"{second}id" if not same else f"{second}id_two",
        label=data.get("label", ""),
        renamed_from=data.get("renamed_from"),
    )
