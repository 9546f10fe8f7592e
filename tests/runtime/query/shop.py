"""The definitions of a small shop."""

from tessera.metadata.definitions import (
    Definitions,
    FieldDefinition,
    Layout,
    ListView,
    ModuleDefinition,
    PicklistDefinition,
    PicklistValue,
    RelatedList,
)


def field(key: str, type_: str, **given: object) -> FieldDefinition:
    """A field; what is no property of every field is an option."""
    common = {name: given.pop(name) for name in list(given) if name in FieldDefinition.__dataclass_fields__}
    return FieldDefinition(key=key, type=type_, label=key.replace("_", " ").capitalize(), options=given, **common)  # type: ignore[arg-type]


def keyed(*fields: FieldDefinition) -> dict[str, FieldDefinition]:
    """Fields by key."""
    return {f.key: f for f in fields}


def module(key: str, *fields: FieldDefinition, **given: object) -> ModuleDefinition:
    """A module."""
    return ModuleDefinition(key=key, label=key, label_plural=f"{key}s", fields=keyed(*fields), **given)  # type: ignore[arg-type]


USER = module("user", field("name", "text", searchable=True), field("secret", "text"), access="read")
REGION = module("region", field("name", "text"), field("active", "boolean"), access="read")
CUSTOMER = module(
    "customer",
    field("name", "text", searchable=True),
    field("nickname", "text", searchable=True),
    field("region", "lookup", module="region", filter={"field": "active", "op": "is_true"}),
    field("parent", "lookup", module="customer"),
    field("credit", "decimal", scale=2),
    field("visits", "integer"),
    field("since", "date"),
    field("seen", "datetime"),
    field("vip", "boolean"),
    field("level", "picklist", picklist="levels"),
    field("tags", "tags"),
    field("partners", "multi_lookup", module="customer"),
    layouts={"main": Layout(key="main", related={"orders": RelatedList(key="orders", module="order", field="customer")})},
    views={
        "mine": ListView(
            key="mine",
            label="Mine",
            filter={"and": [{"field": "level", "op": "eq", "value": "gold"}, {"field": "credit", "op": "gt", "value": "0"}]},
            sort=("name",),
        ),
        "latest": ListView(key="latest", label="Latest", sort=("-created_at",)),
        "best": ListView(key="best", label="Best", sort=("-credit",)),
    },
)
PRODUCT = module("product", field("name", "text"), field("price", "decimal", scale=4), access="read")
ORDER = module(
    "order",
    field("number", "text"),
    field("customer", "lookup", module="customer"),
    field("contact", "lookup", module="customer", filter={"field": "parent", "op": "eq", "value": {"$field": "customer"}}),
    field("placed", "datetime"),
    field("total", "decimal", scale=2),
    field(
        "lines",
        "lines",
        fields=keyed(
            field("product", "lookup", module="product"), field("quantity", "decimal", scale=3), field("cost", "decimal", scale=2)
        ),
    ),
    title_field="number",
)
LEVELS = PicklistDefinition(
    key="levels",
    label="Levels",
    values={key: PicklistValue(key=key, label=key.title()) for key in ("gold", "silver", "bronze")},
)
SHOP = Definitions(modules={m.key: m for m in (USER, REGION, CUSTOMER, PRODUCT, ORDER)}, picklists={"levels": LEVELS})
