"""Figures over the records that point here, or over a record's own lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import FieldEnvironment, FieldType
from tessera.runtime.fields.computed_value import RESULT_OPTIONS, ComputedField, parse_result

Function = Literal["count", "sum", "avg", "min", "max"]
FUNCTIONS: tuple[Function, ...] = ("count", "sum", "avg", "min", "max")


@dataclass(frozen=True, slots=True)
class RollupOptions:
    """`source` is a module or line table; `via` its lookup that points here, None for the record's own lines.

    `field` is what the function takes (None for `count`); `where` a formula over a row of the source: only rows for which it is
    true count. Records in the recycle bin never do.
    """

    source: str
    via: str | None
    function: Function
    field: str | None
    where: str | None
    result: FieldType
    result_options: Any


class RollupField(ComputedField):
    """A stored column: a customer's open amount, a product's last sale. Kept right in the transaction that changes a source row.

    `count` and `sum` of nothing are 0, the others empty.
    """

    key = "rollup"
    label = "Roll-up"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "module": {
            "type": "string",
            "description": "Module or line table (`sales_order.lines`) whose rows count. Either this with `via` or `lines`.",
        },
        "via": {"type": "string", "description": "The lookup field over there that points to this module."},
        "lines": {"type": "string", "description": "Line table of this module whose rows count."},
        "function": {"enum": list(FUNCTIONS), "description": "What is worked out over the rows."},
        "field": {"type": "string", "description": "The field of the rows that the function takes; `count` needs none."},
        "where": {
            "type": "string", "minLength": 1, "maxLength": 4000,
            "description": "A formula over a row: only rows for which it is true count.",
        },
        **RESULT_OPTIONS,
    }  # fmt: skip
    required_options: ClassVar[tuple[str, ...]] = ("function",)

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> RollupOptions:
        given = definition.options
        source, via = _source(definition, environment)
        function = given.get("function")
        if function not in FUNCTIONS:
            raise ValueError(f"function is one of {', '.join(FUNCTIONS)}")
        if function != "count" and not given.get("field"):
            raise ValueError(f"{function} needs field: what it takes of each row")
        result, options = parse_result(definition, environment, "integer" if function == "count" else "decimal")
        return RollupOptions(source, via, function, given.get("field"), given.get("where"), result, options)


def _source(definition: FieldDefinition, environment: FieldEnvironment) -> tuple[str, str | None]:
    module, via, lines = (definition.options.get(name) for name in ("module", "via", "lines"))
    if (module is None) == (lines is None):
        raise ValueError("give either module and via, or lines")
    if lines is not None:
        table = environment.siblings.get(lines)
        if table is None or table.type != "lines":
            raise ValueError(f"lines names no line table of this module: {lines!r}")
        return f"{environment.module_key}.{lines}", None
    if not isinstance(module, str) or not isinstance(via, str):
        raise ValueError("via is missing: the lookup field over there that points here")
    if module.partition(".")[0] not in environment.module_keys:
        raise ValueError(f"there is no module {module.partition('.')[0]!r}")
    return module, via
