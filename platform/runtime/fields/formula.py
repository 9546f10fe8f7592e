"""Values worked out from the record by a formula."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import FieldEnvironment, FieldType
from tessera.runtime.fields.computed_value import RESULT_OPTIONS, ComputedField, parse_result


@dataclass(frozen=True, slots=True)
class FormulaOptions:
    """The formula's text, and the type of its result with that type's options."""

    formula: str
    result: FieldType
    result_options: Any


class FormulaField(ComputedField):
    """A stored column, kept right in the same transaction whenever what it needs changes: filter, sort and group by it."""

    key = "formula"
    label = "Formula"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "formula": {
            "type": "string", "minLength": 1, "maxLength": 4000,
            "description": "The formula, over fields of the record, of records it points to, and aggregates over its lines.",
        },
        **RESULT_OPTIONS,
    }  # fmt: skip
    required_options: ClassVar[tuple[str, ...]] = ("formula", "result")

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> FormulaOptions:
        formula = definition.options.get("formula")
        if not isinstance(formula, str) or not formula.strip():
            raise ValueError("formula is missing")
        return FormulaOptions(formula, *parse_result(definition, environment, None))
