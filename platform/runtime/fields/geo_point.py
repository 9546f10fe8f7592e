"""Places on the map."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from tessera.expressions.types import TEXT, Type
from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display, FieldType, Rejected
from tessera.runtime.fields.comparison import unknown_operator
from tessera.runtime.fields.number_input import EXACT, plain, read_decimal
from tessera.storage.columns import ColumnSpec

#: A ten-millionth of the way round: 11 cm.
SCALE, PRECISION = 6, 9
EARTH_RADIUS = 6_371_008.8  # metres
MOST_RADIUS = 1_000_000  # metres
_PAIR = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,20})?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d{1,20})?)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """Degrees (WGS 84), six decimals: north and east are positive."""

    latitude: Decimal
    longitude: Decimal


class GeoPointField(FieldType):
    """A latitude and a longitude. JSON form: {"latitude": 40.4168, "longitude": -3.7038}.

    `within` takes {"latitude", "longitude", "radius"}, the radius in metres.
    """

    key = "geo_point"
    label = "Place"
    widget = "geo_point"
    operators: ClassVar[tuple[str, ...]] = ("within", "is_empty", "is_not_empty")
    sortable = False
    groupable = False
    may_be_unique = False
    options_schema: ClassVar[Mapping[str, Any]] = {}

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (
            ColumnSpec(definition.key, "decimal", precision=PRECISION, scale=SCALE),
            ColumnSpec(f"{definition.key}__longitude", "decimal", precision=PRECISION, scale=SCALE),
        )

    def expression_type(self, field: CompiledField) -> Type:
        return TEXT

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> GeoPoint | None:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if isinstance(raw, GeoPoint):
            raw = {"latitude": raw.latitude, "longitude": raw.longitude}
        if isinstance(raw, str) and (match := _PAIR.fullmatch(raw[:100])):
            raw = {"latitude": match.group(1), "longitude": match.group(2)}
        if not isinstance(raw, Mapping) or set(raw) != {"latitude", "longitude"}:
            raise Rejected("not_a_place", "This must be an object with latitude and longitude.")
        return GeoPoint(_degrees(raw["latitude"], 90, coercion), _degrees(raw["longitude"], 180, coercion))

    def to_columns(self, field: CompiledField, value: Any) -> tuple[Any, ...]:
        return (None, None) if value is None else (value.latitude, value.longitude)

    def from_columns(self, field: CompiledField, values: Sequence[Any]) -> Any:
        return None if values[0] is None else GeoPoint(*values)

    def to_json(self, field: CompiledField, value: Any) -> Any:
        return {"latitude": float(value.latitude), "longitude": float(value.longitude)}

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        unit = 10.0**SCALE if dialect == "sqlite" else 1.0

        def convert(latitude: Any, longitude: Any) -> Any:
            return None if latitude is None else {"latitude": float(latitude) / unit, "longitude": float(longitude) / unit}

        return convert

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return _text(value)

    def expression_sql(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any] | None:
        return None

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return "" if value is None else _text(value)

    def to_search(self, field: CompiledField, value: Any) -> str:
        return ""

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        return None if value is None else _text(value)

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {
                "latitude": {"type": "number", "minimum": -90, "maximum": 90},
                "longitude": {"type": "number", "minimum": -180, "maximum": 180},
            },
            "required": ["latitude", "longitude"],
            "additionalProperties": False,
        }

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        if operator in ("is_empty", "is_not_empty"):
            empty = (operator == "is_empty") != (operand is False)
            return columns[0].is_(None) if empty else columns[0].is_not(None)
        if operator != "within":
            raise unknown_operator(operator)
        if not isinstance(operand, Mapping) or set(operand) != {"latitude", "longitude", "radius"}:
            raise Rejected("not_a_circle", "This comparison needs latitude, longitude and radius.")
        centre = self.coerce(field, {name: operand[name] for name in ("latitude", "longitude")}, Coercion(context))
        radius = read_decimal(operand["radius"], Coercion(context))
        if centre is None or radius is None or not 0 < radius <= MOST_RADIUS:
            raise Rejected("bad_radius", "The radius goes from 1 to {most} metres.", most=MOST_RADIUS)
        return _within(columns, centre, float(radius))


class Degrees(FunctionElement[float]):
    """A stored latitude or longitude as a floating-point number, for distances only."""

    inherit_cache = True
    name = "degrees"
    type = sa.Float()


@compiles(Degrees)
def _as_double(element: Degrees, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS DOUBLE PRECISION)"


@compiles(Degrees, "sqlite")
def _from_units(element: Degrees, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} / {10.0**SCALE})"


def _within(columns: Sequence[sa.ColumnElement[Any]], centre: GeoPoint, radius: float) -> sa.ColumnElement[bool]:
    """A band of latitudes (which an index can serve), and within it the haversine distance.

    Plain arithmetic, since SQLite may lack trigonometry: cosines as their series.
    """
    degree = math.pi / 180
    band = Decimal(repr(round(radius / EARTH_RADIUS / degree + 1e-6, 9)))
    latitude, longitude = Degrees(columns[0]), Degrees(columns[1])
    with localcontext(EXACT):
        low, high = (_six(value) for value in (centre.latitude - band, centre.latitude + band))
    north = (latitude - float(centre.latitude)) * degree
    turn = sa.func.abs(longitude - float(centre.longitude))
    east = sa.case((turn > 180.0, 360.0 - turn), else_=turn) * degree
    cosine = 1.0 - _chord(latitude * degree) / 2.0
    chord = _chord(north) + cosine * math.cos(float(centre.latitude) * degree) * _chord(east)
    return sa.and_(columns[0].between(low, high), chord <= (2 * math.sin(radius / EARTH_RADIUS / 2)) ** 2)


def _chord(angle: Any) -> Any:
    """The square of the chord of `angle` on the unit circle, 4·sin²(angle/2), by its series."""
    square = angle * angle
    rest: Any = 1.0 - square / 132.0
    for divisor in (90.0, 56.0, 30.0, 12.0):
        rest = 1.0 - square / divisor * rest
    return square * rest


def _degrees(raw: Any, most: int, coercion: Coercion) -> Decimal:
    if isinstance(raw, float) and math.isfinite(raw):
        raw = Decimal(repr(raw))  # receivers give more digits than they know; what is past the sixth decimal goes
    value = read_decimal(raw, Coercion(coercion.context))
    if value is None or value.copy_abs() > most:
        raise Rejected("out_of_range", "Degrees go from {least} to {most}.", least=-most, most=most)
    return _six(value)


def _six(value: Decimal) -> Decimal:
    with localcontext(EXACT):
        fitted = value.quantize(Decimal(1).scaleb(-SCALE), rounding=ROUND_HALF_EVEN)
    return abs(fitted) if fitted.is_zero() else fitted


def _text(value: GeoPoint) -> str:
    return f"{plain(value.latitude)}, {plain(value.longitude)}"
