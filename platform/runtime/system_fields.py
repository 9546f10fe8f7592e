"""The fields and columns that every record has without being asked for."""

import sqlalchemy as sa

from tessera.kernel.messages import N_
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import CompiledField, FieldEnvironment
from tessera.runtime.fields.identifier import IDENTIFIER
from tessera.runtime.fields.registry import FIELD_TYPES
from tessera.storage.columns import ColumnSpec

RECORD_COLUMNS = (
    ColumnSpec("id", "uuid", nullable=False),
    ColumnSpec("version", "integer", nullable=False),
    ColumnSpec("created_at", "datetime", nullable=False),
    ColumnSpec("created_by", "uuid", references="user"),
    ColumnSpec("updated_at", "datetime", nullable=False),
    ColumnSpec("updated_by", "uuid", references="user"),
    ColumnSpec("owner", "uuid", references="user"),
    ColumnSpec("deleted_at", "datetime"),
    ColumnSpec("deleted_by", "uuid", references="user"),
    ColumnSpec("search_text", "text"),
)
LINE_COLUMNS = (ColumnSpec("id", "uuid", nullable=False), ColumnSpec("position", "integer", nullable=False))

_DEFINITIONS = (
    FieldDefinition(key="version", type="integer", label=N_("Version"), read_only=True, history=False),
    FieldDefinition(key="created_at", type="datetime", label=N_("Created"), read_only=True, history=False),
    FieldDefinition(key="created_by", type="user", label=N_("Created by"), read_only=True, history=False),
    FieldDefinition(key="updated_at", type="datetime", label=N_("Changed"), read_only=True, history=False),
    FieldDefinition(key="updated_by", type="user", label=N_("Changed by"), read_only=True, history=False),
    FieldDefinition(key="owner", type="user", label=N_("Owner")),
)
_ID = FieldDefinition(key="id", type="id", label=N_("Record ID"), read_only=True, history=False)
_NOTHING = FieldEnvironment(picklists={}, module_keys=frozenset({"user"}), module_key="", siblings={})
SYSTEM_FIELD_DEFINITIONS = (_ID, *_DEFINITIONS)


def record_fields(table: sa.Table) -> dict[str, CompiledField]:
    """The system fields of a module's table."""
    specs = {spec.name: spec for spec in RECORD_COLUMNS}
    fields = {"id": CompiledField("id", _ID, IDENTIFIER, None, (specs["id"],), (table.c.id,))}
    for definition in _DEFINITIONS:
        kind = FIELD_TYPES.get(definition.type)
        options = kind.parse_options(definition, _NOTHING)
        key = definition.key
        fields[key] = CompiledField(key, definition, kind, options, (specs[key],), (table.c[key],))
    return fields


def line_fields(table: sa.Table) -> dict[str, CompiledField]:
    """The system fields of a line table."""
    return {"id": CompiledField("id", _ID, IDENTIFIER, None, (LINE_COLUMNS[0],), (table.c.id,))}
