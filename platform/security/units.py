"""Know the tree of business units: which units lie below one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class UnitTree:
    """All business units; `parents` is unit → parent (`None` for the root)."""

    parents: Mapping[UUID, UUID | None] = field(default_factory=dict)
    _below: dict[UUID, frozenset[UUID]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def below(self, unit: UUID) -> frozenset[UUID]:
        """Return the unit and all units below it; a circle of parents does no harm."""
        found = self._below.get(unit)
        if found is None:
            children: dict[UUID, list[UUID]] = {}
            for child, parent in self.parents.items():
                if parent is not None:
                    children.setdefault(parent, []).append(child)
            seen = {unit}
            waiting = [unit]
            while waiting:
                for child in children.get(waiting.pop(), ()):
                    if child not in seen:
                        seen.add(child)
                        waiting.append(child)
            found = self._below[unit] = frozenset(seen)
        return found
