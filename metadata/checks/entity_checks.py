"""Know whether an entity is sound: names, title, states, keys, switches.

Its fields are checked in `field_checks`.
"""

from collections.abc import Iterator

from xrm.metadata.checks.context import Context
from xrm.metadata.checks.field_checks import check_fields
from xrm.metadata.checks.names import reserved_entity
from xrm.metadata.documents import Path
from xrm.metadata.entities import Entity, Field
from xrm.metadata.family import ACTIVITY, ACTIVITY_BASE
from xrm.metadata.fields import FIELD_TYPES

MAX_FIELDS = 800
MAX_KEY_FIELDS = 16


def check(context: Context) -> None:
    """Check a document of kind `entity`."""
    entity = context.catalog.entities.get(context.document.name)
    if entity is None:
        return
    reason = reserved_entity(entity.name)
    if reason:
        context.report("E001", reason, ("name",), "Choose another name.")
    if len(entity.fields) > MAX_FIELDS:
        context.report(
            "E011",
            f"{entity.name} has {len(entity.fields)} fields with the platform's; "
            f"at most {MAX_FIELDS} are allowed.",
            ("fields",),
            "Move some to an entity of their own.",
            key=True,
        )
    check_fields(context, entity)
    _check_title(context, entity)
    _check_ownership(context, entity)
    _check_states(context, entity)
    _check_keys(context, entity)
    _check_duplicates(context, entity)
    _check_hierarchy(context, entity)
    _check_board(context, entity)
    _check_quick_find(context, entity)
    _check_mappings(context, entity)
    _check_cascades(context, entity)
    _check_activity(context, entity)


def _check_title(context: Context, entity: Entity) -> None:
    if entity.title is None:
        return
    field = context.field(entity, entity.title, ("title",), "E002")
    if field and field.type not in ("text", "autonumber"):
        context.report(
            "E002",
            f'The title "{entity.title}" is of type {field.type}.',
            ("title",),
            "Name a text or autonumber field; a formula may make one of others.",
        )


def _check_ownership(context: Context, entity: Entity) -> None:
    data = context.document.data
    if entity.kind == "child":
        if entity.parent is None:
            context.report(
                "E009",
                f"{entity.name} is a child entity without a parent.",
                ("entity_kind",),
                "Set parent to the lookup whose target decides every right.",
            )
        else:
            field = context.field(entity, entity.parent, ("parent",), "E009")
            if field is not None and not field.is_lookup:
                context.report(
                    "E009",
                    f'The parent "{entity.parent}" is no lookup.',
                    ("parent",),
                    "Name a lookup.",
                )
        if entity.ownership == "user" and "ownership" in data:
            context.report(
                "E012",
                "A child entity has no owner of its own.",
                ("ownership",),
                "Write ownership: none.",
            )
    elif entity.parent is not None:
        context.report(
            "E009",
            f"{entity.name} has a parent but is no child entity.",
            ("parent",),
            "Set entity_kind: child, or leave the parent out.",
        )
    elif entity.ownership == "none":
        context.report(
            "E012",
            "Only a child entity can do without an owner.",
            ("ownership",),
            "Write user or organization, or set entity_kind: child.",
        )


def _check_states(context: Context, entity: Entity) -> None:
    data = context.document.data
    if "states" in data:
        numbers: set[int] = set()
        names: set[str] = set()
        reasons: dict[int, str] = {}
        labels: dict[str, str] = {}
        for index, state in enumerate(entity.states):
            path: Path = ("states", index)
            if state.value in numbers or state.name.casefold() in names:
                what = state.value if state.value in numbers else f'"{state.name}"'
                key = "value" if state.value in numbers else "name"
                context.report(
                    "E004",
                    f"There are two states {what}.",
                    (*path, key),
                    "Every state has its own number and name.",
                )
            numbers.add(state.value)
            names.add(state.name.casefold())
            for at, reason in enumerate(state.reasons):
                where = (*path, "reasons", at)
                if reason.value in reasons:
                    context.report(
                        "E004",
                        f'"{reason.label}" has the number {reason.value} of '
                        f'"{reasons[reason.value]}".',
                        (*where, "value"),
                        "Status reasons of all states have different numbers.",
                    )
                reasons.setdefault(reason.value, reason.label)
                other = labels.setdefault(reason.label.casefold(), state.name)
                if other == state.name and any(
                    r.label.casefold() == reason.label.casefold()
                    for r in state.reasons[:at]
                ):
                    context.report(
                        "E004",
                        f'The state {state.name} has two reasons "{reason.label}".',
                        (*where, "label"),
                        "Give one another label.",
                    )
            if sum(reason.default for reason in state.reasons) > 1:
                context.report(
                    "E004",
                    f"The state {state.name} has two default reasons.",
                    (*path, "reasons"),
                    "Leave default at one of them.",
                )
    known = [state.name for state in entity.states]
    for source, targets in (entity.transitions or {}).items():
        path = ("transitions", source)
        if source not in known:
            context.unknown("E005", f"state of {entity.name}", source, path, known)
        given = data["transitions"][source]
        for index, target in enumerate(targets):
            if target not in known:
                where = path if isinstance(given, str) else (*path, index)
                context.unknown("E005", f"state of {entity.name}", target, where, known)


def _check_keys(context: Context, entity: Entity) -> None:
    data = context.document.data
    for key, names in entity.keys.items():
        is_text = isinstance(data["keys"][key], str)
        for index, name in enumerate(names):
            path: Path = ("keys", key) if is_text else ("keys", key, index)
            field = context.field(entity, name, path, "E003")
            if field is None:
                continue
            kind = FIELD_TYPES.get(field.type)
            if (kind and not kind.can_key) or not field.is_stored:
                why = "is computed on read"
                if field.is_stored:
                    why = f"is of type {field.type}"
                context.report(
                    "E003",
                    f'"{name}" cannot be part of a key: it {why}.',
                    path,
                    "Name a text, number, date, choice or lookup.",
                )
            elif field.options.get("format") == "text_area":
                context.report(
                    "E003",
                    f'"{name}" cannot be part of a key: it is a text area.',
                    path,
                    "Name a short text.",
                )


def _check_duplicates(context: Context, entity: Entity) -> None:
    for rule in entity.duplicates:
        path: Path = ("duplicates", rule.name)
        other: Entity | None = entity
        if rule.entity is not None:
            other = context.entity(rule.entity, (*path, "entity"), "E006")
        for index, (name, how) in enumerate(rule.match.items()):
            body = context.document.data["duplicates"][rule.name]["match"]
            where: Path = (*path, "match", name)
            if isinstance(body, list):
                where = (*path, "match", index, name)
            field = context.field(entity, name, where, "E006")
            if other is not None and other is not entity:
                context.field(other, name, where, "E006")
            if field is None:
                continue
            is_text = field.type in ("text", "autonumber")
            is_moment = field.type in ("date", "datetime")
            if ("letters" in how and not is_text) or (
                how == "same_date" and not is_moment
            ):
                context.report(
                    "E006",
                    f'"{name}" is of type {field.type}; it cannot be compared by '
                    f'"{how}".',
                    where,
                    "Write same.",
                )


def _check_hierarchy(context: Context, entity: Entity) -> None:
    if entity.hierarchy is None:
        return
    field = context.field(entity, entity.hierarchy, ("hierarchy",), "E007")
    if field and [t.entity for t in field.targets] != [entity.name]:
        context.report(
            "E007",
            f'"{entity.hierarchy}" is no lookup to {entity.name} alone.',
            ("hierarchy",),
            f"Name a lookup with to: {entity.name}.",
        )


def _check_board(context: Context, entity: Entity) -> None:
    if entity.board is None:
        return
    field = context.field(entity, entity.board, ("board",), "E007")
    if field and field.type not in ("choice", "state", "status"):
        context.report(
            "E007",
            f'"{entity.board}" is a {field.type} field, which has no options.',
            ("board",),
            "Name a choice, statecode or statuscode.",
        )


def _check_quick_find(context: Context, entity: Entity) -> None:
    places = context.paths("quick_find")
    for index, name in enumerate(entity.quick_find):
        field = context.field(entity, name, places[index], "E008")
        if field and field.type not in (
            "text",
            "autonumber",
            "rich_text",
            "tags",
        ):
            context.report(
                "E008",
                f'The search box cannot look in "{name}": it is of type {field.type}.',
                places[index],
                "Name text fields.",
            )


def _check_mappings(context: Context, entity: Entity) -> None:
    for lookup, pairs in entity.mappings.items():
        path: Path = ("mappings", lookup)
        field = context.field(entity, lookup, path, "E010")
        if field is None:
            continue
        if not field.is_lookup:
            context.report(
                "E010", f'"{lookup}" is no lookup.', path, "Name a lookup.", key=True
            )
            continue
        parents = [context.catalog.entities.get(t.entity) for t in field.targets]
        for source, target in pairs.items():
            where = (*path, source)
            context.field(entity, target, where, "E010")
            known = [p for p in parents if p is not None]
            if known and not any(source in parent.fields for parent in known):
                context.field(known[0], source, where, "E010")


def _check_cascades(context: Context, entity: Entity) -> None:
    """Warn when a record would follow more than one parent."""
    following = list(_parental(entity))
    for field in following[1:]:
        context.report(
            "E013",
            f"Records of {entity.name} follow the owner of {following[0].label} and of "
            f"{field.label}.",
            ("fields", field.name),
            "Let on_assign cascade for one lookup only.",
            warning=True,
        )


def _check_activity(context: Context, entity: Entity) -> None:
    """Report what keeps an activity out of the list of all activities."""
    base = context.catalog.activity_base
    if entity.kind == ACTIVITY_BASE and base is not entity and base is not None:
        context.report(
            "E014",
            f"{base.name} is the list of all activities already.",
            ("entity_kind",),
            "There can be one.",
        )
    if entity.kind != ACTIVITY or base is None:
        return
    for common in base.fields.values():
        field = entity.fields.get(common.name)
        if field is None or common.system:
            continue
        path: Path = ("fields", field.name)
        texts = {"text", "rich_text"}
        if field.type != common.type and not {field.type, common.type} <= texts:
            context.report(
                "E014",
                f"{field.name} is of type {field.type}; in the list of all activities "
                f"({base.name}) it is of type {common.type}.",
                (*path, "type"),
                "Give it this type, or another name.",
            )
        elif field.formula is not None or field.rollup is not None:
            context.report(
                "E014",
                f"{field.name} is computed, but stands in the list of all activities "
                f"({base.name}).",
                path,
                "Give the computed field another name.",
            )
    known = {state.value for state in base.states}
    for index, state in enumerate(entity.states):
        if state.value not in known:
            context.report(
                "E014",
                f"The list of all activities ({base.name}) has no state {state.value}.",
                ("states", index, "value"),
                f"Use one of {', '.join(str(value) for value in sorted(known))}.",
            )


def _parental(entity: Entity) -> Iterator[Field]:
    for field in entity.lookups:
        if not field.system and any(t.on_assign == "cascade" for t in field.targets):
            yield field
