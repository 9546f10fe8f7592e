"""`/healthz` and `/readyz`: for load balancers and supervisors. They tell nothing about tenants and need no log-in."""

import logging
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, jsonify

log = logging.getLogger(__name__)

#: Returns when a thing that requests need is there, and raises whatever it likes when it is not.
Check = Callable[[], None]


def create_health_blueprint(checks: Mapping[str, Check]) -> Blueprint:
    """The two routes; `checks` by name are what `/readyz` asks."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        """The process is alive. Says nothing of what it depends on: a restart would not mend that."""
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        """Whether requests can be answered now: 200, or 503 naming the checks that failed, never why (the log says)."""
        results = {name: _outcome(name, check) for name, check in checks.items()}
        ready = all(result == "ok" for result in results.values())
        return jsonify(status="ready" if ready else "not ready", checks=results), 200 if ready else 503

    return blueprint


def _outcome(name: str, check: Check) -> str:
    try:
        check()
    except Exception:
        log.warning("Readiness check failed", extra={"step": name}, exc_info=True)
        return "failed"
    return "ok"
