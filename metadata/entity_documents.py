"""Know how a document of kind `entity` becomes an `Entity`."""

from collections.abc import Mapping
from typing import Any

from xrm.metadata.choices import ChoiceList, choice_list, options_from
from xrm.metadata.definitions import frozen, texts, words_of
from xrm.metadata.entities import (
    DuplicateRule,
    Entity,
    Field,
    LookupTarget,
    Reason,
    Required,
    State,
)
from xrm.metadata.family import ACTIVITY, ACTIVITY_BASE, SWITCHES, Family
from xrm.metadata.system_fields import (
    activity_type,
    system_fields,
    with_base_amounts,
)

ACTIVE_INACTIVE = (
    State(0, "Active", (Reason(1, "Active", default=True),)),
    State(1, "Inactive", (Reason(2, "Inactive", default=True),), read_only=True),
)
"""The states of an entity that declares none."""

FIELD_KEYS = frozenset(
    [
        "type",
        "label",
        "description",
        "required",
        "default",
        "formula",
        "stored",
        "rollup",
        "renamed_from",
        "searchable",
        "audited",
        "secured",
        "read_only",
        "unit",
        "choices",
        "to",
        "to_all",
        "relationship",
        "relationship_names",
        "collection",
        "on_delete",
        "on_assign",
        "on_share",
        "on_unshare",
        "on_reparent",
        "on_merge",
        "relationships",
    ]
)
"""The keys every field may have; other keys are options of its type."""

PARTY = "party"
_NAMES = frozenset({"relationship", "relationships", "renamed_from"})
NO_FAMILY = Family(dict.fromkeys((*SWITCHES, ACTIVITY), ()))
"""Of an entity that stands alone."""
_CASCADES = (
    "on_delete",
    "on_assign",
    "on_share",
    "on_unshare",
    "on_reparent",
    "on_merge",
)


def required_level(value: Any) -> Required:
    """Read `required`: true, false or `recommended`."""
    if value is True:
        return "required"
    if value in ("recommended", "required"):
        return value  # type: ignore[no-any-return]  # narrowed by the test above
    return "none"


def targets_from(
    entity: str,
    set_name: str,
    name: str,
    data: Mapping[str, Any],
    family: Family = NO_FAMILY,
) -> tuple[LookupTarget, ...]:
    """Read what a lookup points to, with one relationship for each target."""
    marked = [t for mark in texts(data.get("to_all")) for t in family.marked[mark]]
    targets = tuple(dict.fromkeys([*texts(data.get("to")), *marked]))
    per_target = data.get("relationships") or {}
    pattern = data.get("relationship_names")
    made = []
    for target in targets:
        own = {**data, **(per_target.get(target) or {})}
        suffix = f"_{target}" if len(targets) > 1 else ""
        relationship = (per_target.get(target) or {}).get("name") or own.get(
            "relationship"
        )
        if len(targets) > 1 and "name" not in (per_target.get(target) or {}):
            relationship = None
        if relationship is None and pattern:
            relationship = pattern.format(
                target=target, entity=entity, set_name=set_name
            )
        made.append(
            LookupTarget(
                entity=target,
                relationship=relationship or f"{entity}_{name}{suffix}",
                collection=own.get("collection") or set_name,
                **{key: own[key] for key in _CASCADES if own.get(key)},
            )
        )
    return tuple(made)


def field_from(
    entity: str,
    set_name: str,
    name: str,
    data: Mapping[str, Any],
    shared: Mapping[str, ChoiceList],
    family: Family = NO_FAMILY,
) -> Field:
    """Read one field; `shared` are the choice lists of the catalog by name."""
    listed = data.get("choices")
    choices: ChoiceList | None = None
    if isinstance(listed, str):
        choices = shared.get(listed)
    elif listed:
        choices = choice_list(f"{entity}_{name}", options_from(listed))
    return Field(
        name=name,
        type=data["type"],
        label=data.get("label") or words_of(name),
        description=data.get("description", ""),
        required=required_level(data.get("required")),
        default=data.get("default"),
        formula=data.get("formula"),
        stored=bool(data.get("stored", False)),
        rollup=data.get("rollup"),
        renamed_from=data.get("renamed_from"),
        searchable=data.get("searchable", True),
        audited=data.get("audited", True),
        secured=data.get("secured", False),
        read_only=bool(data.get("read_only", False)),
        unit=data.get("unit"),
        choices=choices,
        targets=(
            tuple(LookupTarget(target, "", "") for target in family.parties)
            if data["type"] == PARTY
            else targets_from(entity, set_name, name, data, family)
        ),
        options=frozen({k: v for k, v in data.items() if k not in FIELD_KEYS}),
    )


def _with_common(
    set_name: str, own: Mapping[str, Any], common: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """Return an activity's fields with those all activities share.

    First what people fill in everywhere, then its own, last what they do not look for.
    """
    shared = {name: _inherited(set_name, body) for name, body in common.items()}
    quiet = {n: body for n, body in shared.items() if body.get("searchable") is False}
    first = {n: own.get(n, body) for n, body in shared.items() if n not in quiet}
    return {**first, **own, **{n: b for n, b in quiet.items() if n not in own}}


def _inherited(set_name: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a field of the activity base as one of its activities has it.

    Names of relationships belong to one entity: those follow the pattern, or are made
    anew; so does a collection that the base names.
    """
    made = {k: v for k, v in body.items() if k not in _NAMES}
    if body.get("collection"):
        made["collection"] = f"{set_name}_{body['collection']}"
    return made


def matches_from(data: Any) -> Mapping[str, str]:
    """Read what duplicates are compared by: a mapping, or a list of mappings."""
    parts = [data] if isinstance(data, Mapping) else data
    return frozen({name: how for part in parts for name, how in part.items()})


def states_from(data: Any) -> tuple[State, ...]:
    """Read the states; none declared means Active and Inactive."""
    if not data:
        return ACTIVE_INACTIVE
    return tuple(
        State(
            value=state["value"],
            name=state["name"],
            reasons=tuple(
                Reason(
                    value=reason["value"],
                    label=reason["label"],
                    default=bool(reason.get("default")),
                    color=reason.get("color"),
                )
                for reason in state["reasons"]
            ),
            read_only=bool(state.get("read_only")),
            color=state.get("color"),
        )
        for state in data
    )


def from_document(
    data: Mapping[str, Any],
    shared: Mapping[str, ChoiceList],
    family: Family = NO_FAMILY,
) -> Entity:
    """Read a document of kind `entity`; `shared` are the choice lists by name.

    `family` is what it takes from the other entities.
    """
    name = data["name"]
    set_name = data.get("set_name") or f"{name}s"
    kind = data.get("entity_kind", "standard")
    key = "activityid" if kind in (ACTIVITY, ACTIVITY_BASE) else f"{name}id"
    ownership = data.get("ownership", "user")
    states = states_from(data.get("states"))
    bodies = data.get("fields") or {}
    if kind == ACTIVITY:
        bodies = _with_common(set_name, bodies, family.common)
    declared = {
        field_name: field_from(name, set_name, field_name, body, shared, family)
        for field_name, body in bodies.items()
    }
    parties = {n: f for n, f in declared.items() if f.type == PARTY}
    declared = {n: f for n, f in declared.items() if f.type != PARTY}
    has_currency = any(f.type == "currency" for f in declared.values())
    system = system_fields(name, key, ownership, states, has_currency=has_currency)
    if kind == ACTIVITY_BASE:
        system["activitytypecode"] = activity_type(name, family.activities)
    fields = with_base_amounts({**system, **declared})
    label = data.get("label") or words_of(name)
    return Entity(
        name=name,
        set_name=set_name,
        label=label,
        plural_label=data.get("plural_label") or f"{label}s",
        description=data.get("description", ""),
        fields=frozen(fields),
        ownership=ownership,
        title=data.get("title"),
        kind=kind,
        parent=data.get("parent"),
        icon=data.get("icon"),
        color=data.get("color"),
        states=states,
        transitions=(
            frozen({k: texts(v) for k, v in data["transitions"].items()})
            if data.get("transitions")
            else None
        ),
        keys=frozen({k: texts(v) for k, v in (data.get("keys") or {}).items()}),
        duplicates=tuple(
            DuplicateRule(
                name=rule,
                match=matches_from(body["match"]),
                action=body.get("action", "warn"),
                entity=body.get("entity"),
            )
            for rule, body in (data.get("duplicates") or {}).items()
        ),
        hierarchy=data.get("hierarchy"),
        board=data.get("board"),
        quick_find=texts(data.get("quick_find")),
        notes=bool(data.get("notes")),
        activities=bool(data.get("activities")),
        connections=bool(data.get("connections")),
        queues=bool(data.get("queues")),
        audited=data.get("audited", True),
        renamed_from=data.get("renamed_from"),
        object_type_code=data.get("object_type_code"),
        parties=frozen(parties),
        mappings=frozen(
            {k: frozen(v) for k, v in (data.get("mappings") or {}).items()}
        ),
    )
