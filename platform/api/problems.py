"""Errors as RFC 9457 problem details: the only shape in which the API says no.

Besides the standard members a problem has a stable `code`, the `request_id` to ask about, `errors` (every place that is wrong,
with a JSON pointer into the body or the name of a parameter) and `clashes` (fields that somebody else changed, with both values).
"""

import logging
from typing import Any, Final

import orjson

from tessera.api.database_errors import translated
from tessera.api.errors import BadParameter, KeyInProgress, MethodNotAllowed
from tessera.api.texts import say
from tessera.kernel.errors import (
    EditConflict,
    NotAuthenticated,
    Problem,
    TesseraError,
    TooManyRequests,
    Unavailable,
    ValidationFailed,
)
from tessera.kernel.messages import N_, Translator

MEDIA_TYPE: Final = "application/problem+json"
#: Where the docs page explains the codes; each has an anchor.
TYPE_PREFIX: Final = "/api/docs#problem-"
_log = logging.getLogger(__name__)

TITLES: Final[dict[int, str]] = {
    400: N_("Bad request"),
    401: N_("Not signed in"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("Method not allowed"),
    409: N_("Conflict"),
    411: N_("Length required"),
    412: N_("Precondition failed"),
    413: N_("Too large"),
    415: N_("Unsupported media type"),
    422: N_("Values need attention"),
    429: N_("Too many requests"),
    500: N_("Something broke on our side"),
    503: N_("Not available for the moment"),
    507: N_("No room left"),
}


def as_tessera_error(error: Exception, request_id: str) -> TesseraError:
    """`error` as one of ours; a fault of the program is logged with its trace and told to nobody."""
    if isinstance(error, TesseraError):
        if error.status >= 500:
            _log.error("request %s failed: %s", request_id, error, exc_info=error)
        return error
    known = translated(error)
    if known is not None:
        _log.warning("request %s: the database refused: %s", request_id, type(error).__name__, exc_info=error)
        return known
    _log.error("request %s failed", request_id, exc_info=error)
    return TesseraError()


def problem_body(error: TesseraError, translator: Translator, request_id: str) -> dict[str, Any]:
    """The members of the problem document."""
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + error.code,
        "title": translator.gettext(TITLES.get(error.status, TITLES[500])),
        "status": error.status,
        "detail": say(translator, error.template, error.params),
        "code": error.code,
        "request_id": request_id,
    }
    if isinstance(error, ValidationFailed):
        body["errors"] = [problem_entry(problem, translator) for problem in error.problems]
    elif isinstance(error, BadParameter):
        body["errors"] = [{"parameter": error.parameter, "code": error.code, "detail": body["detail"]}]
    elif error.pointer:
        body["errors"] = [{"pointer": error.pointer, "code": error.code, "detail": body["detail"]}]
    if isinstance(error, EditConflict):
        body["version"] = error.version
        body["clashes"] = [
            {"field": clash.field, "base": clash.base, "current": clash.current, "submitted": clash.submitted}
            for clash in error.clashes
        ]
    return body


def problem_entry(problem: Problem, translator: Translator) -> dict[str, Any]:
    """One place that is wrong."""
    return {"pointer": problem.pointer, "code": problem.code, "detail": say(translator, problem.message, problem.params)}


def problem_headers(error: TesseraError, *, token_sent: bool) -> dict[str, str]:
    """The headers that belong to an error."""
    if isinstance(error, NotAuthenticated):
        return {"WWW-Authenticate": 'Bearer realm="api"' + (', error="invalid_token"' if token_sent else "")}
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.params.get("retry_after", 1))}
    if isinstance(error, Unavailable | KeyInProgress):
        return {"Retry-After": "1"}
    if isinstance(error, MethodNotAllowed):
        return {"Allow": str(error.params["allowed"])}
    return {}


def dump(body: dict[str, Any]) -> bytes:
    """The document as bytes; values of records that JSON does not know (Decimal) become text."""
    return orjson.dumps(body, default=str)
