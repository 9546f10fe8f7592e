"""A whole installation in a test: wired as the product wires it, on SQLite or PostgreSQL, with the bundled apps."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tessera.bootstrap.settings import Settings
from tessera.bootstrap.shutdown import close
from tessera.bootstrap.wiring import build_publisher, build_runtime, new_tenant_location
from tessera.kernel.clock import Clock
from tessera.kernel.context import SYSTEM, Context
from tessera.metadata.loader import discover, load_apps
from tessera.metadata.packages import AppPackage
from tessera.runtime.authentication import Authentication, authentication_of
from tessera.runtime.fields.registry import field_type_schemas
from tessera.runtime.publishing.publisher import Publisher
from tessera.runtime.runtime import Runtime, TenantRuntime

NORTHWIND = Path(__file__).parent.parent.parent / "apps" / "standard_crm" / "demo" / "northwind"


@dataclass
class Installation:
    """`tenant` has the bundled apps and no records."""

    settings: Settings
    runtime: Runtime
    publisher: Publisher
    tenant: TenantRuntime

    def context(self) -> Context:
        """The system at work in the tenant."""
        return Context(self.tenant.key, SYSTEM, clock=self.runtime.clock)


@cache
def bundled_apps() -> tuple[AppPackage, ...]:
    """`core` and `standard_crm`, loaded once for a run."""
    return tuple(load_apps(list(discover().values()), field_type_schemas()))


@contextmanager
def installation(
    folder: Path, location: str = "sqlite", *, apps: Sequence[AppPackage] | None = None, clock: Clock | None = None
) -> Iterator[Installation]:
    """An installation in `folder` whose tenant lives at `location` (`sqlite`, or a PostgreSQL URL); gone afterwards."""
    settings = Settings(data_dir=folder, default_location=location, jobs=False, secret_key="k" * 48)
    runtime = build_runtime(settings, clock=clock)
    publisher = build_publisher(runtime)
    settled: Authentication | None = None
    key = f"t{uuid.uuid4().hex[:12]}"
    try:
        publisher.create_tenant(key, "Test", new_tenant_location(settings), bundled_apps() if apps is None else apps)
        runtime.look_again()
        tenant = runtime.tenant(key)
        settled = authentication_of(tenant)
        yield Installation(settings, runtime, publisher, tenant)
    finally:
        if settled is not None:  # notes of last use are written in the background
            settled.tokens.uses.settle()
            settled.sessions.uses.settle()
        runtime.control.drop(key)
        close(runtime)
