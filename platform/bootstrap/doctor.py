"""What an installation needs, looked at one by one; each finding says what to do about it."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Literal

import redis
import sqlalchemy as sa
from packaging.requirements import Requirement

from tessera.bootstrap.configuration import KEY_FILE
from tessera.bootstrap.settings import Settings
from tessera.bootstrap.wiring import locations
from tessera.storage.control import ControlDatabase
from tessera.storage.engines import EngineRegistry
from tessera.storage.provision import has_trigram

Verdict = Literal["ok", "warning", "problem"]

OLDEST_POSTGRESQL = 13
OLDEST_SQLITE = (3, 35, 0)  # RETURNING; FTS5's trigram tokenizer came one version earlier
OLDEST_REDIS = 6
LOW_DISK_MB = 1024
FULL_DISK_MB = 200
CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what it is, how it stands, and what to do (empty when nothing)."""

    subject: str
    verdict: Verdict
    text: str
    advice: str = ""


Check = Callable[[Settings], Iterator[Finding]]


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, as it is found. Never raises for something that is merely broken."""
    for check in CHECKS:
        try:
            yield from check(settings)
        except Exception as error:
            yield Finding(check.__name__.removeprefix("check_"), "problem", f"could not be examined: {type(error).__name__}")


def check_python(_settings: Settings) -> Iterator[Finding]:
    """The interpreter, and the packages in the versions that the platform asks for."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("Python", "ok", f"{found} ({sys.executable})")
    wrong = [text for text in map(_unmet, requires("tessera") or ()) if text]
    if wrong:
        yield Finding(
            "Packages", "problem", "; ".join(wrong), "Install again from the lock file: pip install -r requirements.lock"
        )
    else:
        yield Finding("Packages", "ok", f"Tessera {version('tessera')} with all that it requires")


def check_data_folder(settings: Settings) -> Iterator[Finding]:
    """The data folder: writable, with room, its key for the owner's eyes only."""
    folder = settings.data_dir
    if not folder.is_dir():
        yield Finding("Data folder", "warning", f"{folder} does not exist yet", "It is made by the first `tessera serve`.")
        return
    if not os.access(folder, os.W_OK):
        yield Finding("Data folder", "problem", f"{folder} is not writable", "Give it to the user that runs Tessera (chown).")
        return
    yield Finding("Data folder", "ok", str(folder))
    yield _disk(shutil.disk_usage(folder).free // 2**20)
    key = folder / KEY_FILE
    if key.exists() and stat.S_IMODE(key.stat().st_mode) & 0o077:
        yield Finding("Secret key", "problem", f"others may read {key}", f"chmod 600 {key}; remove it if somebody may have")


def check_sqlite(_settings: Settings) -> Iterator[Finding]:
    """The SQLite that Python was built with."""
    found = sqlite3.sqlite_version
    try:
        with sqlite3.connect(":memory:") as memory:
            memory.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize='trigram')")
        memory.close()
    except sqlite3.Error:
        yield Finding("SQLite", "problem", f"{found} has no FTS5 with trigrams", "Use the Python of a current distribution.")
        return
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        yield Finding("SQLite", "problem", f"{found} is too old", f"{'.'.join(map(str, OLDEST_SQLITE))} or newer is needed.")
    else:
        yield Finding("SQLite", "ok", found)


def check_databases(settings: Settings) -> Iterator[Finding]:
    """The control database, and the database of every tenant in it."""
    engines = EngineRegistry(locations(settings))
    try:
        yield from _check_control(engines, settings.control_database_url)
    finally:
        engines.dispose()


def _check_control(engines: EngineRegistry, url: str) -> Iterator[Finding]:
    path = sa.make_url(url).database
    if engines.dialect_of(url) == "sqlite" and path and not os.path.exists(path):
        yield Finding(
            "Control database", "warning", f"{path} does not exist yet", "It is made by the first command that needs it."
        )
        return
    control = ControlDatabase(engines, url)
    try:
        yield from _describe_database("Control database", control.database.engine)
        tenants = control.tenants()
    except sa.exc.OperationalError:
        shown = sa.make_url(url).render_as_string()
        yield Finding(
            "Control database",
            "problem",
            f"{shown} does not answer",
            "Is it running? Are host, port, name, user and password right?",
        )
        return
    except sa.exc.ProgrammingError:
        yield Finding("Control database", "warning", "has no tables yet", "They are made by the first command that needs them.")
        return
    for record in tenants:
        subject = f"Tenant {record.key}"
        try:
            yield from _describe_database(
                subject, control.open_record(record).engine, f", {record.state}, metadata version {record.metadata_version}"
            )
        except sa.exc.SQLAlchemyError:
            yield Finding(subject, "problem", "its database does not answer", "Is the database of its location running?")


def _describe_database(subject: str, engine: sa.Engine, more: str = "") -> Iterator[Finding]:
    """Ask the database something; raises SQLAlchemy's errors when it does not answer."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            if verdict != "ok":
                yield Finding(subject, "problem", "SQLite finds the file damaged", "Restore a backup.")
                return
            yield Finding(subject, "ok", f"SQLite file {engine.url.database}{more}")
            return
        found = str(connection.exec_driver_sql("SHOW server_version").scalar())
        trigram = has_trigram(connection)
    if int(found.partition(".")[0].partition(" ")[0]) < OLDEST_POSTGRESQL:
        yield Finding(subject, "problem", f"PostgreSQL {found} is too old", f"PostgreSQL {OLDEST_POSTGRESQL} or newer is needed.")
        return
    yield Finding(subject, "ok", f"PostgreSQL {found}{more}")
    if not trigram:
        advice = "As a superuser, in that database: CREATE EXTENSION pg_trgm"
        yield Finding(subject, "warning", "searches are slow without the extension pg_trgm", advice)


def check_redis(settings: Settings) -> Iterator[Finding]:
    """Redis, when one is configured."""
    if not settings.redis_url:
        yield Finding("Redis", "ok", "not configured: the server does its jobs itself")
        return
    try:
        with redis.Redis.from_url(
            settings.redis_url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS
        ) as client:
            found = str(client.info("server")["redis_version"])
    except redis.RedisError:
        yield Finding(
            "Redis",
            "problem",
            "does not answer",
            "Start it, or empty the setting redis_url. Meanwhile nothing is lost: jobs wait.",
        )
        return
    if int(found.partition(".")[0]) < OLDEST_REDIS:
        yield Finding("Redis", "warning", f"{found} is old", f"Redis {OLDEST_REDIS} or newer is tested.")
    else:
        yield Finding("Redis", "ok", found)


def check_fonts(_settings: Settings) -> Iterator[Finding]:
    """Fonts for print-outs: without Chinese characters in them, PDFs show boxes."""
    program = shutil.which("fc-list")
    if program is None:
        yield Finding(
            "Fonts",
            "warning",
            "fontconfig is not installed",
            "For print-outs: apt-get install fontconfig fonts-dejavu fonts-noto-cjk",
        )
        return
    for language, name, package in (("en", "Latin", "fonts-dejavu"), ("zh", "Chinese", "fonts-noto-cjk")):
        listed = subprocess.run(
            [program, f":lang={language}", "family"], capture_output=True, text=True, check=False
        ).stdout.split("\n")
        families = sorted({line for line in listed if line})
        if families:
            yield Finding(f"Fonts ({name})", "ok", f"{len(families)} families")
        else:
            yield Finding(f"Fonts ({name})", "warning", "none: print-outs would show boxes", f"apt-get install {package}")


def _disk(free_mb: int) -> Finding:
    text = f"{free_mb:,} MiB free"
    if free_mb < FULL_DISK_MB:
        return Finding("Disk", "problem", text, "Make room now: writes will fail soon.")
    if free_mb < LOW_DISK_MB:
        return Finding("Disk", "warning", text, "Make room.")
    return Finding("Disk", "ok", text)


def _unmet(requirement: str) -> str:
    """What is wrong with an installed package, or nothing."""
    wanted = Requirement(requirement)
    if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
        return ""
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        return f"{wanted.name} is missing"
    return "" if wanted.specifier.contains(found, prereleases=True) else f"{wanted.name} is {found}, {wanted.specifier} is needed"


CHECKS: tuple[Check, ...] = (check_python, check_data_folder, check_sqlite, check_databases, check_redis, check_fonts)
