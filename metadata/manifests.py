"""Know what a solution's manifest is (kind `solution`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xrm.metadata.definitions import frozen, words_of


@dataclass(frozen=True, slots=True)
class Manifest:
    """A solution: who made it, which version it is, what it needs."""

    name: str
    label: str
    version: str
    publisher: str
    prefix: str = ""
    description: str = ""
    requires: Mapping[str, str] = field(default_factory=dict)
    """Solution name → version condition such as `>=1.0`."""
    license: str = ""


def from_document(data: Mapping[str, Any]) -> Manifest:
    """Read `solution.yaml`."""
    return Manifest(
        name=data["name"],
        label=data.get("label") or words_of(data["name"]),
        version=str(data["version"]),
        publisher=data.get("publisher", ""),
        prefix=data.get("prefix", ""),
        description=data.get("description", ""),
        requires=frozen(data.get("requires")),
        license=data.get("license", ""),
    )
