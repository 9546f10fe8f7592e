"""The API as a Flask blueprint: every route at /api/v1, and again below /t/<tenant>."""

from flask import Blueprint
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import Rule

from tessera.api.endpoint import Endpoint
from tessera.api.entrance import Entrance
from tessera.api.options import ApiOptions
from tessera.api.rate_limits import ControlStore, LeaseStore
from tessera.api.routes import DOCS, NOWHERE, ROUTES, Route
from tessera.runtime.runtime import Runtime

ROOT = "/api/v1"
PREFIXES = ("", "/t/<tenant_prefix>")


def create_blueprint(runtime: Runtime, options: ApiOptions | None = None, *, store: LeaseStore | None = None) -> Blueprint:
    """The API over `runtime`. `store` shares the rate limits between processes; by default the control database does."""
    options = options or ApiOptions()
    entrance = Entrance(runtime, options, store or ControlStore(runtime.control.database))
    blueprint = Blueprint("api", __name__)

    def register(state: BlueprintSetupState) -> None:
        routes = [*(Route(ROOT + route.path, route.methods, route.public) for route in ROUTES), DOCS, NOWHERE]
        for number, route in enumerate(routes):
            endpoint = f"api.{number}:{route.path}"
            for prefix in PREFIXES:
                # a rule without methods takes all of them: what a path does not take is the endpoint's to say
                rule = Rule(prefix + route.path, endpoint=endpoint, methods=None, merge_slashes=False)
                rule.provide_automatic_options = False  # type: ignore[attr-defined]
                state.app.url_map.add(rule)
            state.app.view_functions[endpoint] = Endpoint(entrance, options, route.methods, public=route.public)

    blueprint.record(register)
    return blueprint
