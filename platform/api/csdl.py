"""Write `$metadata`: the service's description in CSDL. Pure: catalog in, XML out."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, tostring

from xrm.metadata.catalog import Catalog, Child
from xrm.metadata.entities import Entity, Field
from xrm.platform.api.edm import NAMESPACE, names_of
from xrm.platform.api.navigation import navigation_name, value_name

EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
EDM = "http://docs.oasis-open.org/odata/ns/edm"
ALIAS = "mscrm"
ROOT_TYPE = "crmbaseentity"
OWNER_TYPE = "principal"


def csdl(catalog: Catalog) -> bytes:
    """Return the CSDL document of a catalog."""
    document = Element("edmx:Edmx", {"xmlns:edmx": EDMX, "Version": "4.0"})
    schema = SubElement(
        SubElement(document, "edmx:DataServices"),
        "Schema",
        {"xmlns": EDM, "Namespace": NAMESPACE, "Alias": ALIAS},
    )
    SubElement(schema, "EntityType", {"Name": ROOT_TYPE, "Abstract": "true"})
    _principal(schema)
    _location(schema)
    for entity in catalog.entities.values():
        _entity_type(schema, catalog, entity)
    _who_am_i(schema)
    _container(schema, catalog)
    body: bytes = tostring(document, encoding="utf-8", xml_declaration=True)
    return body


def _principal(schema: Element) -> None:
    owner = SubElement(
        schema, "EntityType", {"Name": OWNER_TYPE, "BaseType": f"{ALIAS}.{ROOT_TYPE}"}
    )
    SubElement(SubElement(owner, "Key"), "PropertyRef", {"Name": "ownerid"})
    SubElement(owner, "Property", {"Name": "ownerid", "Type": "Edm.Guid"})


def _location(schema: Element) -> None:
    point = SubElement(schema, "ComplexType", {"Name": "location"})
    for name in ("latitude", "longitude"):
        SubElement(point, "Property", {"Name": name, "Type": "Edm.Double"})


def _entity_type(schema: Element, catalog: Catalog, entity: Entity) -> None:
    made = SubElement(
        schema,
        "EntityType",
        {"Name": entity.name, "BaseType": f"{ALIAS}.{ROOT_TYPE}"},
    )
    SubElement(SubElement(made, "Key"), "PropertyRef", {"Name": entity.key})
    taken: set[str] = set()
    for field in entity.fields.values():
        attributes = _property(field)
        taken.add(attributes["Name"])
        SubElement(made, "Property", attributes)
    for name, target, field in _lookups(catalog, entity):
        if name not in taken:
            taken.add(name)
            link = SubElement(made, "NavigationProperty", _single(name, target, field))
            SubElement(
                link,
                "ReferentialConstraint",
                {
                    "Property": value_name(field),
                    "ReferencedProperty": _key(catalog, target),
                },
            )
    for name, target in _collections(catalog, entity):
        if name not in taken:
            taken.add(name)
            SubElement(
                made,
                "NavigationProperty",
                {"Name": name, "Type": f"Collection({ALIAS}.{target})"},
            )


def _property(field: Field) -> dict[str, str]:
    made = {"Name": value_name(field), "Type": names_of(field).edm}
    if field.type == "uniqueid":
        made["Nullable"] = "false"
    length = field.options.get("max_length")
    if length:
        made["MaxLength"] = str(length)
    if made["Type"] == "Edm.Decimal":
        made["Scale"] = "Variable"
    return made


def _single(name: str, target: str, field: Field) -> dict[str, str]:
    kind = OWNER_TYPE if field.type == "owner" else target
    return {"Name": name, "Type": f"{ALIAS}.{kind}", "Nullable": "true"}


def _key(catalog: Catalog, target: str) -> str:
    return "ownerid" if target == OWNER_TYPE else catalog.entity(target).key


def _lookups(catalog: Catalog, entity: Entity) -> Iterator[tuple[str, str, Field]]:
    for field in entity.lookups:
        if field.type == "owner":
            yield field.name, OWNER_TYPE, field
            continue
        for target in field.targets:
            if target.entity in catalog.entities:
                yield navigation_name(field, target.entity), target.entity, field


def _collections(catalog: Catalog, entity: Entity) -> Iterator[tuple[str, str]]:
    """Give each collection once, under the name of its relationship."""
    for name, link in catalog.collections(entity.name).items():
        if isinstance(link, Child):
            if name == link.target.relationship:
                yield name, link.entity
        else:
            yield name, link.second if link.first == entity.name else link.first


def _who_am_i(schema: Element) -> None:
    answer = SubElement(schema, "ComplexType", {"Name": "WhoAmIResponse"})
    for name in ("BusinessUnitId", "UserId", "OrganizationId"):
        SubElement(
            answer,
            "Property",
            {"Name": name, "Type": "Edm.Guid", "Nullable": "false"},
        )
    function = SubElement(schema, "Function", {"Name": "WhoAmI"})
    SubElement(
        function,
        "ReturnType",
        {"Type": f"{ALIAS}.WhoAmIResponse", "Nullable": "false"},
    )


def _container(schema: Element, catalog: Catalog) -> None:
    container = SubElement(schema, "EntityContainer", {"Name": "System"})
    for entity in catalog.entities.values():
        made = SubElement(
            container,
            "EntitySet",
            {"Name": entity.set_name, "EntityType": f"{NAMESPACE}.{entity.name}"},
        )
        for name, target, field in _lookups(catalog, entity):
            if field.type != "owner":
                _bind(made, name, catalog.entity(target).set_name)
        for name, target in _collections(catalog, entity):
            if target in catalog.entities:
                _bind(made, name, catalog.entity(target).set_name)
    SubElement(
        container,
        "FunctionImport",
        {"Name": "WhoAmI", "Function": f"{NAMESPACE}.WhoAmI"},
    )


def _bind(made: Element, path: str, target: str) -> None:
    SubElement(made, "NavigationPropertyBinding", {"Path": path, "Target": target})
