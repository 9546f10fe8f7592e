"""Tessera with the measured app: what `tessera serve` serves, rates unlimited, one field hidden from members."""

import os
from pathlib import Path

from flask import Flask

from bench.app_files import MODULE
from tessera.bootstrap.app import create_app as application
from tessera.bootstrap.configuration import load_settings, prepare
from tessera.bootstrap.log import configure_logging
from tessera.bootstrap.settings import Settings
from tessera.bootstrap.wiring import ADMINISTERED, build_runtime
from tessera.runtime.runtime import Runtime
from tessera.security.policy import BasicPolicy

TENANT = "bench"


def settings_of(url: str, folder: Path) -> Settings:
    """The settings of the measured installation."""
    environment = {
        "TESSERA_DATA_DIR": str(folder / "data"),
        "TESSERA_DEFAULT_LOCATION": url,
        "TESSERA_APPS_PATH": str(folder / "apps"),
        "TESSERA_TOKEN_RATE": "0",
        "TESSERA_LOG_FORMAT": "json",
        "TESSERA_DEFAULT_TENANT": TENANT,
    }
    return prepare(load_settings(environment))


def runtime_of(settings: Settings) -> Runtime:
    """Its runtime; no background work runs yet."""
    runtime = build_runtime(settings)
    runtime.policy = BasicPolicy(administered=ADMINISTERED, hidden={MODULE: frozenset({"annual_revenue"})})
    return runtime


def create_app() -> Flask:
    """The WSGI application of a server process."""
    settings = settings_of(os.environ["BENCH_DATABASE"], Path(os.environ["BENCH_FOLDER"]))
    configure_logging(settings.log_level, settings.log_format)
    runtime = runtime_of(settings)
    runtime.carrier.start()
    return application(settings, runtime)
