"""One log line a request, and the request id that ties it to everything else the request caused."""

import re
import time

import structlog
from flask import Flask, Response, g, request

from tessera.kernel.ids import uuid7

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,100}")
_QUIET_ENDPOINTS = frozenset({"health.healthz", "health.readyz"})


def install_request_log(app: Flask) -> None:
    """Give each request an id (a proxy's `X-Request-ID` when it sent a plain one) and log its end.

    The id is put where a proxy would have put it, in the request's header, so that every face finds it there.

    The route is logged, not the address: what is in an address or a query may be a secret or somebody's data. The faces add
    `tenant` and `principal` with `structlog.contextvars.bind_contextvars`, so that every line of the request carries them.
    """
    logger = structlog.get_logger()

    @app.before_request
    def begin() -> None:
        given = request.headers.get(HEADER, "")
        g.started = time.perf_counter()
        g.request_id = given if _ACCEPTED.fullmatch(given) else str(uuid7())
        request.environ["HTTP_X_REQUEST_ID"] = g.request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        if "started" not in g:  # refused before the request began, for instance for its host
            return response
        response.headers[HEADER] = g.request_id
        if request.endpoint not in _QUIET_ENDPOINTS:
            logger.info(
                "request",
                method=request.method,
                route=request.url_rule.rule if request.url_rule else "(none)",
                status=response.status_code,
                ms=round((time.perf_counter() - g.started) * 1000, 1),
            )
        return response
