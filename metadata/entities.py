"""Know what an entity is: its fields, states, keys and lookups.

`Entity.fields` holds the declared fields and the system fields (`system_fields.py`)
alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from xrm.metadata.choices import ChoiceList
from xrm.metadata.definitions import UnknownField

Required = Literal["none", "recommended", "required"]
Cascade = Literal["none", "cascade", "active", "user_owned"]
OnDelete = Literal["cascade", "remove_link", "restrict"]


@dataclass(frozen=True, slots=True)
class LookupTarget:
    """One entity a lookup may point to, with the N:1 relationship it makes.

    `relationship` names the relationship (and the collection in the API), `collection`
    is the short name of the children seen from the target in rules and subgrids.
    """

    entity: str
    relationship: str
    collection: str
    on_delete: OnDelete = "remove_link"
    on_assign: Cascade = "none"
    on_share: Cascade = "none"
    on_unshare: Cascade = "none"
    on_reparent: Cascade = "none"
    on_merge: Cascade = "none"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity; `options` holds what only its type knows."""

    name: str
    type: str
    label: str
    description: str = ""
    required: Required = "none"
    default: Any = None
    formula: str | None = None
    stored: bool = False
    """Whether a formula's value is kept in a column and recomputed on write."""
    rollup: str | None = None
    renamed_from: str | None = None
    searchable: bool = True
    audited: bool = True
    secured: bool = False
    system: bool = False
    """Whether the platform declares it (`system_fields.py`)."""
    read_only: bool = False
    unit: str | None = None
    choices: ChoiceList | None = None
    """The options of a choice, multichoice, state or status field, resolved."""
    targets: tuple[LookupTarget, ...] = ()
    """What a lookup or owner field may point to."""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_required(self) -> bool:
        """Return whether a record without a value is refused."""
        return self.required == "required"

    @property
    def is_lookup(self) -> bool:
        """Return whether it points to records."""
        return self.type in ("lookup", "owner")

    @property
    def is_polymorphic(self) -> bool:
        """Return whether it may point to records of more than one entity."""
        return len(self.targets) > 1

    @property
    def is_computed(self) -> bool:
        """Return whether the value is a formula computed on read, without a column."""
        return self.formula is not None and not self.stored

    @property
    def is_stored(self) -> bool:
        """Return whether the field has columns in the entity's table."""
        return not self.is_computed


@dataclass(frozen=True, slots=True)
class Reason:
    """A status reason (`statuscode` value), belonging to one state."""

    value: int
    label: str
    default: bool = False
    color: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """A state (`statecode` value) with its status reasons."""

    value: int
    name: str
    reasons: tuple[Reason, ...]
    read_only: bool = False
    color: str | None = None

    @property
    def default_reason(self) -> Reason:
        """Return the reason a record gets when only the state is given."""
        return next((r for r in self.reasons if r.default), self.reasons[0])


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """What counts as the same record, and what happens then."""

    name: str
    match: Mapping[str, str]
    action: Literal["warn", "block"] = "warn"
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity; `fields` includes the system fields, in the order of declaration."""

    name: str
    set_name: str
    label: str
    plural_label: str
    fields: Mapping[str, Field]
    ownership: Literal["user", "organization", "none"] = "user"
    title: str | None = None
    description: str = ""
    kind: Literal["standard", "activity", "activity_base", "child"] = "standard"
    parent: str | None = None
    """For a child entity: the lookup field whose target decides every right."""
    icon: str | None = None
    color: str | None = None
    states: tuple[State, ...] = ()
    transitions: Mapping[str, tuple[str, ...]] | None = None
    """State name → states it may change to; `None` allows every change."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    duplicates: tuple[DuplicateRule, ...] = ()
    hierarchy: str | None = None
    """The self-referencing lookup that makes a tree."""
    board: str | None = None
    """The field whose options are the lanes of a board."""
    quick_find: tuple[str, ...] = ()
    notes: bool = False
    activities: bool = False
    connections: bool = False
    queues: bool = False
    audited: bool = True
    renamed_from: str | None = None
    object_type_code: int | None = None
    parties: Mapping[str, Field] = field(default_factory=dict)
    """The fields of type `party`: they have no columns, each party is a row."""
    mappings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Lookup → {parent field: this field}, copied into a record made from a parent."""

    @property
    def key(self) -> str:
        """Return the name of the key: `<entity>id`, `activityid` for activities."""
        return "activityid" if self.kind.startswith("activity") else f"{self.name}id"

    def field(self, name: str) -> Field:
        """Return a field by name.

        Raises:
            UnknownField: the entity has no such field.
        """
        try:
            return self.fields[name]
        except KeyError:
            raise UnknownField(f"{self.name}.{name}") from None

    def declared(self, name: str) -> Field:
        """Return a field by name, also one of parties.

        Raises:
            UnknownField: the entity has no such field.
        """
        return self.parties.get(name) or self.field(name)

    @property
    def lookups(self) -> tuple[Field, ...]:
        """Return the fields that point to records."""
        return tuple(f for f in self.fields.values() if f.is_lookup)

    def state(self, value: int | None) -> State | None:
        """Return the state of a `statecode` value."""
        return next((s for s in self.states if s.value == value), None)

    def state_of_reason(self, reason: int | None) -> State | None:
        """Return the state a `statuscode` value belongs to."""
        return next(
            (s for s in self.states if any(r.value == reason for r in s.reasons)), None
        )
