"""Picklists, sets of choices and tags: retired, dependent and lost values, trees, labels."""

from typing import Any

import pytest

from tessera.runtime.fields.base import Display, Rejected
from tests.runtime.fields.building import coerce, compiled, definition, refusal, text

STATES = {"values": {"open": {"label": "Open"}, "won": {"label": "Won"}, "old": {"label": "Old", "retired": True}}}
PROVINCES = {"a_coruna": {"label": "A Coruña", "when": {"galicia": {}}}, "madrid": "Madrid"}


class Spanish:
    """A translator that knows three words."""

    locale = "es"

    def gettext(self, message: str) -> str:
        return {"Open": "Abierto", "Spain": "España", "Yes": "Sí"}.get(message, message)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return singular if count == 1 else plural


@pytest.mark.parametrize(("typed", "key"), [("open", "open"), ("Open", "open"), ("WON", "won"), ("europe / spain", "spain")])
def test_typed_labels_are_understood(typed: str, key: str) -> None:
    field = compiled("picklist", picklist="regions") if "/" in typed else compiled("picklist", **STATES)
    assert coerce(field, typed, locale="en") == key


def test_the_api_takes_keys_only() -> None:
    assert refusal(compiled("picklist", **STATES), "Open") == "not_a_choice"


def test_labels_are_translated() -> None:
    field = compiled("picklist", **STATES)
    assert field.type.to_text(field, "open", Display("es", translator=Spanish())) == "Abierto"


def test_a_retired_choice_stays_but_is_not_chosen_anew() -> None:
    field = compiled("picklist", **STATES)
    assert refusal(field, "old") == "retired_choice"
    assert coerce(field, "old", stored="old") == "old"
    several = compiled("multi_picklist", **STATES)
    assert refusal(several, ["open", "old"]) == "retired_choice"
    assert coerce(several, ["old", "open"], stored=("old",)) == ("open", "old")


def test_a_choice_the_dictionary_has_lost_stays_and_shows_its_key() -> None:
    field = compiled("picklist", **STATES)
    assert coerce(field, "gone", stored="gone") == "gone"
    assert refusal(field, "gone") == "not_a_choice"
    assert text(field, "gone") == "gone"


@pytest.mark.parametrize(
    ("value", "record", "stored", "code"),
    [
        ("a_coruna", {"region": "galicia"}, None, ""),
        ("a_coruna", {"region": "asia"}, None, "choice_ruled_out"),
        ("a_coruna", {"region": None}, None, "choice_ruled_out"),
        ("a_coruna", {"region": ("asia", "galicia")}, None, ""),
        ("madrid", {"region": "asia"}, None, ""),
        ("a_coruna", {"region": "asia", "f": "a_coruna"}, {"region": "asia", "f": "a_coruna"}, ""),
        ("a_coruna", {"region": "asia", "f": "a_coruna"}, {"region": "galicia", "f": "a_coruna"}, "choice_ruled_out"),
    ],
)
def test_dependent_choices_must_go_with_their_controlling_field(value: str, record: Any, stored: Any, code: str) -> None:
    region = definition("region", "picklist", picklist="regions")
    for type_, chosen in (("picklist", value), ("multi_picklist", (value,))):
        field = compiled(type_, region, values=PROVINCES, controlled_by="region")
        row = record | {"f": chosen}
        before = None if stored is None else stored | {"f": chosen}
        found = ""
        try:
            field.type.check(field, chosen, row, before)
        except Rejected as rejected:
            found = rejected.problem.code
        assert found == code


def test_several_choices_stand_in_the_order_of_the_dictionary() -> None:
    field = compiled("multi_picklist", picklist="regions")
    assert coerce(field, ["asia", "europe", "asia"]) == ("europe", "asia")
    assert coerce(field, "Asia, Spain", locale="en") == ("spain", "asia")


@pytest.mark.parametrize(
    ("raw", "code"), [("europe", "not_a_list"), ({"a": 1}, "not_a_list"), (["mars"], "not_a_choice"), ([5], "not_a_choice")]
)
def test_several_choices_are_a_list_of_known_keys(raw: Any, code: str) -> None:
    assert refusal(compiled("multi_picklist", picklist="regions"), raw) == code


def test_tags_differ_by_more_than_case() -> None:
    field = compiled("tags")
    assert coerce(field, ["VIP", "vip", " Fair 2026 "]) == ("VIP", "Fair 2026")
    assert coerce(field, "a, b；c、d".replace("；", ";"), locale="zh") == ("a", "b", "c", "d")
    assert refusal(field, ["a|b"]) == "bad_tag"
    assert refusal(field, [f"tag {n}" for n in range(101)]) == "too_many_choices"


def test_colours_are_tones_or_hex() -> None:
    field = compiled("colour")
    assert [coerce(field, raw) for raw in ("Teal", "#ABC", "0A7F3C")] == ["teal", "#aabbcc", "#0a7f3c"]
    assert refusal(field, "rgb(0,0,0)") == "not_a_colour"
    assert refusal(compiled("colour", free=False), "#aabbcc") == "not_a_colour"


def test_check_boxes_are_read_in_three_languages() -> None:
    field = compiled("boolean")
    assert [coerce(field, raw) for raw in ("Sí", "是", "x", 1, "no", "否", "off", 0)] == [True] * 4 + [False] * 4
    assert refusal(field, "perhaps") == refusal(field, 2) == "not_a_boolean"
    assert field.type.to_text(field, True, Display("es", translator=Spanish())) == "Sí"
