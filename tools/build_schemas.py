#!/usr/bin/env python3
"""Write the published JSON Schemas, with the options of all field types:  .venv/bin/python tools/build_schemas.py

They go to `platform/metadata/schemas/published/`, where the `# yaml-language-server: $schema=…` lines of the bundled apps find
them. A test fails while they differ from the code.
"""

import json
from pathlib import Path

from tessera.metadata.published import build_schemas
from tessera.runtime.fields.registry import field_type_schemas

FOLDER = Path(__file__).parents[1] / "platform" / "metadata" / "schemas" / "published"


def schema_files() -> dict[str, str]:
    """{file name: content} of all published schemas."""
    schemas = build_schemas(field_type_schemas())
    return {f"{kind}.schema.json": json.dumps(schema, indent=1, ensure_ascii=False) + "\n" for kind, schema in schemas.items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in schema_files().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
