"""The page about queries names what there is, and field types speak its language."""

from pathlib import Path

import pytest

from tessera.runtime.fields.periods import UNITS
from tessera.runtime.fields.registry import FIELD_TYPES
from tessera.runtime.query import buckets
from tessera.runtime.query.operators import OPERATORS
from tessera.runtime.query.paths import MAX_HOPS
from tessera.runtime.query.plans import MAX_PLANS
from tessera.runtime.query.tree import MAX_CONDITIONS, MAX_DEPTH, MAX_VALUES

PAGE = (Path(__file__).parents[3] / "docs" / "queries.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*OPERATORS, *buckets.UNITS])
def test_the_page_names_it(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("unit", UNITS)
def test_the_page_names_the_units_of_periods(unit: str) -> None:
    assert unit in PAGE


@pytest.mark.parametrize(
    "limit",
    [
        f"{MAX_CONDITIONS} conditions", f"{MAX_DEPTH} levels", f"list of up to {MAX_VALUES:,}", f"{MAX_HOPS} relations",
        f"{MAX_PLANS:,} of them",
    ],
)  # fmt: skip
def test_the_page_tells_the_limits(limit: str) -> None:
    assert limit in PAGE


@pytest.mark.parametrize("kind", list(FIELD_TYPES), ids=lambda kind: kind.key)
def test_field_types_answer_to_known_operators_only(kind: object) -> None:
    assert set(kind.operators) <= set(OPERATORS)  # type: ignore[attr-defined]
