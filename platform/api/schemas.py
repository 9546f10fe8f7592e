"""The request bodies of fixed shape. Bodies that are records are checked by the record service instead."""

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from tessera.api.errors import BadBody
from tessera.kernel.errors import Problem
from tessera.security.policy import EVERYTHING

MAX_BULK = 10_000
MAX_BATCH = 100
MAX_PAGE = 500
MAX_GROUPS = 10_000


class StrictSchema(Schema):
    """Unknown keys are refused."""

    class Meta:
        unknown = RAISE


def _text(most: int, **options: Any) -> fields.String:
    return fields.String(validate=validate.Length(max=most), **options)


def _names(most: int = 400) -> fields.List[str]:
    return fields.List(_text(300), validate=validate.Length(max=most))


def _integer(least: int, most: int, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(least, most), **options)


class QueryBody(StrictSchema):
    """POST /<module>/query: what GET takes as parameters."""

    filter = fields.Dict(keys=fields.String(), allow_none=True)
    sort = _names(10)
    fields_ = fields.List(_text(300), validate=validate.Length(max=400), data_key="fields", allow_none=True)
    expand = _names(50)
    titles = fields.Boolean(truthy={True}, falsy={False})
    search = _text(200, allow_none=True)
    limit = _integer(1, MAX_PAGE)
    cursor = _text(4_000, allow_none=True)
    count = fields.String(validate=validate.OneOf(["none", "bounded", "exact"]))
    deleted = fields.Boolean(truthy={True}, falsy={False})


class MeasureBody(StrictSchema):
    """One figure."""

    function = fields.String(required=True, validate=validate.OneOf(["count", "count_distinct", "sum", "avg", "min", "max"]))
    field = _text(300, allow_none=True)
    name = _text(100, allow_none=True)


class GroupBody(StrictSchema):
    """One group key."""

    field = _text(300, required=True)
    bucket = fields.String(validate=validate.OneOf(["day", "week", "month", "quarter", "year"]), allow_none=True)
    name = _text(100, allow_none=True)


class AggregateBody(StrictSchema):
    """POST /<module>/aggregate."""

    measures = fields.List(fields.Nested(MeasureBody), required=True, validate=validate.Length(min=1, max=30))
    group_by = fields.List(fields.Nested(GroupBody), validate=validate.Length(max=10))
    filter = fields.Dict(keys=fields.String(), allow_none=True)
    search = _text(200, allow_none=True)
    sort = _names(10)
    limit = _integer(1, MAX_GROUPS)


class BulkBody(StrictSchema):
    """POST /<module>/bulk: one operation on many rows."""

    operation = fields.String(required=True, validate=validate.OneOf(["create", "update", "delete"]))
    mode = fields.String(validate=validate.OneOf(["all_or_nothing", "per_row"]), load_default="all_or_nothing")
    rows = fields.List(fields.Raw(), required=True, validate=validate.Length(min=1, max=MAX_BULK))


class OperationBody(StrictSchema):
    """One operation of a batch."""

    id = fields.String(validate=validate.Regexp(r"^[A-Za-z_][A-Za-z0-9_]{0,49}\Z"))
    operation = fields.String(required=True, validate=validate.OneOf(["create", "update", "delete", "restore"]))
    module = _text(50, required=True)
    record = fields.Raw()
    version = _integer(1, 2**31 - 1)
    values = fields.Dict(keys=fields.String())


class BatchBody(StrictSchema):
    """POST /batch."""

    operations = fields.List(fields.Nested(OperationBody), required=True, validate=validate.Length(min=1, max=MAX_BATCH))


class ScopesBody(StrictSchema):
    """The scopes of a token: "*" or lists."""

    modules = fields.Raw(load_default="*", validate=lambda value: _check_scope(value, None))
    actions = fields.Raw(load_default="*", validate=lambda value: _check_scope(value, EVERYTHING))


class TokenBody(StrictSchema):
    """POST /tokens."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=100))
    scopes = fields.Nested(ScopesBody)
    expires_at = fields.AwareDateTime(format="iso", allow_none=True)


class LoginBody(TokenBody):
    """POST /auth/token."""

    name = fields.String(load_default="API", validate=validate.Length(min=1, max=100))
    login = fields.String(required=True, validate=validate.Length(min=1, max=200))
    password = fields.String(required=True, validate=validate.Length(min=1, max=1_000), load_only=True)


def _check_scope(value: Any, known: frozenset[str] | None) -> None:
    if value == "*":
        return
    if not isinstance(value, list) or len(value) > 500 or not all(isinstance(name, str) and len(name) <= 50 for name in value):
        raise ValidationError('Give "*" or a list of names.')
    unknown = sorted(set(value) - known) if known is not None else []
    if unknown:
        raise ValidationError("Unknown action.")


QUERY = QueryBody()
AGGREGATE = AggregateBody()
BULK = BulkBody()
BATCH = BatchBody()
TOKEN = TokenBody()
LOGIN = LoginBody()

#: marshmallow's messages whose codes mean something to programs; all others are "invalid".
_CODES = {"Missing data for required field.": "required", "Unknown field.": "unknown_field", "Field may not be null.": "required"}


def load(schema: Schema, body: Any) -> dict[str, Any]:
    """The body as the schema has it; raises `BadBody` with every problem."""
    try:
        loaded: dict[str, Any] = schema.load(body)
    except ValidationError as error:
        raise BadBody(_problems(error.messages, "")) from None
    return loaded


def _problems(messages: Any, pointer: str) -> list[Problem]:
    if isinstance(messages, Mapping):
        return [
            problem
            for key, inner in messages.items()
            for problem in _problems(inner, pointer if key == "_schema" else f"{pointer}/{_escaped(key)}")
        ]
    if isinstance(messages, list):
        return [problem for message in messages for problem in _problems(message, pointer)]
    text = str(messages)
    return [Problem(pointer, _CODES.get(text, "invalid"), text)]


def _escaped(key: Any) -> str:
    return str(key)[:100].replace("~", "~0").replace("/", "~1")
