"""What can be wrong with a request before it reaches a record."""

from tessera.kernel.errors import BadRequest, Conflict, NotFound, TesseraError, ValidationFailed


class NoSuchAddress(NotFound):
    """Raised when nothing of the API stands at the path."""

    code = "no_such_address"
    message = "Nothing stands at this address."


class MethodNotAllowed(TesseraError):
    """Raised when the address exists but does not take the method."""

    code = "method_not_allowed"
    status = 405
    message = "This address does not take {method}; it takes {allowed}."


class UnsupportedMediaType(TesseraError):
    """Raised when the body is of another kind than the address takes."""

    code = "unsupported_media_type"
    status = 415
    message = "Send {expected}."


class BodyTooLarge(TesseraError):
    """Raised when the body is larger than what is taken."""

    code = "body_too_large"
    status = 413
    message = "The body may have at most {most} bytes."


class LengthRequired(TesseraError):
    """Raised when a body comes without saying its length and the server cannot take it so."""

    code = "length_required"
    status = 411
    message = "Say the length of the body."


class BadParameter(BadRequest):
    """Raised when a query parameter or header is unknown or does not fit; names it."""

    code = "bad_parameter"
    message = "The parameter {parameter} does not fit."

    def __init__(self, message: str | None = None, *, parameter: str, **params: object) -> None:
        self.parameter = parameter
        super().__init__(message, parameter=parameter, **params)


class BadBody(ValidationFailed):
    """Raised when a request body of fixed shape does not have it; carries every problem."""

    code = "bad_body"
    status = 422
    message = "The request body does not fit."


class KeyReused(TesseraError):
    """Raised when an Idempotency-Key comes again with another request."""

    code = "idempotency_key_reused"
    status = 422
    message = "This Idempotency-Key was used for another request."


class KeyInProgress(Conflict):
    """Raised when the first request of an Idempotency-Key has not been answered yet."""

    code = "idempotency_key_in_progress"
    message = "The first request with this Idempotency-Key is still being worked on."


class CsrfRefused(TesseraError):
    """Raised when a change comes with a session cookie but without the session's CSRF token."""

    code = "csrf_refused"
    status = 403
    message = "The request does not come from one of our pages."


class StorageFull(TesseraError):
    """Raised when the database cannot write because there is no room left."""

    code = "storage_full"
    status = 507
    message = "There is no room left to write. Nothing was changed."
