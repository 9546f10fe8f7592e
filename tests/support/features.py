"""A pytest plugin that writes down which features the tests of a run proved, for `bin/features`.

A test names its features with `@pytest.mark.feature("PLT-26")`. Outcomes go to `var/test-features.json`, keyed by test, so
that a run of a few tests updates just those.
"""

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

PROPERTY = "feature"
RESULTS = Path(__file__).parents[2] / "var" / "test-features.json"


def pytest_configure(config: pytest.Config) -> None:
    """Collect outcomes in the process that reports: with pytest-xdist that is the controller, not its workers."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(FeatureRecorder(), "tessera-features")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the feature ids to the report, which travels from the workers to the controller."""
    report = yield
    for marker in item.iter_markers("feature"):
        report.user_properties += [(PROPERTY, name) for name in marker.args if (PROPERTY, name) not in report.user_properties]
    return report


class FeatureRecorder:
    """Gathers one outcome a test: passed only when set-up, call and tear-down all passed."""

    def __init__(self) -> None:
        self.outcomes: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what this phase of a test came to."""
        features = sorted({str(value) for name, value in report.user_properties if name == PROPERTY})
        if not features:
            return
        entry = self.outcomes.setdefault(report.nodeid, {"features": features, "outcome": "passed"})
        if report.outcome != "passed" and entry["outcome"] != "failed":
            entry["outcome"] = report.outcome

    def pytest_sessionfinish(self) -> None:
        """Merge this run into the file; `bin/test` removes it before a whole run, so that nothing stale survives."""
        if not self.outcomes:
            return
        known: dict[str, dict[str, Any]] = {}
        if RESULTS.exists():
            known = json.loads(RESULTS.read_text())
        RESULTS.parent.mkdir(exist_ok=True)
        written = RESULTS.with_suffix(f".{os.getpid()}")
        written.write_text(json.dumps(known | self.outcomes, indent=1, sort_keys=True))
        written.replace(RESULTS)
