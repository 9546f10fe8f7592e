"""What a form sends → what the record service takes.

A control is named by the JSON pointer of its value, so that a problem's pointer is the name of its control: `/name`,
`/lines/2/product`, `/address/city`. Controls of several values end in `[]`. Beside a lookup's id, `/customer~text` is what was
typed where no script turned it into one. A line with `/lines/3/~blank` is a spare one of which only what was filled counts, one
with `/lines/3/~drop` goes.
"""

from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from tessera.runtime.model import CompiledModule

TYPED, SPARE, DROPPED, MANY = "~text", "~blank", "~drop", "[]"
_MOST_LINES = 2_000


@dataclass(slots=True)
class FormData:
    """`values` as submitted, nested; `typed` the texts of lookups by pointer, as their id is not known yet."""

    values: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)


def read_form(module: CompiledModule, form: MultiDict[str, str]) -> FormData:
    """The values of all controls whose field the module has. Names of anything else are left to those they belong to."""
    data = FormData()
    lines: dict[str, dict[str, dict[str, Any]]] = {key: {} for key in module.lines}
    for name, sent in form.lists():
        steps = name.split("/")
        if len(steps) < 2 or steps[0] or not _is_known(module, steps[1]):
            continue
        if steps[1] in module.lines:
            if len(steps) > 3 and steps[2].isdigit() and int(steps[2]) < _MOST_LINES:
                row = lines[steps[1]].setdefault(steps[2], {})
                _put(row, steps[3:], sent)
        else:
            _put(data.values, steps[1:], sent)
    for key, rows in lines.items():
        if f"/{key}" in form:
            ordered = [rows[number] for number in sorted(rows, key=int)]
            data.values[key] = [row for row in map(_without_blanks, ordered) if row is not None]
    _take_typed(data, "", data.values)
    for key in module.lines:
        for index, row in enumerate(data.values.get(key) or ()):
            _take_typed(data, f"/{key}/{index}", row)
    return data


def _is_known(module: CompiledModule, name: str) -> bool:
    return name.removesuffix(TYPED).removesuffix(MANY) in module.fields


def _put(row: dict[str, Any], steps: list[str], sent: list[str]) -> None:
    """Put what one control sent at its place. Of several controls with a plain name the last counts (a box after its "no")."""
    name = steps[0]
    if name.endswith(MANY):
        row[name.removesuffix(MANY)] = [one for one in sent if one != ""]
    elif len(steps) == 2:
        parts = row.setdefault(name, {})
        if isinstance(parts, dict):
            parts[steps[1]] = sent[-1]
    else:
        row[name] = sent[-1]


def _without_blanks(row: dict[str, Any]) -> dict[str, Any] | None:
    """A line without its marks; None for a spare one that nobody filled, and for one that goes."""
    spare, dropped = row.pop(SPARE, None) is not None, row.pop(DROPPED, None) is not None
    if dropped:
        return None
    filled = {key: value for key, value in row.items() if not _is_blank(value)}
    if not spare:
        return row
    return filled if any(key != "id" for key in filled) else None


def _is_blank(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_blank(one) for one in value.values())
    return value in ("", None, [], "false")


def _take_typed(data: FormData, pointer: str, row: dict[str, Any]) -> None:
    for key in [key for key in row if key.endswith(TYPED)]:
        data.typed[f"{pointer}/{key.removesuffix(TYPED)}"] = str(row.pop(key)).strip()
        row.setdefault(key.removesuffix(TYPED), "")


def place_of(values: dict[str, Any], pointer: str) -> tuple[dict[str, Any], str] | None:
    """The row of `values` that holds `pointer`, and the key in it."""
    steps = pointer.split("/")[1:]
    if len(steps) == 1:
        return values, steps[0]
    rows = values.get(steps[0])
    if len(steps) == 3 and isinstance(rows, list) and steps[1].isdigit() and int(steps[1]) < len(rows):
        return rows[int(steps[1])], steps[2]
    return None
