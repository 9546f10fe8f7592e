#!/usr/bin/env python3
"""Write docs/reference/ from the schemas and the field types:  .venv/bin/python tools/build_reference.py

A test fails while the pages differ from the code.
"""

from pathlib import Path

from tessera.metadata.reference import reference_pages
from tessera.runtime.fields.registry import field_type_schemas

FOLDER = Path(__file__).parents[1] / "docs" / "reference"

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in reference_pages(field_type_schemas()).items():
        (FOLDER / name).write_text(content, encoding="utf-8")
