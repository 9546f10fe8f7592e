"""Names of people."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa

from tessera.kernel.messages import N_
from tessera.runtime.fields.base import Coercion, CompiledField, Display
from tessera.runtime.fields.composite import CompositeField
from tessera.runtime.fields.folding import folded

#: Languages in which the family name comes first.
_FAMILY_FIRST = frozenset({"zh", "ja", "ko", "hu", "vi"})
_HAN = re.compile(r"[\u3400-\u9fff\uac00-\ud7af\u3040-\u30ff]")
_TWO_SIGN_FAMILIES = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "端木")


@dataclass(frozen=True, slots=True)
class PersonName:
    """Texts, "" where there is none. `prefix` and `suffix` are Dr., Jr. and the like."""

    family: str = ""
    given: str = ""
    prefix: str = ""
    suffix: str = ""


class PersonNameField(CompositeField):
    """Family and given name, shown in the order of the reader's language; a name in Chinese characters always family first."""

    key = "person_name"
    label = "Person's name"
    widget = "person_name"
    sortable = True
    options_schema: ClassVar[Mapping[str, Any]] = {}
    parts: ClassVar[Mapping[str, tuple[str, int]]] = {
        "family": (N_("Family name"), 100),
        "given": (N_("Given name"), 100),
        "prefix": (N_("Title"), 40),
        "suffix": (N_("Suffix"), 40),
    }
    value_type = PersonName

    def from_line(self, text: str, coercion: Coercion) -> Mapping[str, Any]:
        """`García, Ana` and `Ana García`; 王小明 with the family name first."""
        text = " ".join(text.split())
        if "," in text:
            family, _, given = text.partition(",")
            return {"family": family, "given": given}
        if _HAN.search(text) and " " not in text:
            at = 2 if text.startswith(_TWO_SIGN_FAMILIES) and len(text) > 2 else 1
            return {"family": text[:at], "given": text[at:]}
        given, _, family = text.rpartition(" ")
        return {"family": family, "given": given}

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return "" if value is None else full_name(value, display.locale)

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return f"{value.given} {value.family}".strip()

    def expression_sql(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any] | None:
        return sa.func.nullif(sa.func.trim(_joined(columns[1], " ", columns[0])), "")

    def spellings(self, columns: Sequence[sa.ColumnElement[Any]]) -> Sequence[sa.ColumnElement[Any]]:
        family, given, *rest = columns
        return (_joined(given, " ", family), _joined(family, " ", given), _joined(family, "", given), *rest)

    def order_by(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
        return folded(sa.func.nullif(sa.func.trim(_joined(columns[0], " ", columns[1])), "", type_=sa.Text()))


def full_name(name: PersonName, locale: str) -> str:
    """The name as one line, in the order of `locale`."""
    if _HAN.search(name.family + name.given):
        return "".join((name.family, name.given)) + (name.prefix and f" {name.prefix}") + (name.suffix and f" {name.suffix}")
    first, second = (name.family, name.given) if locale[:2] in _FAMILY_FIRST else (name.given, name.family)
    return " ".join(part for part in (name.prefix, first, second, name.suffix) if part)


def _joined(first: sa.ColumnElement[Any], between: str, second: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(first, "", type_=sa.Text()).concat(between).concat(sa.func.coalesce(second, "", type_=sa.Text()))
