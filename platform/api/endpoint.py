"""From an HTTP request to a handler and back: the one path that all requests to the API take."""

import re
from collections.abc import Mapping
from typing import Final

from flask import Request, Response, g, request
from structlog.contextvars import bind_contextvars
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from tessera.api.answers import Answer, respond
from tessera.api.call import Call, Handler
from tessera.api.cors import cors_headers
from tessera.api.entrance import Admission, Entrance
from tessera.api.errors import BodyTooLarge, MethodNotAllowed, NoSuchAddress
from tessera.api.options import ApiOptions
from tessera.api.problems import MEDIA_TYPE, as_tessera_error, dump, problem_body, problem_headers
from tessera.api.rate_limits import Allowance, RateLimitReached
from tessera.kernel.errors import BadRequest, TesseraError
from tessera.kernel.ids import uuid7

#: On every answer that does not say otherwise itself.
_ALWAYS: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache"}
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,100}")


class Endpoint:
    """A Flask view for one path: a handler for each method it takes.

    `public` ones are open to everybody, under the rate limit of addresses. Where there are no handlers, there is nothing.
    """

    def __init__(self, entrance: Entrance, options: ApiOptions, methods: Mapping[str, Handler], *, public: bool = False) -> None:
        self._entrance = entrance
        self._options = options
        self._methods = dict(methods)
        if "GET" in methods:
            self._methods["HEAD"] = methods["GET"]
        self._public = public
        self.allowed = ", ".join(sorted({*self._methods, "OPTIONS"}))

    def __call__(self, tenant_prefix: str | None = None, **path: str) -> Response:
        actual: Request = request._get_current_object()  # type: ignore[attr-defined]
        request_id = _request_id(actual)
        admission: Admission | None = None
        allowance: Allowance | None = None
        try:
            if not self._methods:
                raise NoSuchAddress()
            if actual.method == "OPTIONS":
                answer = Answer(204, headers={"Allow": self.allowed})
            else:
                handler = self._methods.get(actual.method)
                if handler is None:
                    raise MethodNotAllowed(method=actual.method[:20], allowed=self.allowed)
                admission = self._entrance.admit(actual, tenant_prefix, request_id, public=self._public)
                allowance = admission.allowance
                principal = admission.context.principal
                bind_contextvars(tenant=admission.tenant.key, principal=str(principal.id or principal.role))
                answer = handler(self._call(actual, admission, tenant_prefix), **path)
        except Exception as error:
            answer = self._refusal(actual, error, request_id, admission)
            allowance = error.allowance if isinstance(error, RateLimitReached) else allowance
        return self._finish(actual, answer, request_id, allowance)

    def _call(self, actual: Request, admission: Admission, tenant_prefix: str | None) -> Call:
        base = f"/t/{tenant_prefix}/api/v1" if tenant_prefix else "/api/v1"
        return Call(
            request=actual,
            tenant=admission.tenant,
            authentication=admission.authentication,
            context=admission.context,
            scopes=admission.scopes,
            options=self._options,
            base=actual.root_path.rstrip("/") + base,
            logins=self._entrance.logins,
            token_id=admission.token_id,
        )

    def _refusal(self, actual: Request, error: Exception, request_id: str, admission: Admission | None) -> Answer:
        known = _of_werkzeug(error, self._options) if isinstance(error, HTTPException) else as_tessera_error(error, request_id)
        language = admission.context.locale if admission is not None else self._entrance.language(actual)
        translator = self._options.translator(admission.tenant.catalog if admission is not None else None, language)
        token_sent = "Authorization" in actual.headers
        body = dump(problem_body(known, translator, request_id))
        return Answer(known.status, body, problem_headers(known, token_sent=token_sent), MEDIA_TYPE)

    def _finish(self, actual: Request, answer: Answer, request_id: str, allowance: Allowance | None) -> Response:
        headers = {"X-Request-Id": request_id, **_ALWAYS, **answer.headers}
        if allowance is not None:
            headers.update(allowance.headers())
        origin = actual.headers.get("Origin") if self._options.cors_origins else None
        if origin is not None:
            headers |= cors_headers(origin, self._options.cors_origins, preflight=actual.method == "OPTIONS")
        answer.headers = headers
        return respond(answer, actual.headers.get("Accept-Encoding", ""), compress_from=self._options.compress_from)


def _request_id(actual: Request) -> str:
    """The id that the application gave the request; without one the caller's own where it is harmless to log, else a new one."""
    known: str | None = g.get("request_id")
    if known is not None:
        return known
    given = actual.headers.get("X-Request-Id", "")
    return given if given and _REQUEST_ID.fullmatch(given) else str(uuid7())


def _of_werkzeug(error: HTTPException, options: ApiOptions) -> TesseraError:
    if isinstance(error, RequestEntityTooLarge):
        return BodyTooLarge(most=options.max_body_bytes)
    return BadRequest()
