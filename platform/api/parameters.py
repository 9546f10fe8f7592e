"""Query parameters and headers, read strictly: an unknown or doubled name is refused, never ignored."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast
from uuid import UUID

from werkzeug.datastructures import MultiDict

from tessera.api.errors import BadParameter
from tessera.api.json_reader import NotJson, read_json
from tessera.kernel.errors import NotFound

COUNTS = ("none", "bounded", "exact")


class Parameters:
    """The query parameters of one request; every read says what is allowed."""

    def __init__(self, arguments: MultiDict[str, str], known: Sequence[str]) -> None:
        for name, values in arguments.lists():
            if name not in known:
                allowed = ", ".join(known) or "none"
                raise BadParameter("There is no parameter {parameter}; known here: {known}.", parameter=name[:100], known=allowed)
            if len(values) > 1:
                raise BadParameter("The parameter {parameter} may be given once.", parameter=name)
            if "\0" in values[0]:
                raise BadParameter("The parameter {parameter} may not hold NUL characters.", parameter=name)
        self._values = arguments

    def text(self, name: str) -> str | None:
        """The parameter as it came; None when it is missing or empty."""
        return self._values.get(name) or None

    def names(self, name: str) -> tuple[str, ...]:
        """A list of names, separated by commas."""
        return tuple(part.strip() for part in (self._values.get(name) or "").split(",") if part.strip())

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number within its limits."""
        text = self._values.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
            message = "The parameter {parameter} is a whole number from {least} to {most}."
            raise BadParameter(message, parameter=name, least=least, most=most)
        return int(text)

    def flag(self, name: str) -> bool:
        """`true` or `false` (the default)."""
        text = self._values.get(name, "false")
        if text not in {"true", "false"}:
            raise BadParameter("The parameter {parameter} is true or false.", parameter=name)
        return text == "true"

    def count(self) -> Literal["none", "bounded", "exact"]:
        """How to count."""
        text = self._values.get("count", "none")
        if text not in COUNTS:
            raise BadParameter("The parameter {parameter} is one of none, bounded and exact.", parameter="count")
        return cast(Literal["none", "bounded", "exact"], text)

    def json_object(self, name: str) -> Mapping[str, Any] | None:
        """A JSON object; None when it is missing or empty."""
        text = self.text(name)
        if text is None:
            return None
        try:
            value = read_json(text)
        except NotJson as error:
            message = "The parameter {parameter} is not JSON: {reason}."
            raise BadParameter(message, parameter=name, reason=error.params["reason"]) from None
        if not isinstance(value, dict):
            raise BadParameter("The parameter {parameter} is a JSON object.", parameter=name)
        return value


def record_id(text: str) -> UUID:
    """The id in a path. What cannot be one is answered as a record that is not there."""
    if len(text) == 36:
        try:
            return UUID(text)
        except ValueError:
            pass
    raise NotFound()
