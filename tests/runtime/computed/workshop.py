"""A trading company whose records hang on each other in every way that computed fields know."""

from tessera.metadata.definitions import Definitions, FieldDefinition, ModuleDefinition


def field(key: str, type_: str, **given: object) -> FieldDefinition:
    common = {name: given.pop(name) for name in list(given) if name in FieldDefinition.__dataclass_fields__}
    return FieldDefinition(key=key, type=type_, label=key.capitalize(), options=given, **common)  # type: ignore[arg-type]


def formula(key: str, text: str, result: str = "decimal", **given: object) -> FieldDefinition:
    if result == "decimal":
        given.setdefault("scale", 4)
    return field(key, "formula", formula=text, result=result, **given)


def rollup(key: str, function: str, **given: object) -> FieldDefinition:
    if function != "count" and "result" not in given:
        given |= {"result": "decimal", "scale": 4}
    return field(key, "rollup", function=function, **given)


def lines(key: str, *fields: FieldDefinition) -> FieldDefinition:
    return field(key, "lines", fields={f.key: f for f in fields})


def module(key: str, *fields: FieldDefinition, **given: object) -> ModuleDefinition:
    return ModuleDefinition(
        key=key, label=key, label_plural=f"{key}s", fields={f.key: f for f in fields}, access="read_write", **given
    )  # type: ignore[arg-type]


def definitions(*modules: ModuleDefinition) -> Definitions:
    return Definitions(modules={m.key: m for m in (USER, *modules)})


USER = module(
    "user",
    field("login", "text", max_length=100),
    field("name", "text", max_length=200),
    field("role", "text", max_length=20),
    field("active", "boolean"),
)
REGION = module(
    "region",
    field("name", "text", max_length=50),
    rollup("ordered", "sum", module="customer", via="region", field="ordered"),
)
CUSTOMER = module(
    "customer",
    field("name", "text", max_length=100, searchable=True),
    field("region", "lookup", module="region"),
    field("discount", "percent", scale=2),
    field("floor", "decimal", scale=2),
    rollup("orders", "count", module="sales_order", via="customer"),
    rollup("ordered", "sum", module="sales_order", via="customer", field="total"),
    rollup("won", "sum", module="sales_order", via="customer", field="total", where="status = 'won'"),
    rollup("this_year", "sum", module="sales_order", via="customer", field="total", where="year(ordered_on) = year(today())"),
    rollup("large", "count", module="sales_order", via="customer", where="total >= record.floor"),
    rollup("mean", "avg", module="sales_order", via="customer", field="total"),
    rollup("last_order", "max", module="sales_order", via="customer", field="ordered_on", result="date"),
    formula("headline", "name & ': ' & ordered", "text", max_length=200, searchable=True),
)
PRODUCT = module(
    "product",
    field("name", "text", max_length=100),
    field("price", "decimal", scale=4),
    rollup("sold", "sum", module="sales_order.lines", via="product", field="quantity"),
)
SALES_ORDER = module(
    "sales_order",
    field("number", "text", max_length=20),
    field("customer", "lookup", module="customer"),
    field("ordered_on", "date"),
    field("status", "picklist", values={"open": {"label": "Open"}, "won": {"label": "Won"}}),
    lines(
        "lines",
        field("product", "lookup", module="product"),
        field("quantity", "decimal", scale=2),
        formula("amount", "quantity * product.price * (1 - coalesce(parent.customer.discount, 0))"),
    ),
    rollup("total", "sum", lines="lines", field="amount"),
    formula("title", "customer.name & ' ' & number", "text", max_length=150),
    formula("root", "sqrt(sum(lines.quantity))"),
    title_field="number",
)
BUNDLE = module(
    "bundle",
    field("name", "text", max_length=50),
    field("products", "multi_lookup", module="product"),
    field("tags", "tags"),
    formula("worth", "sum(products.price)"),
    formula("vip", "'vip' in tags and worth > 5", "boolean"),
    formula("power", "2 ^ count(products)"),
)
WORKSHOP = definitions(REGION, CUSTOMER, PRODUCT, SALES_ORDER, BUNDLE)
