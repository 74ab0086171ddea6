"""Know the fields every entity gets, declared here once.

The key, who made and changed the record and when, its state, version, owner, currency.
"""

from collections.abc import Mapping
from typing import Final

from xrm.metadata.choices import Option, choice_list
from xrm.metadata.definitions import frozen
from xrm.metadata.entities import Field, LookupTarget, State
from xrm.rule_engine.core_names import CURRENCY, TEAM, UNIT, USER

OWNING: Final = ("ownerid", "owningbusinessunit")
"""The fields that say who has a record: they decide with the rights who may read it."""


def _lookup(
    entity: str,
    name: str,
    label: str,
    target: str,
    *,
    read_only: bool = True,
    quiet: bool = False,
) -> Field:
    """Make a lookup; a quiet one is for clients: no filter, no history."""
    return Field(
        name=name,
        type="lookup",
        label=label,
        system=True,
        read_only=read_only,
        searchable=not quiet,
        audited=not quiet,
        targets=(
            LookupTarget(
                entity=target,
                relationship=f"lk_{entity}_{name}",
                collection=f"{entity}_{name}",
                on_delete="restrict",
            ),
        ),
    )


def _state_fields(entity: str, states: tuple[State, ...]) -> tuple[Field, Field]:
    return (
        Field(
            name="statecode",
            type="state",
            label="Status",
            system=True,
            required="required",
            default=states[0].value,
            choices=choice_list(
                f"{entity}_statecode",
                tuple(Option(s.value, s.name, s.color) for s in states),
            ),
        ),
        Field(
            name="statuscode",
            type="status",
            label="Status reason",
            system=True,
            required="required",
            default=states[0].default_reason.value,
            choices=choice_list(
                f"{entity}_statuscode",
                tuple(
                    Option(r.value, r.label, r.color or s.color)
                    for s in states
                    for r in s.reasons
                ),
            ),
        ),
    )


def system_fields(
    entity: str,
    key: str,
    ownership: str,
    states: tuple[State, ...],
    *,
    has_currency: bool,
) -> dict[str, Field]:
    """Return the system fields of an entity by name, the key first."""
    made = [
        Field(
            name=key,
            type="uniqueid",
            label="Id",
            system=True,
            read_only=True,
            required="required",
        ),
        Field(
            name="createdon",
            type="datetime",
            label="Created on",
            system=True,
            read_only=True,
            audited=False,
        ),
        _lookup(entity, "createdby", "Created by", USER),
        _lookup(entity, "createdonbehalfby", "Created on behalf by", USER, quiet=True),
        Field(
            name="modifiedon",
            type="datetime",
            label="Modified on",
            system=True,
            read_only=True,
            audited=False,
        ),
        _lookup(entity, "modifiedby", "Modified by", USER),
        _lookup(
            entity, "modifiedonbehalfby", "Modified on behalf by", USER, quiet=True
        ),
        *_state_fields(entity, states),
        Field(
            name="versionnumber",
            type="integer",
            label="Version",
            system=True,
            read_only=True,
            audited=False,
            searchable=False,
            options=frozen({"size": "big"}),
        ),
        Field(
            name="importsequencenumber",
            type="integer",
            label="Import number",
            system=True,
            searchable=False,
        ),
        Field(
            name="overriddencreatedon",
            type="datetime",
            label="Record created on",
            system=True,
            searchable=False,
        ),
    ]
    if ownership == "user":
        made += [
            Field(
                name="ownerid",
                type="owner",
                label="Owner",
                system=True,
                required="required",
                targets=tuple(
                    LookupTarget(
                        entity=target,
                        relationship=f"{target}_{entity}_owner",
                        collection=f"owned_{entity}",
                        on_delete="restrict",
                    )
                    for target in (USER, TEAM)
                ),
            ),
            _lookup(entity, "owningbusinessunit", "Owning business unit", UNIT),
            _lookup(entity, "owninguser", "Owning user", USER, quiet=True),
            _lookup(entity, "owningteam", "Owning team", TEAM, quiet=True),
        ]
    if has_currency:
        made += [
            _lookup(
                entity, "transactioncurrencyid", "Currency", CURRENCY, read_only=False
            ),
            Field(
                name="exchangerate",
                type="decimal",
                label="Exchange rate",
                system=True,
                read_only=True,
                options=frozen({"scale": 10}),
            ),
        ]
    return {field.name: field for field in made}


def activity_type(entity: str, activities: tuple[Option, ...]) -> Field:
    """Return the field of the activity base that says which activity a record is."""
    return Field(
        name="activitytypecode",
        type="choice",
        label="Activity type",
        system=True,
        read_only=True,
        required="required",
        choices=choice_list(f"{entity}_activitytypecode", activities),
        options=frozen({"written_as": "external_value"}),
    )


def with_base_amounts(fields: Mapping[str, Field]) -> dict[str, Field]:
    """Return the fields with a `<name>_base` beside every currency field.

    The base amount is the amount divided by the record's exchange rate.
    """
    made: dict[str, Field] = {}
    for name, field in fields.items():
        made[name] = field
        if field.type == "currency" and not field.is_computed:
            base = f"{name}_base"
            if base not in fields:
                made[base] = Field(
                    name=base,
                    type="currency",
                    label=f"{field.label} (base)",
                    system=True,
                    read_only=True,
                    audited=False,
                    searchable=False,
                    options=frozen({"base_of": name, "scale": 4}),
                )
    return made
