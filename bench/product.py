"""Tessera with the measured module: the application as `tessera serve` assembles it, without pages."""

import os
from pathlib import Path

from flask import Flask

from bench.model import definitions
from tessera.api.blueprint import create_blueprint
from tessera.api.options import ApiOptions
from tessera.bootstrap.assembly import assemble_app
from tessera.bootstrap.log import configure_logging
from tessera.bootstrap.settings import Settings
from tessera.runtime.compile import compile_catalog
from tessera.runtime.files.store import FileStore
from tessera.runtime.runtime import Runtime
from tessera.security.policy import BasicPolicy
from tessera.storage.control import ControlDatabase
from tessera.storage.engines import EngineRegistry

CONTROL_SCHEMA = "bench_control"
TENANT = "bench"
HIDDEN = {"customer": frozenset({"annual_revenue"})}


def runtime(url: str, folder: Path) -> Runtime:
    """The runtime over the measured database."""
    engines = EngineRegistry(threads=8)
    control = ControlDatabase(engines, url, schema=CONTROL_SCHEMA)
    measured = definitions(
        extra_modules=int(os.environ.get("BENCH_EXTRA_MODULES", "0")), extra_fields=int(os.environ.get("BENCH_EXTRA_FIELDS", "0"))
    )
    return Runtime(
        control,
        policy=BasicPolicy(hidden=HIDDEN),
        load_catalog=lambda _database: compile_catalog(measured, 1),
        store_for=lambda key: FileStore(folder / key),
    )


def create_app() -> Flask:
    """The WSGI application of a server process."""
    configure_logging("info", "json")
    made = runtime(os.environ["BENCH_DATABASE"], Path(os.environ["BENCH_FOLDER"]))
    settings = Settings(secret_key="x" * 40)
    return assemble_app(settings, [create_blueprint(made, ApiOptions(token_rate=0))])
