"""A small shop as definitions: every kind of field that an API has to describe, and relations between modules."""

from typing import Any

from tessera.metadata.definitions import (
    Definitions,
    FieldDefinition,
    Layout,
    LayoutField,
    ListView,
    MenuGroup,
    MenuItem,
    ModuleDefinition,
    PicklistDefinition,
    PicklistValue,
    RelatedList,
    Section,
    Tab,
    ValidationRule,
)


def field(key: str, type_: str, **given: Any) -> FieldDefinition:
    label = given.pop("label", key.replace("_", " ").capitalize())
    common = {name: given.pop(name) for name in list(given) if name in FieldDefinition.__dataclass_fields__}
    return FieldDefinition(key=key, type=type_, label=label, options=given, **common)


def module(key: str, *fields: FieldDefinition, **given: Any) -> ModuleDefinition:
    label = given.pop("label", key.replace("_", " ").capitalize())
    return ModuleDefinition(key=key, label=label, label_plural=f"{label}s", fields={f.key: f for f in fields}, **given)


USER = module(
    "user",
    field("login", "text", required=True, unique=True, max_length=100),
    field("name", "text", required=True, searchable=True, max_length=200),
    field("role", "picklist", values={"administrator": {"label": "Administrator"}, "member": {"label": "Member"}}),
    field("active", "boolean", default=True),
    field("timezone", "text", max_length=60),
    access="read",
)
CUSTOMER = module(
    "customer",
    field("code", "text", unique=True, max_length=20),
    field("name", "text", required=True, searchable=True, max_length=200),
    field("email", "email", searchable=True),
    field("phone", "phone"),
    field("city", "text", max_length=100, index=True),
    field("level", "picklist", picklist="levels", default="b", help="How important the customer is."),
    field("region", "picklist", picklist="regions"),
    field("interests", "multi_picklist", values={"bikes": {"label": "Bikes"}, "parts": {"label": "Parts"}}),
    field("words", "tags"),
    field("credit_limit", "money"),
    field("discount", "percent"),
    field("staff", "integer"),
    field("blocked", "boolean", default=False),
    field("since", "date"),
    field("last_call", "datetime"),
    field("opens_at", "time"),
    field("notes", "long_text"),
    field("advisor", "user"),
    field("order_count", "rollup", module="sales_order", via="customer", function="count"),
    validations=(ValidationRule(key="credit", formula="credit_limit >= 0", message="The credit limit is negative."),),
    layouts={
        "default": Layout(
            key="default",
            highlights=("level",),
            tabs={
                "main": Tab(
                    key="main",
                    label="Details",
                    sections={"all": Section(key="all", label="All", fields={"name": LayoutField(key="name", span=2)})},
                )
            },
            related={"orders": RelatedList(key="orders", module="sales_order", field="customer", label="Orders")},
        )
    },
    views={"all": ListView(key="all", label="All customers", columns=("code", "name"), sort=("name",), default=True)},
    help="Whoever buys from us.",
)
PRODUCT = module(
    "product",
    field("code", "text", required=True, unique=True, max_length=40),
    field("name", "text", required=True, searchable=True, max_length=200),
    field("price", "decimal", precision=14, scale=4),
    access="read",
)
SALES_ORDER = module(
    "sales_order",
    field("number", "sequence", scheme="SO-{0000}", unique=True),
    field("customer", "lookup", module="customer", required=True),
    field("ordered_on", "date"),
    field("note", "long_text"),
    field(
        "lines",
        "lines",
        required=True,
        fields={
            f.key: f
            for f in (
                field("product", "lookup", module="product", required=True),
                field("quantity", "decimal", precision=12, scale=2, required=True),
                field("price", "decimal", precision=14, scale=4, default_formula="product.price"),
                field("amount", "formula", formula="quantity * price", result="decimal", scale=4),
            )
        },
    ),
    field("total", "rollup", lines="lines", function="sum", field="amount", result="decimal", scale=4),
    title_field="number",
)
ASSET = module(
    "asset",
    field("name", "text", required=True),
    field("homepage", "url"),
    field("keeper", "person_name"),
    field("place", "address"),
    field("position", "geo_point"),
    field("article", "rich_text"),
    field("warranty", "duration"),
    field("stars", "rating"),
    field("paint", "colour"),
    field("label_code", "barcode"),
    field("photo", "image"),
    field("manual", "file"),
    field("approval", "signature"),
    field("settings", "json"),
    field("products", "multi_lookup", module="product"),
    field("about", "any_lookup", modules=["customer", "product"]),
    access="read_write",
)
LEVELS = PicklistDefinition(
    key="levels",
    label="Levels",
    values={
        "a": PicklistValue(key="a", label="Important", tone="green"),
        "b": PicklistValue(key="b", label="Usual"),
        "old": PicklistValue(key="old", label="Old", retired=True),
    },
)
REGIONS = PicklistDefinition(
    key="regions",
    label="Regions",
    tree=True,
    values={
        "europe": PicklistValue(key="europe", label="Europe"),
        "spain": PicklistValue(key="spain", label="Spain", parent="europe"),
    },
)
SHOP = Definitions(
    modules={m.key: m for m in (USER, CUSTOMER, PRODUCT, SALES_ORDER, ASSET)},
    picklists={"levels": LEVELS, "regions": REGIONS},
    menus={
        "sales": MenuGroup(
            key="sales",
            label="Sales",
            items={
                "customers": MenuItem(key="customers", module="customer"),
                "orders": MenuItem(key="orders", module="sales_order"),
            },
        )
    },
    texts={
        "es": {
            "Customer": "Cliente",
            "Important": "Importante",
            "Level": "Nivel",
            "All customers": "Todos los clientes",
            "Name": "Nombre",
            "The credit limit is negative.": "El crédito es negativo.",
        }
    },
)
