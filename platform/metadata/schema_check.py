"""Checks documents against the JSON Schemas and says in plain sentences what does not fit, with the nearest right name."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tessera.metadata.errors import Finding, nearest
from tessera.metadata.published import FieldTypeSchemas, base_schema, field_schema, registry

_TYPE_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
_MESSAGES: Mapping[str, str] = {
    "minLength": "This must not be empty.",
    "maxLength": "This is longer than {limit} characters.",
    "minItems": "This needs at least {limit} entries.",
    "maxItems": "This has more than {limit} entries.",
    "minProperties": "This needs at least {limit} entries.",
    "maxProperties": "There are no properties here.",
    "uniqueItems": "Something stands here twice.",
    "minimum": "This is below {limit}.",
    "maximum": "This is above {limit}.",
    "const": "This must be {limit!r}.",
    "pattern": "This does not have the right form.",
}


class SchemaCheck:
    """The schemas of all kinds of definition, with the field types of this installation."""

    def __init__(self, field_types: FieldTypeSchemas) -> None:
        self.field_types = field_types
        self._fields: dict[str, Draft202012Validator] = {}
        self._validators: dict[str, Draft202012Validator] = {}

    @cached_property
    def type_keys(self) -> tuple[str, ...]:
        """The known field types."""
        return tuple(self.field_types)

    def findings(self, kind: str, document: Any) -> list[Finding]:
        """Everything in `document` that the schema of `kind` (`module`, `app` …) refuses; paths start at the document."""
        if kind not in self._validators:
            self._validators[kind] = Draft202012Validator(base_schema(kind), registry=registry())
        found = list(_explain_all(self._validators[kind].iter_errors(document)))
        if kind == "module" and isinstance(document, dict):
            found += self._field_findings(document.get("fields"), ("fields",))
        return list(dict.fromkeys(found))

    def _field_findings(self, fields: Any, path: tuple[str, ...]) -> Iterator[Finding]:
        """What the types of the fields refuse, line tables included."""
        for key, definition in fields.items() if isinstance(fields, dict) else ():
            if not isinstance(definition, dict) or not isinstance(type_key := definition.get("type"), str):
                continue
            here = (*path, str(key))
            if type_key not in self.field_types:
                yield Finding((*here, "type"), f"There is no field type {type_key!r}.", nearest(type_key, self.type_keys))
                continue
            for finding in _explain_all(self._field_validator(type_key).iter_errors(_without_nested(definition))):
                yield Finding((*here, *finding.path), finding.message, finding.suggestion)
            if type_key == "lines":
                yield from self._field_findings(definition.get("fields"), (*here, "fields"))

    def _field_validator(self, type_key: str) -> Draft202012Validator:
        if type_key not in self._fields:
            # The $id makes references to the common parts resolve as they do in the module schema.
            schema = {
                "$id": f"https://schemas.tessera.invalid/field_{type_key}.schema.json",
                **field_schema(type_key, self.field_types[type_key]),
            }
            schema["$defs"] = base_schema("module")["$defs"]
            self._fields[type_key] = Draft202012Validator(schema, registry=registry())
        return self._fields[type_key]


def _without_nested(definition: dict[str, Any]) -> dict[str, Any]:
    """A line table's own fields are checked one by one, by their own types."""
    return {**definition, "fields": {}} if isinstance(definition.get("fields"), dict) and definition["fields"] else definition


def _explain_all(errors: Iterable[ValidationError]) -> Iterator[Finding]:
    for error in errors:
        yield from _explain(error)


def _explain(error: ValidationError) -> Iterator[Finding]:
    """What one schema error means, as one finding or several."""
    path = tuple(str(part) for part in error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        yield Finding((*path, str(error.instance)), _sentence(error))
    elif error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        for name in error.instance:
            if name not in known:
                yield Finding((*path, name), f"{name!r} is not known here.", nearest(name, known))
    elif error.validator == "required":
        yield from (Finding(path, f"{name!r} is missing.") for name in error.validator_value if name not in error.instance)
    elif error.validator == "enum":
        known = [str(entry) for entry in error.validator_value]
        listed = f": {', '.join(known)}" if len(known) <= 12 else ""
        yield Finding(path, f"{error.instance!r} is not one of the known names{listed}.", nearest(str(error.instance), known))
    elif error.validator in ("anyOf", "oneOf") and "errorMessage" not in error.schema:
        yield from _explain_alternatives(error)
    else:
        yield Finding(path, _sentence(error))


def _explain_alternatives(error: ValidationError) -> Iterator[Finding]:
    """The alternatives differ by the type of the value: explain the one whose type fits, or say which types there are."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    fitting = [inner for inner in branches.values() if not any(e.validator == "type" and not e.relative_path for e in inner)]
    if len(fitting) > 1:  # a mapping where an empty one would do as well: the one that knows properties tells more
        fitting = [inner for inner in fitting if all(e.validator != "maxProperties" for e in inner)] or fitting[:1]
    if fitting:
        yield from _explain_all(fitting[0])
    else:
        types = dict.fromkeys(
            _types(e) for inner in branches.values() for e in inner if e.validator == "type" and not e.relative_path
        )
        yield Finding(tuple(str(part) for part in error.absolute_path), f"This must be {' or '.join(types)}.")


def _sentence(error: ValidationError) -> str:
    if (written := error.schema.get("errorMessage")) is not None:
        return str(written)
    if error.validator == "type":
        return f"This must be {_types(error)}."
    template = _MESSAGES.get(str(error.validator))
    return template.format(limit=error.validator_value) if template else f"{error.message}."


def _types(error: ValidationError) -> str:
    wanted = error.validator_value
    return " or ".join(_TYPE_WORDS[name] for name in ([wanted] if isinstance(wanted, str) else wanted))
