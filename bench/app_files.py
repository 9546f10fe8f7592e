"""The module that is measured, as an app on the disk. `handwritten.py` has the same columns, written out."""

from pathlib import Path
from typing import Any

import yaml

APP = "bench"
MODULE = "bench_customer"
STATUSES = ("prospect", "active", "dormant", "lost", "partner")
INDUSTRIES = ("food", "steel", "energy", "retail", "travel", "health", "media", "paper", "glass", "wood")

_FIELDS: dict[str, dict[str, Any]] = {
    "code": {"type": "text", "label": "Code", "unique": True, "max_length": 20},
    "name": {"type": "text", "label": "Name", "required": True, "searchable": True, "max_length": 200},
    "email": {"type": "email", "label": "E-mail"},
    "phone": {"type": "text", "label": "Phone", "max_length": 40},
    "website": {"type": "text", "label": "Web site", "max_length": 200},
    "city": {"type": "text", "label": "City", "max_length": 100},
    "country": {"type": "text", "label": "Country", "max_length": 2},
    "status": {"type": "picklist", "label": "Status", "required": True, "values": {v: {"label": v.title()} for v in STATUSES}},
    "industry": {"type": "picklist", "label": "Industry", "values": {v: {"label": v.title()} for v in INDUSTRIES}},
    "employees": {"type": "integer", "label": "Employees"},
    "annual_revenue": {"type": "decimal", "label": "Annual revenue", "scale": 2},
    "rating": {"type": "integer", "label": "Rating"},
    "since": {"type": "date", "label": "Since"},
    "last_contact": {"type": "datetime", "label": "Last contact"},
    "vip": {"type": "boolean", "label": "VIP"},
    "notes": {"type": "long_text", "label": "Notes"},
}


def write_app(folder: Path, *, extra_modules: int = 0, extra_fields: int = 0) -> Path:
    """Write the app below `folder`; with more modules and fields to see what they cost. The folder of apps."""
    app = folder / "apps" / APP
    _write(
        app / "app.yaml", {"name": APP, "title": "Bench", "version": "1.0.0", "namespace": "bench", "depends": {"core": ">=0.1"}}
    )
    more = {f"extra_{n}": {"type": "text", "label": f"Extra {n}", "max_length": 50} for n in range(extra_fields)}
    _write_module(app, MODULE, "Customer", {**_FIELDS, **more})
    for n in range(extra_modules):
        _write_module(app, f"bench_other_{n}", f"Other {n}", _FIELDS)
    return folder / "apps"


def _write_module(app: Path, key: str, label: str, fields: dict[str, Any]) -> None:
    view = {
        "label": "By status",
        "columns": ["name"],
        "filter": {"field": "status", "op": "eq", "value": "active"},
        "sort": ["name"],
    }
    document = {
        "module": key, "label": label, "label_plural": f"{label}s", "title_field": "name", "access": "private", "fields": fields,
        "views": {"by_status": view},
    }  # fmt: skip
    _write(app / "modules" / key / "module.yaml", document)


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
