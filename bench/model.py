"""The module that is measured, as definitions. `handwritten.py` has the same columns, written out."""

from tessera.metadata.definitions import (
    Definitions,
    FieldDefinition,
    ListView,
    ModuleDefinition,
    PicklistDefinition,
    PicklistValue,
)

STATUSES = ("prospect", "active", "dormant", "lost", "partner")
INDUSTRIES = ("food", "steel", "energy", "retail", "travel", "health", "media", "paper", "glass", "wood")


def _field(key: str, type_: str, **given: object) -> FieldDefinition:
    common = {name: given.pop(name) for name in list(given) if name in FieldDefinition.__dataclass_fields__}
    return FieldDefinition(key=key, type=type_, label=key.replace("_", " ").capitalize(), options=given, **common)  # type: ignore[arg-type]


def _choices(key: str, values: tuple[str, ...]) -> PicklistDefinition:
    return PicklistDefinition(key=key, label=key, values={v: PicklistValue(key=v, label=v.capitalize()) for v in values})


_USER_FIELDS = (
    _field("login", "text", required=True, unique=True, max_length=100),
    _field("name", "text", required=True, max_length=200),
    _field("role", "picklist", picklist="roles"),
    _field("active", "boolean"),
)
_CUSTOMER_FIELDS = (
    _field("code", "text", unique=True, max_length=20),
    _field("name", "text", required=True, searchable=True, max_length=200),
    _field("email", "email"),
    _field("phone", "text", max_length=40),
    _field("website", "text", max_length=200),
    _field("city", "text", max_length=100),
    _field("country", "text", max_length=2),
    _field("status", "picklist", picklist="statuses", required=True),
    _field("industry", "picklist", picklist="industries"),
    _field("employees", "integer"),
    _field("annual_revenue", "decimal", scale=2),
    _field("rating", "integer"),
    _field("since", "date"),
    _field("last_contact", "datetime"),
    _field("vip", "boolean"),
    _field("notes", "long_text"),
)
USER = ModuleDefinition(key="user", label="User", label_plural="Users", access="read", fields={f.key: f for f in _USER_FIELDS})
CUSTOMER = ModuleDefinition(
    key="customer",
    label="Customer",
    label_plural="Customers",
    fields={f.key: f for f in _CUSTOMER_FIELDS},
    views={
        "by_status": ListView(
            key="by_status", label="By status", filter={"field": "status", "op": "eq", "value": "active"}, sort=("name",)
        )
    },
)


def definitions(*, extra_modules: int = 0, extra_fields: int = 0) -> Definitions:
    """What is measured; with more modules and fields to see whether they cost anything."""
    more = {f"extra_{n}": _field(f"extra_{n}", "text", max_length=50) for n in range(extra_fields)}
    customer = ModuleDefinition(
        key="customer", label="Customer", label_plural="Customers", fields={**CUSTOMER.fields, **more}, views=CUSTOMER.views
    )
    others = {
        f"module_{n}": ModuleDefinition(
            key=f"module_{n}", label=f"Module {n}", label_plural=f"Modules {n}", fields={f.key: f for f in _CUSTOMER_FIELDS}
        )
        for n in range(extra_modules)
    }
    picklists = {
        "roles": _choices("roles", ("administrator", "member")),
        "statuses": _choices("statuses", STATUSES),
        "industries": _choices("industries", INDUSTRIES),
    }
    return Definitions(modules={"user": USER, "customer": customer, **others}, picklists=picklists)
