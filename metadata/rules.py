"""Know what a rule document is; its text is the rule engine's business."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xrm.metadata.definitions import words_of


@dataclass(frozen=True, slots=True)
class RuleDefinition:
    """A rule of an entity: text in the rule language."""

    entity: str
    name: str
    label: str
    text: str
    description: str = ""
    enabled: bool = True
    order: int = 100


def from_document(data: Mapping[str, Any]) -> RuleDefinition:
    """Read a document of kind `rule`."""
    return RuleDefinition(
        entity=data["entity"],
        name=data["name"],
        label=data.get("label") or words_of(data["name"]),
        text=data["rule"],
        description=data.get("description", ""),
        enabled=data.get("enabled", True),
        order=data.get("order", 100),
    )
