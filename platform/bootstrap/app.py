"""The web application of a runtime: its faces put together."""

from flask import Flask

from tessera.api.blueprint import create_blueprint as create_api
from tessera.api.health import create_health_blueprint
from tessera.bootstrap.assembly import assemble_app
from tessera.bootstrap.settings import Settings
from tessera.runtime.runtime import Runtime
from tessera.web.blueprint import create_blueprint as create_web


def create_app(settings: Settings, runtime: Runtime) -> Flask:
    """The WSGI application that serves the tenants of `runtime`."""
    health = create_health_blueprint({"control_database": lambda: _asked(runtime)})
    return assemble_app(settings, [health, create_api(runtime), create_web(runtime)])


def _asked(runtime: Runtime) -> None:
    """Raises when the control database does not answer."""
    runtime.control.current_versions()
