"""Random catalogs, random changes of them, and random rows."""

import copy
import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from xrm.metadata.documents import Document
from xrm.metadata.entities import Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import Ref

ENTITIES = ("alpha", "beta", "gamma", "delta", "epsilon")
FIELDS = tuple(f"f{n}" for n in range(12))
Data = dict[str, dict[str, Any]]
"""Entity (or `~` and relationship) → its document's data."""


class Maker:
    """Makes catalogs, changes and rows from one seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    # Catalogs

    def catalog(self) -> Data:
        """Return a random catalog."""
        names = self.chance.sample(ENTITIES, self.chance.randint(1, 4))
        made: Data = {}
        for name in names:
            made[name] = self.entity(name, names)
        return made

    def entity(self, name: str, names: list[str]) -> dict[str, Any]:
        """Return a random entity's data."""
        fields = {
            field: self.field(names)
            for field in self.chance.sample(FIELDS, self.chance.randint(1, 6))
        }
        data: dict[str, Any] = {
            "kind": "entity",
            "name": name,
            "fields": fields,
            "ownership": self.chance.choice(["user", "none"]),
        }
        texts = [n for n, f in fields.items() if f["type"] in ("text", "integer")]
        if texts and self.chance.random() < 0.3:
            data["keys"] = {"k": texts[:2]}
        return data

    def field(self, names: list[str]) -> dict[str, Any]:
        """Return a random field's data."""
        kinds: tuple[Callable[[], dict[str, Any]], ...] = (
            lambda: {
                "type": "text",
                "max_length": self.chance.choice([3, 8, 40, 9000]),
            },
            lambda: {"type": "integer", "size": self.chance.choice(["big", "normal"])},
            lambda: {"type": "decimal", "scale": self.chance.randint(0, 5)},
            lambda: {"type": "currency"},
            lambda: {"type": "float"},
            lambda: {"type": "boolean"},
            lambda: {"type": "date"},
            lambda: {"type": "datetime"},
            lambda: {"type": "choice", "choices": ["One", "Two", "12"]},
            lambda: {"type": "multichoice", "choices": ["One", "Two", "12"]},
            lambda: {"type": "location"},
            lambda: {"type": "tags"},
            lambda: {
                "type": "lookup",
                "to": self.chance.sample(names, self.chance.randint(1, len(names))),
            },
        )
        made = self.chance.choice(kinds)()
        if made.get("size") == "normal":
            del made["size"]
        return made

    # Changes

    def change(self, before: Data) -> Data:
        """Return the catalog after a few random changes."""
        after = copy.deepcopy(before)
        for data in after.values():
            data.pop("renamed_from", None)
            for field in data["fields"].values():
                field.pop("renamed_from", None)
        for _ in range(self.chance.randint(1, 5)):
            self._change(after, before)
        for data in after.values():
            for field in data["fields"].values():
                if field["type"] == "lookup":
                    kept = [t for t in field["to"] if t in after]
                    field["to"] = kept or [data["name"]]
        return after

    def _change(self, after: Data, before: Data) -> None:
        names = list(after)
        free = [n for n in ENTITIES if n not in after and n not in before]
        name = self.chance.choice(names)
        fields: dict[str, dict[str, Any]] = after[name]["fields"]
        field = self.chance.choice(list(fields))
        unused = [
            f for f in FIELDS if f not in fields and f not in _fields(before, name)
        ]
        action = self.chance.randrange(9)
        if action == 0 and free:
            after[free[0]] = self.entity(free[0], [*names, free[0]])
        elif action == 1 and len(names) > 1:
            del after[name]
        elif action == 2 and free and name in before:
            self._rename_entity(after, name, free[0])
        elif action == 3 and unused:
            fields[unused[0]] = self.field(names)
        elif action == 4 and len(fields) > 1:
            del fields[field]
            after[name].pop("keys", None)
        elif action == 5 and unused and field in _fields(before, name):
            moved = {**fields.pop(field), "renamed_from": field}
            fields[unused[0]] = moved
            after[name].pop("keys", None)
        elif action == 6:
            after[name].pop("keys", None)
            after[name]["keys"] = {"k2": [field]}
            if fields[field]["type"] not in ("text", "integer"):
                del after[name]["keys"]
        elif action == 7:
            after[name]["ownership"] = self.chance.choice(["user", "none"])
        else:
            known = fields[field].get("renamed_from")
            fields[field] = self.field(names)
            if known:
                fields[field]["renamed_from"] = known
            after[name].pop("keys", None)

    def _rename_entity(self, after: Data, old: str, new: str) -> None:
        data = after.pop(old)
        data["name"] = new
        data["renamed_from"] = old
        after[new] = data
        for other in after.values():
            for field in other["fields"].values():
                if field["type"] == "lookup":
                    field["to"] = [new if t == old else t for t in field["to"]]

    # Rows

    def row(self, fields: list[Field]) -> dict[str, Any]:
        """Return the columns of one random row."""
        made: dict[str, Any] = {}
        for field in fields:
            kind = field_type(field.type)
            value = None if self.chance.random() < 0.2 else self.value(field)
            if value is None:
                values: tuple[Any, ...] = tuple(None for _ in kind.columns(field))
            else:
                values = kind.to_columns(field, value)
            names = [c.name for c in kind.columns(field)]
            made.update(zip(names, values, strict=True))
        return made

    def value(self, field: Field) -> Any:
        """Return a random value of a field as the platform holds it."""
        chance = self.chance
        number = chance.choice([0, 1, -7, 12, 99_999, chance.randint(-(10**6), 10**6)])
        match field.type:
            case "text":
                length = min(field.options.get("max_length", 100), 60)
                words = [
                    "12",
                    "One",
                    "x" * length,
                    "Žluťoučký kůň",
                    "2024-02-29",
                    "-3.5",
                ]
                return chance.choice(words)[:length]
            case "integer":
                return number
            case "decimal" | "currency":
                scale = field.options.get("scale", 2)
                return Decimal(number).scaleb(-min(scale, chance.randint(0, 5)))
            case "float":
                return chance.choice([0.1, 1e300, -2.5, float(number)])
            case "boolean":
                return chance.random() < 0.5
            case "date":
                return date(2024, 2, 29)
            case "datetime":
                return datetime(2024, 2, 29, 12, 30, 1, number % 1000, tzinfo=UTC)
            case "choice":
                return chance.choice([1, 2, 3])
            case "multichoice":
                return chance.choice([(1,), (1, 3)])
            case "tags":
                return field_type("tags").parse(field, "red,Blue")
            case "location":
                return field_type("location").parse(field, [50.1, 14.4])
            case "lookup":
                target = chance.choice(field.targets).entity
                return Ref(target, UUID(int=chance.randint(1, 5)))
        return None


def _fields(data: Data, entity: str) -> dict[str, Any]:
    found: dict[str, Any] = data.get(entity, {}).get("fields", {})
    return found


def documents(data: Data) -> list[Document]:
    """Return the documents of a catalog."""
    return [Document("entity", name, body) for name, body in data.items()]
