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
#: Up to so many known names are listed in a message.
MAX_LISTED = 12
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
            for finding in _explain_all(self._field_validator(type_key).iter_errors(definition)):
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
            if "fields" in schema["properties"]:  # a line table's own fields are checked one by one, by their own types
                schema["properties"] = {**schema["properties"], "fields": {"type": "object"}}
            schema["$defs"] = base_schema("module")["$defs"]
            self._fields[type_key] = Draft202012Validator(schema, registry=registry())
        return self._fields[type_key]


def _explain_all(errors: Iterable[ValidationError]) -> Iterator[Finding]:
    for error in errors:
        yield from _explain(error)


def _explain(error: ValidationError) -> Iterator[Finding]:
    """What one schema error means, as one finding or several."""
    path = tuple(str(part) for part in error.absolute_path)
    schema, limit, instance = _parts(error)
    if "propertyNames" in error.absolute_schema_path:
        yield Finding((*path, str(instance)), _sentence(error))
    elif error.validator == "additionalProperties":
        known = schema.get("properties", {})
        yield from (Finding((*path, n), f"{n!r} is not known here.", nearest(n, known)) for n in instance if n not in known)
    elif error.validator == "required":
        yield from (Finding(path, f"{name!r} is missing.") for name in limit if name not in instance)
    elif error.validator == "enum":
        names = [str(entry) for entry in limit]
        listed = f": {', '.join(names)}" if len(names) <= MAX_LISTED else ""
        yield Finding(path, f"{instance!r} is not one of the known names{listed}.", nearest(str(instance), names))
    elif error.validator in ("anyOf", "oneOf") and "errorMessage" not in schema:
        yield from _explain_alternatives(error)
    else:
        yield Finding(path, _sentence(error))


def _parts(error: ValidationError) -> tuple[dict[str, Any], Any, Any]:
    """The subschema that refused, the value of the keyword that did, and what was refused."""
    schema: Any = error.schema
    return schema, error.validator_value, error.instance


def _explain_alternatives(error: ValidationError) -> Iterator[Finding]:
    """The alternatives differ by the type of the value: explain the one whose type fits, or say which types there are."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    fitting = [errors for errors in branches.values() if not any(_refuses_type(inner) for inner in errors)]
    # Where a mapping without properties would do as well, the alternative that knows properties tells more.
    telling = [errors for errors in fitting if all(inner.validator != "maxProperties" for inner in errors)] or fitting
    if telling:
        yield from _explain_all(telling[0])
    else:
        types = dict.fromkeys(_types(inner) for errors in branches.values() for inner in errors if _refuses_type(inner))
        yield Finding(tuple(str(part) for part in error.absolute_path), f"This must be {' or '.join(types)}.")


def _refuses_type(error: ValidationError) -> bool:
    """True when an alternative does not fit because the value itself is of another type."""
    return error.validator == "type" and not error.relative_path


def _sentence(error: ValidationError) -> str:
    schema, limit, _ = _parts(error)
    if (written := schema.get("errorMessage")) is not None:
        return str(written)
    if error.validator == "type":
        return f"This must be {_types(error)}."
    template = _MESSAGES.get(str(error.validator))
    return template.format(limit=limit) if template else f"{error.message}."


def _types(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    return " or ".join(_TYPE_WORDS[name] for name in ([wanted] if isinstance(wanted, str) else wanted))
