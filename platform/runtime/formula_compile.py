"""The formulas of a module: parsed, checked against the whole tenant's fields, and collected with all their problems."""

import re
from collections.abc import Iterable, Mapping

from tessera.expressions.errors import FormulaError
from tessera.expressions.formula import Formula, check
from tessera.expressions.scope import Member
from tessera.expressions.types import BOOLEAN, Type, record, rows
from tessera.metadata.definitions import FieldDefinition, ModuleDefinition, ValidationRule
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.fields.choices import Choices
from tessera.runtime.model import CompiledRule, FieldRules

#: A rule that asks for emptiness is asked of empty fields too.
_SPEAKS_OF_EMPTINESS = re.compile(r"\b(is_empty|ifempty|coalesce|null|empty)\b", re.IGNORECASE)


class FormulaProblem(Exception):
    """Raised when formulas of a module are wrong: (place, message) of each."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__(str(problems))


class CatalogScope:
    """What names mean in the formulas of a tenant: fields, line tables, and in a line its `parent`."""

    def __init__(self, fields: Mapping[str, Mapping[str, CompiledField]]) -> None:
        self._fields = fields

    def fields(self, module_key: str) -> Mapping[str, CompiledField]:
        """The fields of a module or line table."""
        return self._fields.get(module_key, {})

    def member(self, module_key: str, name: str) -> Member | None:
        """The member `name` of a row of `module_key`, or None."""
        compiled = self._fields.get(module_key, {}).get(name)
        if compiled is not None:
            if compiled.definition.type == "lines":
                return Member(name, rows(f"{module_key}.{name}"))
            if name == "id" and "." not in module_key:
                return Member(name, record(module_key))
            return Member(name, compiled.type.expression_type(compiled), _choices(compiled))
        if name == "parent" and "." in module_key:
            return Member(name, record(module_key.partition(".")[0]))
        return None

    def names(self, module_key: str) -> Iterable[str]:
        """Every name that means something in a row of `module_key`, for hints."""
        names = list(self._fields.get(module_key, {}))
        return [*names, "parent"] if "." in module_key else names


def _choices(field: CompiledField) -> frozenset[str] | None:
    """The keys that a choice field knows, retired ones too; None for other fields."""
    return frozenset(field.options.values) if isinstance(field.options, Choices) else None


class FormulaCompiler:
    """Compiles the rules of modules over one scope."""

    def __init__(self, fields: Mapping[str, Mapping[str, CompiledField]]) -> None:
        self.scope = CatalogScope(fields)

    def _needed(self, key: str, formula: Formula) -> frozenset[str]:
        """The fields of the row that `formula` compares; none when it speaks of emptiness itself. An empty yes/no is a no."""
        if _SPEAKS_OF_EMPTINESS.search(formula.text):
            return frozenset()
        fields = self.scope.fields(key)
        named = {path[0] for path in formula.dependencies if path[0] in fields}
        return frozenset(name for name in named if fields[name].columns and fields[name].definition.type != "boolean")

    def rules(
        self, key: str, definition: ModuleDefinition, fields: Mapping[str, FieldDefinition], with_module_rules: bool
    ) -> tuple[tuple[CompiledRule, ...], dict[str, FieldRules]]:
        """The validation rules and the field rules of one module or line table; raises `FormulaProblem`."""
        problems: list[tuple[str, str]] = []

        def compiled(place: str, text: str | None, expect: Type | None) -> Formula | None:
            if not text:
                return None
            try:
                return check(text, self.scope, key, expect=expect)
            except FormulaError as error:
                problems.append((f"{key}.{place}", str(error)))
                return None

        def rule(place: str, declared: ValidationRule, field: str | None) -> None:
            formula = compiled(f"{place}.formula", declared.formula, BOOLEAN)
            if formula is not None:
                needs = self._needed(key, formula) | ({field} if field else frozenset())
                found.append(CompiledRule(declared.key, formula, declared.message, field, needs))

        found: list[CompiledRule] = []
        field_rules: dict[str, FieldRules] = {}
        for name, field in fields.items():
            place = f"fields.{name}"
            one = FieldRules(
                default=compiled(f"{place}.default_formula", field.default_formula, None),
                visible_if=compiled(f"{place}.visible_if", field.visible_if, BOOLEAN),
                required_if=compiled(f"{place}.required_if", field.required_if, BOOLEAN),
                read_only_if=compiled(f"{place}.read_only_if", field.read_only_if, BOOLEAN),
            )
            if one != FieldRules():
                field_rules[name] = one
            for declared in field.validations:
                rule(f"{place}.validations.{declared.key}", declared, name)
        if with_module_rules:
            for declared in definition.validations:
                rule(f"validations.{declared.key}", declared, None)
            for layout in definition.layouts.values():
                for tab in layout.tabs.values():
                    compiled(f"layouts.{layout.key}.tabs.{tab.key}.visible_if", tab.visible_if, BOOLEAN)
                    for section in tab.sections.values():
                        at = f"layouts.{layout.key}.tabs.{tab.key}.sections.{section.key}.visible_if"
                        compiled(at, section.visible_if, BOOLEAN)
        if problems:
            raise FormulaProblem(problems)
        return tuple(found), field_rules
