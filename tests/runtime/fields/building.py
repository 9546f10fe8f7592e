"""Compiled fields for tests, made by hand of one field definition."""

from typing import Any

import sqlalchemy as sa

from tessera.kernel.clock import MovableClock
from tessera.kernel.context import Context, Principal
from tessera.kernel.ids import uuid7
from tessera.metadata.definitions import FieldDefinition, PicklistDefinition, PicklistValue
from tessera.runtime.fields.base import Coercion, CompiledField, Display, FieldEnvironment, Rejected
from tessera.runtime.fields.registry import FIELD_TYPES
from tessera.storage.columns import ColumnSpec, TableSpec
from tessera.storage.tables import build_table

ME = uuid7()
CLOCK = MovableClock()  # 2026-01-15 12:00 UTC, a Thursday

REGIONS = PicklistDefinition(
    key="regions",
    label="Regions",
    tree=True,
    values={
        "europe": PicklistValue(key="europe", label="Europe"),
        "spain": PicklistValue(key="spain", label="Spain", parent="europe"),
        "galicia": PicklistValue(key="galicia", label="Galicia", parent="spain"),
        "asia": PicklistValue(key="asia", label="Asia"),
        "atlantis": PicklistValue(key="atlantis", label="Atlantis", retired=True),
    },
)


def definition(key: str, type_: str, **given: Any) -> FieldDefinition:
    """A definition; what is no common property is an option of the type."""
    common = {name: given.pop(name) for name in list(given) if name in FieldDefinition.__dataclass_fields__}
    return FieldDefinition(key=key, type=type_, label=key.capitalize(), options=given, **common)


def environment(*siblings: FieldDefinition, module: str = "order") -> FieldEnvironment:
    return FieldEnvironment(
        picklists={"regions": REGIONS},
        module_keys=frozenset({"user", "customer", "product", "order"}),
        module_key=module,
        siblings={sibling.key: sibling for sibling in siblings},
    )


def compiled(type_: str, *siblings: FieldDefinition, table: str = "sample", within: str = "order", **given: Any) -> CompiledField:
    """A compiled field `f` of a table that has an id and this field."""
    declared = definition("f", type_, **given)
    kind = FIELD_TYPES.get(type_)
    options = kind.parse_options(declared, environment(declared, *siblings, module=within))
    specs = kind.column_specs(declared, options)
    spec = TableSpec(table, (ColumnSpec("id", "integer", nullable=False), *specs))
    built = build_table(spec, sa.MetaData())
    return CompiledField("f", declared, kind, options, tuple(specs), tuple(built.c[one.name] for one in specs))


def context(locale: str = "en", timezone: str = "UTC") -> Context:
    return Context("test", Principal(ME, "Ann", "member"), locale=locale, timezone=timezone, clock=CLOCK)


def coerce(field: CompiledField, raw: Any, *, locale: str | None = None, stored: Any = None, timezone: str = "UTC") -> Any:
    """The value of `raw`; with a locale, typed by a person of that language."""
    coercion = Coercion(context(locale or "en", timezone), localized=locale is not None, stored=stored, currency="EUR")
    return field.type.coerce(field, raw, coercion)


def refusal(field: CompiledField, raw: Any, **given: Any) -> str:
    """The code with which `raw` is refused; "" when it is taken."""
    try:
        coerce(field, raw, **given)
    except Rejected as rejected:
        return said(rejected)
    return ""


def said(rejected: Rejected) -> str:
    """The code of a refusal, which must also have something to tell a person."""
    assert rejected.problem.text()
    assert rejected.problem.code
    return rejected.problem.code


def text(field: CompiledField, value: Any, locale: str = "en", timezone: str = "UTC", currency: str = "EUR") -> str:
    return field.type.to_text(field, value, Display(locale, timezone, currency=currency))
