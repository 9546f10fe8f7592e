"""A small trading company as definitions: enough kinds of fields, rules and relations to try the record service on."""

from tessera.metadata.definitions import (
    Definitions,
    FieldDefinition,
    ModuleDefinition,
    PicklistDefinition,
    PicklistValue,
    ValidationRule,
)


def field(key: str, type_: str, **given: object) -> FieldDefinition:
    label = given.pop("label", key.replace("_", " ").capitalize())
    common = {name: given.pop(name) for name in list(given) if name in FieldDefinition.__dataclass_fields__}
    return FieldDefinition(key=key, type=type_, label=str(label), options=given, **common)  # type: ignore[arg-type]


def module(key: str, *fields: FieldDefinition, **given: object) -> ModuleDefinition:
    label = key.replace("_", " ").capitalize()
    return ModuleDefinition(
        key=key,
        label=label,
        label_plural=f"{label}s",
        fields={f.key: f for f in fields},
        **given,  # type: ignore[arg-type]
    )


USER = module(
    "user",
    field("login", "text", required=True, unique=True, max_length=100),
    field("name", "text", required=True, searchable=True, max_length=200),
    field("role", "picklist", values={"administrator": {"label": "Administrator"}, "member": {"label": "Member"}}),
    field("active", "boolean", default=True),
    access="read",
)
CUSTOMER = module(
    "customer",
    field("code", "text", unique=True, max_length=20),
    field("name", "text", required=True, searchable=True, max_length=200),
    field("email", "email", searchable=True),
    field("city", "text", max_length=100, index=True),
    field("level", "picklist", picklist="levels", default="b"),
    field("credit_limit", "decimal", precision=14, scale=2),
    field("blocked", "boolean", default=False),
    field("block_reason", "text", max_length=200, visible_if="blocked", required_if="blocked"),
    field("since", "date"),
    field("order_count", "rollup", module="sales_order", via="customer", function="count"),
    field("ordered", "rollup", module="sales_order", via="customer", function="sum", field="total", result="decimal", scale=4),
    validations=(ValidationRule(key="credit", formula="credit_limit >= 0", message="The credit limit is negative."),),
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
    field("number", "sequence", scheme="SO-{YYYYMM}-{0000}", unique=True),
    field("customer", "lookup", module="customer", required=True, copies={"ship_city": "city"}),
    field("ship_city", "text", max_length=100),
    field("ordered_on", "date"),
    field("note", "long_text"),
    field(
        "lines",
        "lines",
        required=True,
        fields={
            f.key: f
            for f in (
                field("product", "lookup", module="product", required=True, copies={"description": "name"}),
                field("description", "text", max_length=200),
                field(
                    "quantity",
                    "decimal",
                    precision=12,
                    scale=2,
                    required=True,
                    validations=(
                        ValidationRule(key="positive", formula="quantity > 0", message="The quantity must be above zero."),
                    ),
                ),
                field("price", "decimal", precision=14, scale=4, default_formula="product.price"),
                field("amount", "formula", formula="quantity * price", result="decimal", scale=4),
            )
        },
    ),
    field("total", "rollup", lines="lines", function="sum", field="amount", result="decimal", scale=4),
    title_field="number",
)
LEVELS = PicklistDefinition(
    key="levels",
    label="Levels",
    values={
        "a": PicklistValue(key="a", label="A", tone="green"),
        "b": PicklistValue(key="b", label="B"),
        "old": PicklistValue(key="old", label="Old", retired=True),
    },
)
TRADING = Definitions(
    modules={m.key: m for m in (USER, CUSTOMER, PRODUCT, SALES_ORDER)},
    picklists={"levels": LEVELS},
)
