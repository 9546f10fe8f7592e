"""The doctor: finds what is wrong, says what to do, and survives everything."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tessera.bootstrap.configuration import KEY_FILE, load_settings, prepare
from tessera.bootstrap.doctor import Finding, examine
from tessera.bootstrap.settings import Settings
from tessera.storage.control import ControlDatabase
from tessera.storage.engines import EngineRegistry


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return prepare(load_settings({}, data_dir=tmp_path / "data"))


def findings(settings: Settings) -> dict[str, Finding]:
    return {finding.subject: finding for finding in examine(settings)}


def test_a_fresh_installation_has_no_problems(settings: Settings) -> None:
    assert [finding for finding in examine(settings) if finding.verdict == "problem"] == []


def test_what_is_not_ok_comes_with_advice(tmp_path: Path) -> None:
    wrong = load_settings(
        {},
        data_dir=tmp_path / "none",
        redis_url="redis://127.0.0.1:1/0",
        control_database_url="postgresql+psycopg://u:hush@127.0.0.1:1/x",
    )
    found = findings(wrong)
    assert found["Redis"].verdict == "problem"
    assert found["Control database"].verdict == "problem"
    assert all(finding.advice for finding in found.values() if finding.verdict != "ok")
    assert "hush" not in str(found)


def test_the_control_database_and_its_tenants_are_asked(settings: Settings, tmp_path: Path) -> None:
    engines = EngineRegistry()
    control = ControlDatabase(engines, settings.control_database_url)
    control.prepare()
    control.create("good", "Good", f"sqlite:///{tmp_path}/good.sqlite")
    control.create("bad", "Bad", f"sqlite:///{tmp_path}/bad.sqlite")
    engines.dispose()
    (tmp_path / "bad.sqlite").write_bytes(b"not a database at all" * 100)
    found = findings(settings)
    assert found["Control database"].verdict == "ok"
    assert found["Tenant good"].verdict == "ok"
    assert found["Tenant bad"].verdict == "problem"


def test_postgresql_is_described(settings: Settings, postgres_url: str) -> None:
    found = findings(replace(settings, control_database_url=postgres_url))["Control database"]
    assert found.text.startswith(("PostgreSQL", "has no tables"))


def test_redis_is_described(settings: Settings, redis_url: str) -> None:
    assert findings(replace(settings, redis_url=redis_url))["Redis"].verdict == "ok"


def test_a_key_that_others_may_read_is_a_problem(settings: Settings) -> None:
    (settings.data_dir / KEY_FILE).chmod(0o644)
    found = findings(settings)["Secret key"]
    assert found.verdict == "problem"
    assert "chmod 600" in found.advice


def test_a_check_that_breaks_is_a_finding(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", None)
    assert findings(settings)["sqlite"].text == "could not be examined: TypeError"


def test_a_full_disk_is_a_problem(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 5 * 2**20})())
    assert findings(settings)["Disk"].verdict == "problem"
