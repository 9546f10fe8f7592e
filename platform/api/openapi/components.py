"""The schemas of a module's records: as read, as created, as changed, and a page of them."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from tessera.api.openapi.fixed import UUID, Json, nullable, ref
from tessera.api.openapi.names import choice_name
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.fields.choices import Choices
from tessera.runtime.model import CompiledModule
from tessera.security.policy import ModuleAccess

Text = Callable[[str], str]


class ModuleSchemas:
    """Makes the component schemas of one module for a reader with `access`.

    `names` has the components' names by module, `taken` every name that is in use; `name` is the one of the records.
    """

    def __init__(
        self, module: CompiledModule, names: Mapping[str, str], taken: Collection[str], access: ModuleAccess, text: Text
    ) -> None:
        self._module = module
        self._taken = taken
        self._names = names
        self._access = access
        self._text = text
        self.name = names[module.key]
        self.components: dict[str, Json] = {}

    def build(self) -> dict[str, Json]:
        """The components by name."""
        module, definition = self._module, self._module.definition
        for key, lines in module.lines.items():
            if self._sees(module, key):
                self._add_lines(lines)
        self.components[self.name] = {
            "type": "object",
            "description": self._text(definition.help) or self._text(definition.label),
            "properties": self._read(module),
            "required": ["id"],
        }
        self.components[f"{self.name}Create"] = {
            "type": "object",
            "properties": self._write(module),
            "required": [field.key for field in self._writable(module) if needs_value(field)],
            "additionalProperties": False,
        }
        if not self.components[f"{self.name}Create"]["required"]:
            del self.components[f"{self.name}Create"]["required"]
        version = {
            "type": "integer",
            "minimum": 1,
            "description": "The version that was read, so that only true clashes are refused.",
        }
        self.components[f"{self.name}Update"] = {
            "type": "object",
            "properties": {**self._write(module), "version": version},
            "additionalProperties": False,
        }
        self.components[f"{self.name}Page"] = page_schema(ref(self.name))
        return self.components

    def _add_lines(self, lines: CompiledModule) -> None:
        name = self._names[lines.key]
        self.components[name] = {"type": "object", "properties": self._read(lines), "required": ["id"]}
        values = {"id": {**UUID, "description": "The line to keep and change; without it a new one."}, **self._write(lines)}
        required = [field.key for field in self._writable(lines) if needs_value(field)]
        self.components[f"{name}Create"] = {
            "type": "object",
            "properties": values,
            **({"required": required} if required else {}),
            "additionalProperties": False,
        }

    def _sees(self, module: CompiledModule, key: str) -> bool:
        field, prefix = module.fields.get(key), f"{module.key.partition('.')[2]}." if module.is_line_table else ""
        return field is not None and not field.definition.hidden and prefix + key not in self._access.hidden_fields

    def _visible(self, module: CompiledModule) -> list[CompiledField]:
        return [field for key, field in module.fields.items() if self._sees(module, key)]

    def _writable(self, module: CompiledModule) -> list[CompiledField]:
        """The fields a submitted record may hold, line tables among them."""
        taken = {*module.writable, *module.lines}
        read_only = frozenset() if module.is_line_table else self._access.read_only_fields
        return [
            field
            for field in self._visible(module)
            if field.key in taken and not field.definition.read_only and field.key not in read_only
        ]

    def _read(self, module: CompiledModule) -> Json:
        properties: Json = {}
        for field in self._visible(module):
            if field.key in module.lines:
                schema: Json = {"type": "array", "items": ref(self._names[module.lines[field.key].key])}
            elif field.key in ("id", "version"):
                schema = self._value(module, field)
            elif field.type.references(field.definition, field.options) and len(field.columns) == 1:
                schema = {"anyOf": [self._value(module, field), ref("Reference"), {"type": "null"}]}
            else:
                schema = nullable(self._value(module, field))
            properties[field.key] = self._labelled(field, {**schema, "readOnly": True} if field.key in _KEPT else schema)
        return properties

    def _write(self, module: CompiledModule) -> Json:
        properties: Json = {}
        for field in self._writable(module):
            if field.key in module.lines:
                schema: Json = {"type": "array", "items": ref(f"{self._names[module.lines[field.key].key]}Create")}
            else:
                value = self._value(module, field)
                schema = value if needs_value(field) else nullable(value)
            properties[field.key] = self._labelled(field, schema)
        return properties

    def _value(self, module: CompiledModule, field: CompiledField) -> Json:
        """The type's own schema; choices become a component of their own, so that a client has one class for them."""
        schema: Json = for_clients(field.type.json_schema(field))
        choices = field.options if isinstance(field.options, Choices) else None
        if choices is None or not choices.values:
            return schema
        name = choice_name(self._names[module.key], field.key, self._taken)
        self.components[name] = {
            "type": "string",
            "enum": list(choices.values),
            "description": "; ".join(f"{key}: {self._text(value.label) or key}" for key, value in choices.values.items()),
        }
        return _with_choices(schema, name)

    def _labelled(self, field: CompiledField, schema: Json) -> Json:
        label, help_text = self._text(field.definition.label), self._text(field.definition.help)
        description = f"{label}. {help_text}" if help_text else label
        return {**schema, "description": description} if description else schema


#: Fields that the product keeps itself.
_KEPT = frozenset({"id", "version", "created_at", "created_by", "updated_at", "updated_by"})


def _with_choices(schema: Json, name: str) -> Json:
    """The schema with its `enum` replaced by a reference to the component, whether it is one choice or a list of them."""
    if "enum" in schema:
        return ref(name)
    items = schema.get("items")
    return {**schema, "items": ref(name)} if isinstance(items, dict) and "enum" in items else schema


def for_clients(schema: Any) -> Any:
    """The same schema without `items: false`, which client generators stumble over: the length says it as well."""
    if isinstance(schema, list):
        return [for_clients(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: for_clients(inner) for key, inner in schema.items()}
    if made.get("items") is False:
        del made["items"]
        made["maxItems"] = len(made.get("prefixItems", ()))
    return made


def needs_value(field: CompiledField) -> bool:
    """Whether a new record must bring a value, because nothing gives one."""
    definition = field.definition
    return definition.required and definition.default is None and definition.default_formula is None and field.key != "owner"


def page_schema(item: Json) -> Json:
    """A page of items."""
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": item},
            "next_cursor": {
                "type": ["string", "null"],
                "description": "Send it as `cursor` for the next page; null on the last one.",
            },
            "count": {"type": "integer", "description": "Only when it was asked for."},
            "count_bounded": {"type": "boolean", "description": "There are at least as many as `count` says."},
        },
        "required": ["items", "next_cursor"],
    }


def lookups_of(module: CompiledModule, access: ModuleAccess) -> list[str]:
    """The fields whose options may be asked for, those of lines as `lines.product`."""
    found = [key for key, field in module.fields.items() if _offers(field) and key not in access.hidden_fields]
    for line_key, lines in module.lines.items():
        if line_key not in access.hidden_fields:
            keys = (f"{line_key}.{key}" for key, field in lines.fields.items() if _offers(field))
            found += [key for key in keys if key not in access.hidden_fields]
    return found


def _offers(field: CompiledField) -> bool:
    targets: tuple[Any, ...] = field.type.references(field.definition, field.options)
    return bool(targets) and field.key not in _KEPT
