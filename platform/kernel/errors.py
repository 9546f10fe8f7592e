"""The error families. Each error has a stable code, a keyed message with parameters, and where it applies.

Faces translate them once: the API into RFC 9457 problem details, pages into inline messages.
`status` is the HTTP status that this *kind* of refusal carries wherever a status is needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one place of the input.

    `pointer` is an RFC 6901 JSON pointer into the submitted record (`/lines/2/quantity`; `""` for the whole),
    `code` is stable (`required`, `too_long`, `not_found` …), `message` an English template with `{named}`
    placeholders which is also the key of its translation, `params` what fills them.
    """

    pointer: str
    code: str
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """The English message with its parameters filled in."""
        return self.message.format(**self.params) if self.params else self.message

    def under(self, prefix: str) -> "Problem":
        """The same problem, one level deeper: `prefix` is put before the pointer."""
        return Problem(prefix + self.pointer, self.code, self.message, self.params)


class TesseraError(Exception):
    """Base of every error that the product raises on purpose."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    message: ClassVar[str] = "Something broke on our side."
    #: The place of the input that the error is about, as a JSON pointer; "" when it is about the whole or says so itself.
    pointer: str = ""

    def __init__(self, message: str | None = None, **params: Any) -> None:
        self.template = message or self.message
        self.params = params
        super().__init__(self.text())

    def text(self) -> str:
        """The English message with its parameters filled in."""
        return self.template.format(**self.params) if self.params else self.template


class ValidationFailed(TesseraError):
    """Raised when submitted values do not fit; carries every problem at once."""

    code = "validation_failed"
    status = 422
    message = "Some values need attention."

    def __init__(self, problems: Sequence[Problem], message: str | None = None) -> None:
        self.problems = tuple(problems)
        super().__init__(message)

    def __str__(self) -> str:
        return "; ".join(f"{p.pointer or '/'}: {p.text()}" for p in self.problems)


class BadQuery(TesseraError):
    """Raised when a filter, sort, field list or cursor is malformed or names something unknown.

    Unknown and forbidden names give this same answer, so that it confirms nothing.
    """

    code = "bad_query"
    status = 400
    message = "The query is not understood."

    def __init__(self, message: str | None = None, *, pointer: str = "", **params: Any) -> None:
        self.pointer = pointer
        super().__init__(message, **params)


class BadRequest(TesseraError):
    """Raised when a request cannot be read at all: not JSON, wrong shape, wrong header."""

    code = "bad_request"
    status = 400
    message = "The request is not understood."


class NotAuthenticated(TesseraError):
    """Raised when nobody is known to be asking."""

    code = "not_authenticated"
    status = 401
    message = "Sign in first."


class Forbidden(TesseraError):
    """Raised when the principal may not do this to anything of the kind."""

    code = "forbidden"
    status = 403
    message = "You may not do this."


class NotFound(TesseraError):
    """Raised when a record is not there, or not visible to the principal: the two look alike."""

    code = "not_found"
    status = 404
    message = "There is no such record."


class UnknownModule(NotFound):
    """Raised when a module name means nothing in this tenant."""

    code = "unknown_module"
    message = "There is no module {module!r}."


class Conflict(TesseraError):
    """Raised when the state in the database forbids the change."""

    code = "conflict"
    status = 409
    message = "The record has changed meanwhile."


@dataclass(frozen=True, slots=True)
class FieldClash:
    """One field that two people changed: what was read, what stands now, what is wanted (JSON values)."""

    field: str
    base: Any
    current: Any
    submitted: Any


class EditConflict(Conflict):
    """Raised when another person changed the same fields since they were read; carries both values."""

    code = "edit_conflict"
    message = "Somebody else changed the same fields."

    def __init__(self, clashes: Sequence[FieldClash], version: int) -> None:
        self.clashes = tuple(clashes)
        self.version = version
        super().__init__()


class StillReferenced(Conflict):
    """Raised when a record cannot go because others point to it."""

    code = "still_referenced"
    message = "Other records still point to this one: {references}."


class PreconditionFailed(TesseraError):
    """Raised when an If-Match version is not the current one."""

    code = "precondition_failed"
    status = 412
    message = "The record is at version {current}, not {expected}."


class TooManyRequests(TesseraError):
    """Raised when a rate limit is used up; `retry_after` in whole seconds."""

    code = "too_many_requests"
    status = 429
    message = "Too many requests. Try again in {retry_after} s."


class Unavailable(TesseraError):
    """Raised when something that is needed is away for the moment; try again."""

    code = "unavailable"
    status = 503
    message = "This is not available for the moment. Try again."


class DefinitionError(TesseraError):
    """Raised when definitions (modules, formulas, layouts …) are wrong; subclasses carry the places."""

    code = "definition_error"
    status = 422
    message = "A definition is wrong."


class ConfigurationError(TesseraError):
    """Raised at start when a setting is missing or wrong; the message names the setting."""

    code = "configuration_error"
    message = "A setting is wrong."
