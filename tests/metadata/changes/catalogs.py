"""Random catalogs, alike enough that their difference is interesting."""

from typing import Any

from hypothesis import strategies as st

from xrm.metadata.catalog import Catalog, compose
from xrm.metadata.documents import Document

ENTITIES = ("account", "contact", "ticket", "line")
FIELDS = ("alpha", "beta", "gamma", "delta")


def texts() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"type": st.just("text")},
        optional={
            "max_length": st.sampled_from([50, 100, 300]),
            "label": st.sampled_from(["A", "B"]),
            "required": st.booleans(),
        },
    )


def numbers() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "decimal", "currency", "float"])},
        optional={"default": st.integers(0, 5)},
    )


def others() -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(
        [
            {"type": "boolean"},
            {"type": "date"},
            {"type": "datetime"},
            {"type": "choice", "choices": "colors"},
            {"type": "choice", "choices": ["x", "y"]},
            {"type": "multichoice", "choices": "colors"},
            {"type": "location"},
            {"type": "tags"},
            {"type": "autonumber"},
            {"type": "integer", "formula": "1 + 1"},
            {"type": "integer", "formula": "1 + 1", "stored": True},
        ]
    )


def lookups() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "type": st.just("lookup"),
            "to": st.lists(
                st.sampled_from(ENTITIES), min_size=1, max_size=2, unique=True
            ),
        },
        optional={"on_delete": st.sampled_from(["cascade", "restrict"])},
    )


def fields() -> st.SearchStrategy[dict[str, Any]]:
    one = texts() | numbers() | others() | lookups()
    return st.dictionaries(st.sampled_from(FIELDS), one, max_size=4)


@st.composite
def documents(draw: st.DrawFn) -> list[Document]:
    """Give the documents of a catalog; their names come from few, so pairs overlap."""
    made = [
        _document(
            "choice",
            "colors",
            options=draw(st.sampled_from([["Red"], ["Red", "Blue"]])),
        )
    ]
    names = draw(st.sets(st.sampled_from(ENTITIES)))
    for name in sorted(names):
        declared = draw(fields())
        extra: dict[str, Any] = {
            "ownership": draw(st.sampled_from(["user", "organization"]))
        }
        keyed = [n for n, f in declared.items() if f["type"] in ("text", "integer")]
        if keyed and draw(st.booleans()):
            extra["keys"] = {"by": keyed[:1]}
        if draw(st.booleans()):
            extra["label"] = draw(st.sampled_from(["One", "Two"]))
        made.append(_document("entity", name, fields=declared, **extra))
        for view in draw(st.sets(st.sampled_from(["open", "mine"]))):
            sort = draw(
                st.sampled_from([[], ["createdon"], ["-modifiedon"], ["alpha"]])
            )
            made.append(
                _document("view", view, entity=name, columns=["createdon"], sort=sort)
            )
    if len(names) > 1 and draw(st.booleans()):
        first, second = sorted(names)[:2]
        made.append(
            _document(
                "relationship",
                "pairs",
                entities=[first, second],
                label=draw(st.sampled_from(["", "Pairs"])),
            )
        )
    for role in draw(st.sets(st.sampled_from(["boss", "clerk"]))):
        made.append(
            _document("role", role, tasks=draw(st.sampled_from([[], ["import"]])))
        )
    return made


def catalogs() -> st.SearchStrategy[Catalog]:
    return documents().map(compose)


def _document(kind: str, name: str, **data: Any) -> Document:
    return Document(kind, name, {"kind": kind, "name": name, **data})
