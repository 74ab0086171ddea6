"""Know how a file becomes a document: its language, its kind, its name."""

from xrm.metadata.document_tree import shorten
from xrm.metadata.documents import KINDS, PER_ENTITY, Document, LoadedNode
from xrm.metadata.json_documents import load_json
from xrm.metadata.yaml_documents import load_yaml
from xrm.rule_engine.problems import Problem, did_you_mean


def load(content: str | bytes, file: str) -> LoadedNode:
    """Return what a file says: JSON when its name ends so, else YAML."""
    return (
        load_json(content, file) if file.endswith(".json") else load_yaml(content, file)
    )


def document_of(node: LoadedNode) -> tuple[Document | None, tuple[Problem, ...]]:
    """Return the document of a file that was read, or the problems that prevent it.

    Asked is only what a document cannot be without: its kind, its name and, where the
    kind belongs to an entity, its entity. The rest is the business of `schemas`.
    """
    if node.problems:
        return None, node.problems
    data = node.data
    if not isinstance(data, dict):
        what = "is empty" if data is None else "does not hold a mapping"
        return None, (
            Problem(
                "D020",
                f"The file {what}.",
                node.where(),
                'Begin with "kind: entity", for instance.',
            ),
        )
    problems = []
    kind = data.get("kind")
    if kind not in KINDS:
        if kind is None:
            message, hint = "The key kind is missing.", None
        else:
            message = f'There is no kind "{shorten(str(kind))}".'
            hint = did_you_mean(kind, KINDS) if isinstance(kind, str) else None
        problems.append(
            Problem(
                "D021",
                message,
                node.where(("kind",)),
                hint or f"Kinds: {', '.join(KINDS)}.",
            )
        )
    has_entity = isinstance(kind, str) and kind in PER_ENTITY
    needed = ("name", "entity") if has_entity else ("name",)
    for key in needed:
        value = data.get(key)
        if not isinstance(value, str) or not value:
            message = (
                f"The key {key} must be a text."
                if key in data
                else f"The key {key} is missing."
            )
            hint = (
                "Name the entity it belongs to."
                if key == "entity"
                else "Give it a name of small letters, digits and underscores."
            )
            problems.append(Problem("D022", message, node.where((key,)), hint))
    if problems:
        return None, tuple(problems)
    return (
        Document(
            kind=str(kind),
            name=data["name"],
            data=data,
            file=node.file,
            positions=node.positions,
            keys=node.keys,
            texts=node.texts,
            source=node.source,
        ),
        (),
    )


def load_document(
    content: str | bytes, file: str
) -> tuple[Document | None, tuple[Problem, ...]]:
    """Return the document of a file, or the problems that prevent it."""
    return document_of(load(content, file))
