"""Between a table's row and a record's values, worked out once for a module."""

from collections.abc import Mapping, Sequence
from typing import Any

from tessera.runtime.fields.base import CompiledField, FieldType
from tessera.runtime.model import CompiledModule
from tessera.runtime.values import Row


def _is_plain(field: CompiledField) -> bool:
    """Whether the column's value is the field's value, so that no conversion is called."""
    kind = type(field.type)
    return len(field.columns) == 1 and kind.from_columns is FieldType.from_columns and kind.to_columns is FieldType.to_columns


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
        for key, value in values.items():
            field = self.module.fields.get(key)
            if field is None or not field.columns:
                continue
            for column, part in zip(field.columns, field.type.to_columns(field, value), strict=True):
                parameters[column.name] = part
        return parameters


def codec_of(module: CompiledModule) -> RowCodec:
    """The module's codec, made once."""
    codec = module.__dict__.get("_codec")
    if codec is None:
        codec = module.__dict__["_codec"] = RowCodec(module)
    return codec
