"""Between a table's row and a record's values, worked out once for a module."""

from collections.abc import Mapping, Sequence
from typing import Any

from tessera.runtime.fields.base import CompiledField, FieldType
from tessera.runtime.fields.computed_value import ComputedField
from tessera.runtime.model import CompiledModule
from tessera.runtime.values import Row


def _is_plain(field: CompiledField) -> bool:
    """Whether the column's value is the field's value, so that no conversion is called."""
    kind = type(field.options.result if isinstance(field.type, ComputedField) else field.type)
    as_they_are = kind.from_columns is FieldType.from_columns and kind.to_columns is FieldType.to_columns
    return len(field.columns) == 1 and as_they_are


class RowCodec:
    """Reads rows selected as `columns` (in that order) into values, and turns values into column parameters."""

    def __init__(self, module: CompiledModule) -> None:
        self.module = module
        self.columns = [column for field in module.stored for column in field.columns]
        self._plain: list[tuple[str, int]] = []
        self._composed: list[tuple[CompiledField, int, int]] = []
        position = 0
        for field in module.stored:
            width = len(field.columns)
            if _is_plain(field):
                self._plain.append((field.key, position))
            else:
                self._composed.append((field, position, position + width))
            position += width
        self._order = [field.key for field in module.stored]
        self._names = {key: module.fields[key].column.name for key, _ in self._plain}
        self._parts = {field.key: field for field, _, _ in self._composed}

    def decode(self, row: Sequence[Any]) -> Row:
        """The values of one row."""
        values: Row = dict.fromkeys(self._order)
        for key, position in self._plain:
            values[key] = row[position]
        for field, start, end in self._composed:
            values[field.key] = field.type.from_columns(field, row[start:end])
        return values

    def encode(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Column parameters of the stored fields among `values`, by column name."""
        parameters: dict[str, Any] = {}
        names, composed = self._names, self._parts
        for key, value in values.items():
            name = names.get(key)
            if name is not None:
                parameters[name] = value
            elif key in composed:
                field = composed[key]
                for column, part in zip(field.columns, field.type.to_columns(field, value), strict=True):
                    parameters[column.name] = part
        return parameters


def codec_of(module: CompiledModule) -> RowCodec:
    """The module's codec, made once."""
    codec = module.__dict__.get("_codec")
    if codec is None:
        codec = module.__dict__["_codec"] = RowCodec(module)
    return codec
