"""A Flask application around faces: what holds for every answer, whatever face gives it."""

from collections.abc import Iterable
from typing import Final

from flask import Blueprint, Flask, Response, g, jsonify
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from tessera.bootstrap.request_log import install_request_log
from tessera.bootstrap.settings import Settings

#: On every answer that does not say otherwise itself. JSON, files and errors load nothing; pages bring a policy of their own.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def assemble_app(settings: Settings, blueprints: Iterable[Blueprint]) -> Flask:
    """An application of these faces, with limits, request ids, logging and headers."""
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https:"),
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        TRUSTED_HOSTS=list(settings.trusted_hosts) or None,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.after_request(_add_headers)
    app.register_error_handler(HTTPException, _refuse)
    install_request_log(app)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _refuse(error: HTTPException) -> Response:
    """The answer where no face has one: an unknown address, a body that is too large, a host that is not ours."""
    if error.response is not None:
        answer = error.get_response()
        return Response(answer.get_data(), answer.status_code, answer.headers)
    status = error.code or 500
    response = jsonify(
        type="about:blank", title=error.name, status=status, detail=error.description, request_id=g.get("request_id")
    )
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response
