"""The filter operators: what each is called, and what it takes. Field types list the ones they answer to."""

from dataclasses import dataclass
from typing import Literal

from tessera.kernel.messages import N_

#: What stands in `value`: nothing, one value, a list, a pair, or a period ("last_month", {"last": 7, "unit": "days"}).
Operand = Literal["none", "one", "many", "pair", "period"]


@dataclass(frozen=True, slots=True)
class Operator:
    """A filter operator. Through related rows (`lines.product`) each asks whether *any* of them is so."""

    key: str
    label: str
    operand: Operand


OPERATORS = {
    operator.key: operator
    for operator in (
        Operator("eq", N_("is"), "one"),
        Operator("ne", N_("is not"), "one"),
        Operator("lt", N_("is less than"), "one"),
        Operator("lte", N_("is at most"), "one"),
        Operator("gt", N_("is greater than"), "one"),
        Operator("gte", N_("is at least"), "one"),
        Operator("between", N_("is between"), "pair"),
        Operator("in", N_("is one of"), "many"),
        Operator("not_in", N_("is none of"), "many"),
        Operator("contains", N_("contains"), "one"),
        Operator("not_contains", N_("does not contain"), "one"),
        Operator("starts_with", N_("starts with"), "one"),
        Operator("ends_with", N_("ends with"), "one"),
        Operator("is_empty", N_("is empty"), "none"),
        Operator("is_not_empty", N_("is not empty"), "none"),
        Operator("under", N_("is in or below"), "one"),
        Operator("during", N_("is during"), "period"),
        Operator("is_me", N_("is me"), "none"),
        Operator("is_true", N_("is yes"), "none"),
        Operator("is_false", N_("is no"), "none"),
        Operator("within", N_("is within"), "one"),  # of a place: {"latitude", "longitude", "radius" in metres}
        Operator("has_any", N_("has any of"), "many"),
        Operator("has_all", N_("has all of"), "many"),
    )
}
