"""docs/formulas.md says what the functions do, and what it says is true."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tessera.expressions import numbers
from tessera.expressions.functions import FUNCTIONS
from tessera.expressions.reference import renewed
from tests.expressions.shop import formula, value

DOCUMENT = Path(__file__).parents[2] / "docs" / "formulas.md"
EXAMPLES = [example for function in FUNCTIONS for example in function.examples]


def shown(result: Any) -> str:
    if result is None:
        return ""
    if isinstance(result, bool):
        return str(result).lower()
    if isinstance(result, Decimal):
        return numbers.plain(result)
    return result.isoformat() if isinstance(result, date | datetime) else str(result)


def test_the_document_is_current() -> None:
    text = DOCUMENT.read_text()
    assert renewed(text) == text, "write it anew: DOCUMENT.write_text(renewed(DOCUMENT.read_text()))"


@pytest.mark.parametrize(("text", "result"), EXAMPLES)
def test_every_example_gives_what_it_says(text: str, result: str) -> None:
    assert shown(value(text)) == result


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_every_function_is_described_and_can_be_called_by_its_aliases(function: Any) -> None:
    assert function.calls
    assert function.summary.endswith(".")
    for alias in function.aliases:
        for text, result in function.examples:
            if text.startswith(f"{function.name}("):
                assert shown(value(alias + text[len(function.name) :])) == result


def test_the_formulas_at_the_top_are_understood() -> None:
    first = DOCUMENT.read_text().split("    total * (1")[1].split("\n\n")[0]
    lines = ("total * (1" + first).splitlines()
    assert len(lines) == 5
    for line in lines[:4]:
        assert formula(line.strip())
