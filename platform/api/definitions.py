"""Show entities, fields, choices and relationships as Dataverse's metadata. Pure.

Every definition has a `MetadataId` made of its name, so it is the same everywhere and
stays the same until the name changes. Labels are of one language, English (1033).
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from xrm.metadata.catalog import Catalog, Child
from xrm.metadata.choices import ChoiceList
from xrm.metadata.entities import Entity, Field, LookupTarget, OnDelete
from xrm.metadata.relationships import Relationship
from xrm.platform.api.edm import NAMESPACE, names_of
from xrm.platform.api.navigation import navigation_name

LANGUAGE = 1033
REQUIRED = {
    "none": "None",
    "recommended": "Recommended",
    "required": "ApplicationRequired",
}
DELETES: Mapping[OnDelete, str] = {
    "cascade": "Cascade",
    "remove_link": "RemoveLink",
    "restrict": "Restrict",
}
CASCADES = {
    "none": "NoCascade",
    "cascade": "Cascade",
    "active": "Active",
    "user_owned": "UserOwned",
}
_IDS = uuid5(NAMESPACE_URL, "urn:openxrm:metadata")

Shown = dict[str, Any]


def metadata_id(kind: str, name: str) -> UUID:
    """Return the id of a definition."""
    return uuid5(_IDS, f"{kind}/{name}")


def label(text: str) -> Shown:
    """Return a text as a label with its translations."""
    one = {
        "Label": text,
        "LanguageCode": LANGUAGE,
        "IsManaged": False,
        "MetadataId": metadata_id("label", text),
        "HasChanged": None,
    }
    return {
        "LocalizedLabels": [one] if text else [],
        "UserLocalizedLabel": one if text else None,
    }


def _managed(value: Any, name: str = "canmodifyadditionalsettings") -> Shown:
    return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": name}


def entity_definition(catalog: Catalog, entity: Entity) -> Shown:
    """Return an entity without its fields and relationships."""
    owned = {
        "user": "UserOwned",
        "organization": "OrganizationOwned",
        "none": "None",
    }[entity.ownership]
    return {
        "MetadataId": metadata_id("entity", entity.name),
        "LogicalName": entity.name,
        "SchemaName": entity.name,
        "EntitySetName": entity.set_name,
        "LogicalCollectionName": entity.set_name,
        "CollectionSchemaName": entity.set_name,
        "PrimaryIdAttribute": entity.key,
        "PrimaryNameAttribute": entity.title,
        "PrimaryImageAttribute": None,
        "ObjectTypeCode": entity.object_type_code,
        "OwnershipType": owned,
        "DisplayName": label(entity.label),
        "DisplayCollectionName": label(entity.plural_label),
        "Description": label(entity.description),
        "EntityColor": entity.color,
        "IsActivity": entity.kind == "activity",
        "IsCustomEntity": "_" in entity.name,
        "IsPrivate": False,
        "IsIntersect": False,
        "IsLogicalEntity": False,
        "IsManaged": True,
        "IsValidForAdvancedFind": True,
        "IsAuditEnabled": _managed(entity.audited, "canmodifyauditsettings"),
        "IsCustomizable": _managed(True, "iscustomizable"),
        "IsOptimisticConcurrencyEnabled": True,
        "ChangeTrackingEnabled": False,
        "HasNotes": entity.notes,
        "HasActivities": entity.activities,
        "IsConnectionsEnabled": _managed(entity.connections),
        "IsValidForQueue": _managed(entity.queues),
        "TableType": "Standard",
    }


def field_definition(entity: Entity, field: Field) -> Shown:
    """Return a field with the facts of its type."""
    names = names_of(field)
    locked = bool(field.read_only or field.formula or field.rollup)
    made: Shown = {
        "@odata.type": f"#{NAMESPACE}.{names.definition}",
        "MetadataId": metadata_id("field", f"{entity.name}.{field.name}"),
        "LogicalName": field.name,
        "SchemaName": field.name,
        "EntityLogicalName": entity.name,
        "AttributeType": names.attribute,
        "AttributeTypeName": {"Value": names.type_name},
        "AttributeOf": None,
        "DisplayName": label(field.label),
        "Description": label(field.description),
        "RequiredLevel": _managed(
            "SystemRequired"
            if field.system and field.is_required
            else REQUIRED[field.required],
            "canmodifyrequirementlevelsettings",
        ),
        "IsPrimaryId": field.name == entity.key,
        "IsPrimaryName": field.name == entity.title,
        "IsCustomAttribute": "_" in field.name and not field.system,
        "IsLogical": False,
        "IsManaged": True,
        "IsSecured": field.secured,
        "IsValidForCreate": field.name == entity.key or not locked,
        "IsValidForRead": True,
        "IsValidForUpdate": field.name != entity.key and not locked,
        "IsValidODataAttribute": True,
        "IsFilterable": True,
        "IsSearchable": field.searchable,
        "IsAuditEnabled": _managed(field.audited, "canmodifyauditsettings"),
        "SourceType": 1 if field.formula else 2 if field.rollup else 0,
    }
    made.update(_facts(field, names.attribute))
    return made


def _facts(field: Field, attribute: str) -> Iterator[tuple[str, Any]]:
    options = field.options
    if attribute in ("String", "Memo"):
        yield "MaxLength", options.get("max_length", 100)
        yield (
            "Format",
            {"text_area": "TextArea"}.get(
                str(options.get("format", "text")),
                str(options.get("format", "text")).title(),
            ),
        )
    elif attribute in ("Integer", "BigInt", "Decimal", "Double", "Money"):
        yield "MinValue", options.get("min")
        yield "MaxValue", options.get("max")
        if attribute not in ("Integer", "BigInt"):
            yield "Precision", options.get("scale", 2)
    elif attribute == "DateTime":
        yield "Format", "DateOnly" if field.type == "date" else "DateAndTime"
        yield "DateTimeBehavior", {"Value": _behaviour(field)}
    elif field.is_lookup:
        yield "Targets", [target.entity for target in field.targets]
    if field.choices is not None and not callable(field.default):
        yield (
            "DefaultFormValue",
            field.default if isinstance(field.default, int) else -1,
        )


def _behaviour(field: Field) -> str:
    if field.type == "date":
        return "DateOnly"
    word = str(field.options.get("behavior", "user_local"))
    return {"date_only": "DateOnly", "zone_independent": "TimeZoneIndependent"}.get(
        word, "UserLocal"
    )


def option_set(
    name: str, choices: ChoiceList | None, *, shared: bool, kind: str = "Picklist"
) -> Shown:
    """Return a list of options."""
    return {
        "MetadataId": metadata_id("choice", name),
        "Name": name,
        "DisplayName": label(choices.label if choices else name),
        "Description": label(choices.description if choices else ""),
        "IsGlobal": shared,
        "IsCustomOptionSet": shared,
        "IsManaged": True,
        "OptionSetType": kind,
        "Options": [
            {
                "Value": option.value,
                "Label": label(option.label),
                "Description": label(option.description),
                "Color": option.color,
                "ExternalValue": option.external_value or "",
                "IsManaged": True,
                "MetadataId": None,
            }
            for option in (choices.options if choices else ())
        ],
    }


def option_set_of(catalog: Catalog, entity: Entity, field: Field) -> Shown:
    """Return the options of a choice, state, status or boolean field."""
    local = f"{entity.name}_{field.name}"
    if field.type == "boolean":
        yes_no = {
            side: {"Value": value, "Label": label(text)}
            for side, value, text in (
                ("TrueOption", 1, "Yes"),
                ("FalseOption", 0, "No"),
            )
        }
        return {
            "MetadataId": metadata_id("choice", local),
            "Name": local,
            "IsGlobal": False,
            "OptionSetType": "Boolean",
            **yes_no,
        }
    shared = field.choices is not None and field.choices.name in catalog.choices
    name = field.choices.name if shared and field.choices else local
    kind = {"state": "State", "status": "Status"}.get(field.type, "Picklist")
    made = option_set(name, field.choices, shared=shared, kind=kind)
    if field.type == "status":
        for option in made["Options"]:
            state = entity.state_of_reason(option["Value"])
            option["State"] = state.value if state else None
    elif field.type == "state":
        for option in made["Options"]:
            found = entity.state(option["Value"])
            option["DefaultStatus"] = found.default_reason.value if found else None
            option["InvariantName"] = found.name if found else None
    return made


def key_definition(entity: Entity, name: str) -> Shown:
    """Return an alternate key."""
    return {
        "MetadataId": metadata_id("key", f"{entity.name}.{name}"),
        "LogicalName": name,
        "SchemaName": name,
        "EntityLogicalName": entity.name,
        "DisplayName": label(name),
        "KeyAttributes": list(entity.keys[name]),
        "EntityKeyIndexStatus": "Active",
        "IsManaged": True,
    }


def one_to_many(catalog: Catalog, child: Child) -> Shown:
    """Return the relationship a lookup makes with one of its targets."""
    many = catalog.entity(child.entity)
    target = child.target
    parent = catalog.entities.get(target.entity)
    return {
        "@odata.type": f"#{NAMESPACE}.OneToManyRelationshipMetadata",
        "MetadataId": metadata_id("relationship", f"{many.name}.{target.relationship}"),
        "SchemaName": target.relationship,
        "RelationshipType": "OneToManyRelationship",
        "IsCustomRelationship": "_" in child.field.name,
        "IsManaged": True,
        "ReferencedEntity": target.entity,
        "ReferencedAttribute": parent.key if parent else None,
        "ReferencingEntity": many.name,
        "ReferencingAttribute": child.field.name,
        "ReferencedEntityNavigationPropertyName": target.relationship,
        "ReferencingEntityNavigationPropertyName": navigation_name(
            child.field, target.entity
        ),
        "CascadeConfiguration": _cascades(target),
    }


def _cascades(target: LookupTarget) -> Shown:
    return {
        "Assign": CASCADES[target.on_assign],
        "Delete": DELETES[target.on_delete],
        "Merge": CASCADES[target.on_merge],
        "Reparent": CASCADES[target.on_reparent],
        "Share": CASCADES[target.on_share],
        "Unshare": CASCADES[target.on_unshare],
    }


def many_to_many(link: Relationship) -> Shown:
    """Return an N:N relationship."""
    return {
        "@odata.type": f"#{NAMESPACE}.ManyToManyRelationshipMetadata",
        "MetadataId": metadata_id("relationship", link.name),
        "SchemaName": link.name,
        "RelationshipType": "ManyToManyRelationship",
        "IsManaged": True,
        "IntersectEntityName": link.table,
        "Entity1LogicalName": link.first,
        "Entity1IntersectAttribute": link.first_column,
        "Entity1NavigationPropertyName": link.first_collection,
        "Entity2LogicalName": link.second,
        "Entity2IntersectAttribute": link.second_column,
        "Entity2NavigationPropertyName": link.second_collection,
    }


def relationships(catalog: Catalog) -> Iterator[Shown]:
    """Give every relationship of the catalog."""
    for parent in catalog.entities:
        for child in catalog.children(parent):
            yield one_to_many(catalog, child)
    for link in catalog.relationships.values():
        yield many_to_many(link)
