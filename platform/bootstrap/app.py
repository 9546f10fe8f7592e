"""The web application of a runtime: its faces put together."""

import redis
from flask import Flask

from tessera.api.blueprint import create_blueprint as create_api
from tessera.api.health import create_health_blueprint
from tessera.api.options import ApiOptions
from tessera.api.redis_store import RedisStore
from tessera.bootstrap.assembly import assemble_app
from tessera.bootstrap.settings import Settings
from tessera.runtime.runtime import Runtime
from tessera.web.blueprint import create_blueprint as create_web
from tessera.web.catalogues import product_translator
from tessera.web.options import LANGUAGES, WebOptions

#: Seconds that a request waits for Redis; a rate limit is not worth more.
REDIS_SECONDS = 0.25


def create_app(settings: Settings, runtime: Runtime) -> Flask:
    """The WSGI application that serves the tenants of `runtime`."""
    health = create_health_blueprint({"control_database": lambda: _ask_control(runtime)})
    api = create_api(runtime, api_options(settings), store=_shared_counts(settings))
    return assemble_app(settings, [health, api, create_web(runtime, web_options(settings))])


def api_options(settings: Settings) -> ApiOptions:
    """What the API is told of the settings."""
    return ApiOptions(
        default_tenant=settings.default_tenant or None,
        max_body_bytes=settings.max_upload_bytes,
        max_upload_bytes=settings.max_upload_bytes,
        token_rate=settings.token_rate,
        address_rate=settings.address_rate,
        login_rate=settings.login_rate,
        languages=(settings.locale, *(language for language in LANGUAGES if language != settings.locale)),
        translator_for=product_translator,
        cors_origins=frozenset(settings.cors_origins),
    )


def web_options(settings: Settings) -> WebOptions:
    """What the pages are told of the settings."""
    return WebOptions(default_tenant=settings.default_tenant or None, secure_cookies=settings.base_url.startswith("https:"))


def _shared_counts(settings: Settings) -> RedisStore | None:
    """Where processes count requests together: Redis if there is one, else (None) the control database."""
    if not settings.redis_url:
        return None
    return RedisStore(
        redis.Redis.from_url(settings.redis_url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)
    )


def _ask_control(runtime: Runtime) -> None:
    """Raises when the control database does not answer."""
    runtime.control.current_versions()
