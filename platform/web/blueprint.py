"""The pages as a Flask blueprint: every route at the root, and again below /t/<tenant>."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, request

from tessera.runtime.runtime import Runtime
from tessera.web.options import WebOptions
from tessera.web.site import Site, View
from tessera.web.views import bin as recycle_bin
from tessera.web.views import files, form, home, lists, profile, record, search, sign_in

PREFIXES: Final = ("", "/t/<tenant_prefix>")

#: Method, path, view. What is not among `_PUBLIC` asks for signing in first.
_ROUTES: Final[tuple[tuple[str, str, View], ...]] = (
    ("GET", "/login", sign_in.show),
    ("POST", "/login", sign_in.sign_in),
    ("POST", "/logout", sign_in.sign_out),
    ("POST", "/language", sign_in.choose_language),
    ("GET", "/", home.show),
    ("GET", "/search", search.show),
    ("GET", "/bin", recycle_bin.show),
    ("GET", "/profile", profile.show),
    ("POST", "/profile", profile.save),
    ("POST", "/profile/password", profile.change_password),
    ("GET", "/files/<uuid:file>", files.download),
    ("GET", "/m/<module>", lists.show),
    ("GET", "/m/<module>/counts", lists.counts),
    ("GET", "/m/<module>/totals", lists.totals),
    ("GET", "/m/<module>/condition", lists.condition),
    ("GET", "/m/<module>/filter", lists.add_condition),
    ("GET", "/m/<module>/new", form.new),
    ("POST", "/m/<module>/new", form.create),
    ("POST", "/m/<module>/draft", form.draft),
    ("POST", "/m/<module>/options", form.options),
    ("GET", "/m/<module>/<uuid:record>", record.show),
    ("GET", "/m/<module>/<uuid:record>/related", record.related),
    ("GET", "/m/<module>/<uuid:record>/changes", record.changes),
    ("GET", "/m/<module>/<uuid:record>/edit", form.edit),
    ("POST", "/m/<module>/<uuid:record>/edit", form.update),
    ("POST", "/m/<module>/<uuid:record>/draft", form.draft),
    ("POST", "/m/<module>/<uuid:record>/delete", record.delete),
    ("POST", "/m/<module>/<uuid:record>/restore", record.restore),
    ("POST", "/m/<module>/<uuid:record>/purge", record.purge),
)
_PUBLIC: Final = frozenset({"/login", "/logout", "/language"})


def create_blueprint(runtime: Runtime, options: WebOptions | None = None) -> Blueprint:
    """The pages over `runtime`."""
    site = Site(runtime, options or WebOptions())
    blueprint = Blueprint("web", __name__)
    blueprint.add_url_rule("/static/<path:name>", "static", _serve_asset(site), methods=["GET"])
    blueprint.add_url_rule("/favicon.ico", "favicon", lambda: _asset(site, site.assets.url("favicon.svg").rpartition("/")[2]))
    for method, path, view in _ROUTES:
        for prefix in PREFIXES:
            endpoint = f"{method} {prefix}{path}".replace(".", " ")
            rule = prefix + path if path != "/" or not prefix else prefix + "/"
            blueprint.add_url_rule(rule, endpoint, _answer(site, view, public=path in _PUBLIC), methods=[method])
    return blueprint


def _answer(site: Site, view: View, *, public: bool) -> Callable[..., Response]:
    def answer(**arguments: Any) -> Response:
        return site.answer(request, view, arguments, public=public)

    return answer


def _serve_asset(site: Site) -> Callable[..., Response]:
    return lambda name: _asset(site, name)


def _asset(site: Site, name: str) -> Response:
    """A file of ours; its name changes with its content, so that it may be kept for a year."""
    asset = site.assets.get(name)
    if asset is None:
        return Response("", 404)
    content, encoding = asset.encoded(request.headers.get("Accept-Encoding", ""))
    response = Response(content, 200, content_type=asset.content_type)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Vary"] = "Accept-Encoding"
    if encoding is not None:
        response.headers["Content-Encoding"] = encoding
    return response
