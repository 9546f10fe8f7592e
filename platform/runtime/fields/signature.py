"""Signatures drawn by hand."""

import base64
import binascii
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import orjson
import sqlalchemy as sa

from tessera.expressions.types import BOOLEAN, Type
from tessera.kernel.context import Context
from tessera.kernel.messages import N_
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display, FieldType, Rejected
from tessera.runtime.fields.comparison import emptiness, unknown_operator
from tessera.runtime.fields.json_input import plain_json
from tessera.runtime.files.errors import UploadRefused
from tessera.runtime.files.images import check_image
from tessera.storage.columns import ColumnSpec

MOST_BYTES = 200_000
MOST_PIXELS = 2_000_000
MOST_SIDE, MOST_STROKES, MOST_POINTS = 5_000, 500, 20_000
_PNG = "data:image/png;base64,"


class SignatureField(FieldType):
    """The strokes of the pen, {"width", "height", "strokes": [[[x, y], …], …]}, or a small PNG as a data URL.

    Strokes are numbers alone, so that drawing them as SVG can never run anything. Formulas see whether it is signed.
    """

    key = "signature"
    label = "Signature"
    widget = "signature"
    operators: ClassVar[tuple[str, ...]] = ("is_empty", "is_not_empty")
    sortable = False
    groupable = False
    may_be_unique = False
    may_be_indexed = False
    options_schema: ClassVar[Mapping[str, Any]] = {}

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "json"),)

    def expression_type(self, field: CompiledField) -> Type:
        return BOOLEAN

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> Any:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if isinstance(raw, str):
            if coercion.localized and raw.lstrip().startswith("{") and len(raw) <= MOST_BYTES:
                return _strokes(_loaded(raw))
            return _png(raw.strip())
        return _strokes(raw)

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return True

    def expression_sql(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any] | None:
        return sa.case((columns[0].is_not(None), sa.true()), else_=sa.null())

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        return orjson.loads if dialect == "sqlite" else None

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return "" if value is None else display.translator.gettext(N_("Signed"))

    def to_search(self, field: CompiledField, value: Any) -> str:
        return ""

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        return self.to_text(field, value, display) or None

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        side = {"type": "integer", "minimum": 1, "maximum": MOST_SIDE}
        point = {"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}], "items": False, "minItems": 2}
        strokes = {"type": "array", "items": {"type": "array", "items": point, "minItems": 1}, "minItems": 1}
        drawn = {
            "type": "object",
            "properties": {"width": side, "height": side, "strokes": strokes},
            "required": ["width", "height", "strokes"],
            "additionalProperties": False,
        }
        return {"anyOf": [drawn, {"type": "string", "pattern": f"^{_PNG}[A-Za-z0-9+/]+=*$"}]}

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        if operator not in self.operators:
            raise unknown_operator(operator)
        return emptiness(columns[0], operator, operand)


def _png(text: str) -> str:
    if not text.startswith(_PNG) or len(text) > 2 * MOST_BYTES:
        raise _no_signature()
    try:
        content = base64.b64decode(text[len(_PNG) :].encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise _no_signature() from None
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or len(content) > MOST_BYTES:
        raise _no_signature()
    try:
        check_image(io.BytesIO(content), most_pixels=MOST_PIXELS)
    except UploadRefused:
        raise _no_signature() from None
    return _PNG + base64.b64encode(content).decode()


def _strokes(raw: Any) -> dict[str, Any]:
    if not isinstance(raw, dict) or set(raw) != {"width", "height", "strokes"}:
        raise _no_signature()
    drawn: dict[str, Any] = plain_json(raw, most_depth=4, most_bytes=MOST_BYTES)
    for side in (drawn["width"], drawn["height"]):
        if type(side) is not int or not 1 <= side <= MOST_SIDE:
            raise _no_signature()
    strokes = drawn["strokes"]
    if (
        not isinstance(strokes, list)
        or not 1 <= len(strokes) <= MOST_STROKES
        or not all(isinstance(s, list) and s for s in strokes)
    ):
        raise _no_signature()
    points = [point for stroke in strokes for point in stroke]
    if len(points) > MOST_POINTS or not all(_is_point(point, drawn["width"], drawn["height"]) for point in points):
        raise _no_signature()
    drawn["strokes"] = [[[round(x, 2), round(y, 2)] for x, y in stroke] for stroke in strokes]
    return drawn


def _is_point(point: Any, width: int, height: int) -> bool:
    if not isinstance(point, list) or len(point) != 2 or any(type(one) not in (int, float) for one in point):
        return False
    return bool(0 <= point[0] <= width and 0 <= point[1] <= height)


def _loaded(text: str) -> Any:
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        raise _no_signature() from None


def _no_signature() -> Rejected:
    return Rejected("not_a_signature", "This must be a signature: strokes, or a small PNG.")
