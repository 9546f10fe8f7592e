from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tessera.kernel.errors import ConfigurationError
from tessera.runtime.jobs.settings import JobSettings


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"slots": 0}, "slots"),
        ({"slots_per_tenant": 0}, "slots_per_tenant"),
        ({"sweep": timedelta(0)}, "sweep"),
        ({"heartbeat": timedelta(seconds=15)}, "lease"),
    ],
)
def test_settings_that_cannot_work_are_named(wrong: dict[str, Any], name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        JobSettings(**wrong)


def test_every_setting_is_documented_with_its_name() -> None:
    page = (Path(__file__).parents[3] / "docs" / "jobs.md").read_text(encoding="utf-8")
    assert [field.name for field in fields(JobSettings) if f"`{field.name}`" not in page] == []
