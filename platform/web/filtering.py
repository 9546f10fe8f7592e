"""Filters in the address of a list: each `f` parameter is one condition as JSON. Read, shown as chips, built from a form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tessera.kernel.errors import BadQuery, TesseraError
from tessera.kernel.messages import N_
from tessera.runtime.fields.base import Coercion, CompiledField, Rejected
from tessera.runtime.fields.choices import Choices
from tessera.runtime.fields.periods import NAMED, UNITS
from tessera.runtime.model import CompiledModule
from tessera.runtime.query.operators import OPERATORS, Operator
from tessera.runtime.query.paths import resolve
from tessera.runtime.session import Session
from tessera.runtime.values import Reference
from tessera.web.columns import label_of
from tessera.web.page import Page
from tessera.web.presenting import Presenter, result_of

Condition = dict[str, Any]
_MOST = 20
_MOST_TEXT = 4_000

PERIODS: Mapping[str, str] = {
    "today": N_("today"), "yesterday": N_("yesterday"), "tomorrow": N_("tomorrow"),
    "this_week": N_("this week"), "last_week": N_("last week"), "next_week": N_("next week"),
    "this_month": N_("this month"), "last_month": N_("last month"), "next_month": N_("next month"),
    "this_quarter": N_("this quarter"), "last_quarter": N_("last quarter"), "next_quarter": N_("next quarter"),
    "this_year": N_("this year"), "last_year": N_("last year"), "next_year": N_("next year"),
}  # fmt: skip
_SPANS = {
    "last": {"days": N_("the last {count} days"), "weeks": N_("the last {count} weeks"), "months": N_("the last {count} months"),
             "quarters": N_("the last {count} quarters"), "years": N_("the last {count} years")},
    "next": {"days": N_("the next {count} days"), "weeks": N_("the next {count} weeks"), "months": N_("the next {count} months"),
             "quarters": N_("the next {count} quarters"), "years": N_("the next {count} years")},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition in words; `remove` is the address of the list without it ("" where it belongs to the view)."""

    field: str
    operator: str
    value: str
    remove: str


def read_conditions(page: Page) -> list[Condition]:
    """The conditions of the address; what cannot be read is a `BadQuery`."""
    found: list[Condition] = []
    for text in page.request.args.getlist("f")[:_MOST]:
        try:
            condition = orjson.loads(text[:_MOST_TEXT])
        except orjson.JSONDecodeError:
            raise BadQuery("The query is not understood.") from None
        if not isinstance(condition, dict) or not isinstance(condition.get("field"), str):
            raise BadQuery("The query is not understood.")
        found.append({key: condition[key] for key in ("field", "op", "value") if key in condition})
    return found


def to_text(condition: Condition) -> str:
    """A condition as it stands in an address."""
    return orjson.dumps(condition).decode()


def joined(view: Mapping[str, Any] | None, conditions: Sequence[Condition]) -> Mapping[str, Any] | None:
    """The view's filter and the conditions together."""
    parts = [*([view] if view else []), *conditions]
    if len(parts) < 2:
        return parts[0] if parts else None
    return {"and": parts}


def own_conditions(view: Mapping[str, Any] | None) -> list[Condition]:
    """The conditions of a view that can be told one by one; a nested filter is not told."""
    if not view:
        return []
    parts = view.get("and", [view])
    return [dict(part) for part in parts if isinstance(part, Mapping) and "field" in part]


def chip(presenter: Presenter, module: CompiledModule, condition: Condition, remove: str) -> Chip | None:
    """A condition in the reader's words; None when its field means nothing to them."""
    page, session = presenter.page, presenter.session
    try:
        field = resolve(session.catalog, module, condition["field"]).field
        operator = OPERATORS[condition.get("op", "eq")]
    except (TesseraError, KeyError):
        return None
    label = label_of(page, session.catalog, module, condition["field"])
    value = _operand_text(presenter, field, operator, condition.get("value"))
    return Chip(label, page.t(operator.label), value, remove)


def filterable(session: Session, module: CompiledModule) -> list[CompiledField]:
    """The fields one may filter by, in the order of the definition."""
    hidden = session.access(module).hidden_fields
    return [
        field
        for key, field in module.fields.items()
        if key not in hidden and key not in ("id", "version") and field.type.operators_of(field) and key not in module.lines
    ]


def operators_for(field: CompiledField) -> list[Operator]:
    """The operators that a form can offer: `within` needs a map."""
    return [OPERATORS[key] for key in field.type.operators_of(field) if key in OPERATORS and key != "within"]


def condition_from_form(page: Page, field: CompiledField, path: str, operator: Operator) -> Condition:
    """The condition that a filter form asks for. Raises `BadQuery` in the words of the field."""
    condition: Condition = {"field": path, "op": operator.key}
    sent = [one for one in page.request.values.getlist("value") if one.strip()]
    match operator.operand:
        case "none":
            return condition
        case "period":
            condition["value"] = _period(page, sent)
        case "many":
            condition["value"] = [_operand(page, field, one) for text in sent for one in _several(field, text)]
        case "pair":
            condition["value"] = [_operand(page, field, one) for one in sent[:2]]
        case _:
            condition["value"] = _operand(page, field, sent[0]) if sent else None
    if condition["value"] in (None, []) or (operator.operand == "pair" and len(condition["value"]) != 2):
        raise BadQuery("Say what {field} is compared with.", field=page.t(field.label))
    return condition


def _several(field: CompiledField, text: str) -> list[str]:
    """Several values typed into one control; choices and references come one by one."""
    if isinstance(field.options, Choices) or field.type.references(field.definition, field.options):
        return [text]
    return [one.strip() for one in text.replace("，", ",").replace(";", ",").split(",") if one.strip()]


def _period(page: Page, sent: list[str]) -> Any:
    name = sent[0] if sent else ""
    if name in NAMED:
        return name
    side, _, unit = name.partition("_")
    count = page.request.values.get("count", "").strip()
    if side in _SPANS and unit in UNITS and count.isdigit() and 0 < int(count) <= 1000:
        return {side: int(count), "unit": unit}
    raise BadQuery("Choose a period.")


def _operand(page: Page, field: CompiledField, text: str) -> Any:
    """A typed operand in JSON form: a number in the person's own notation becomes a plain one."""
    kind, options = result_of(field)
    if isinstance(options, Choices) or field.type.references(field.definition, field.options) or not field.columns:
        return text
    if kind.widget in ("number", "money", "percent", "duration", "date", "datetime", "time"):
        try:
            value = field.type.coerce(field, text, Coercion(page.context, localized=True, translator=page.translator))
        except Rejected as rejected:
            raise BadQuery(rejected.problem.message, **rejected.problem.params) from None
        shown = field.type.to_json(field, value)
        return shown["amount"] if isinstance(shown, dict) and "amount" in shown else shown
    return text


def _operand_text(presenter: Presenter, field: CompiledField, operator: Operator, value: Any) -> str:
    page = presenter.page
    if operator.operand == "none" or value is None:
        return ""
    if operator.operand == "period":
        return _period_text(page, value)
    values = value if isinstance(value, list) else [value]
    joint = page.t("{first} and {second}") if operator.operand == "pair" and len(values) == 2 else None
    texts = [_one_text(presenter, field, one) for one in values]
    return joint.format(first=texts[0], second=texts[1]) if joint else ", ".join(texts)


def _period_text(page: Page, value: Any) -> str:
    if isinstance(value, str):
        return page.t(PERIODS.get(value, value))
    for side, units in _SPANS.items():
        if isinstance(value, Mapping) and side in value:
            return page.t(units[value.get("unit", "days")], count=value[side])
    return str(value)


def _one_text(presenter: Presenter, field: CompiledField, value: Any) -> str:
    if isinstance(value, str) and value in PERIODS:
        return presenter.page.t(PERIODS[value])
    try:
        read = field.type.operand(field, value, presenter.page.context)
    except Rejected:
        return str(value)
    for module, record_id in field.type.targets(field, read) if read is not None else ():
        row_field = presenter.page.catalog.module(module).fields["id"]
        reference = Reference(record_id, module, None)
        presenter.look_up(module, [record_id])
        return presenter.shown(row_field, reference, {}).links[0].title
    try:
        return field.type.to_text(field, read, presenter.display())
    except (TypeError, AttributeError):  # an operand that is looser than a value: part of a text
        return str(value)
