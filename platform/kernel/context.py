"""Who acts, where, in which language and at what time: one frozen object, passed as the first argument."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from tessera.kernel.clock import Clock, SystemClock
from tessera.kernel.ids import uuid7

Role = Literal["administrator", "member", "anonymous"]
Face = Literal["api", "web", "import", "job", "cli", "setup"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is acting. `id` is the record id in the tenant's `user` module; None for anonymous and for the system itself."""

    id: UUID | None
    name: str
    role: Role
    login: str = ""

    @property
    def is_administrator(self) -> bool:
        return self.role == "administrator"


ANONYMOUS = Principal(id=None, name="Anonymous", role="anonymous")
SYSTEM = Principal(id=None, name="System", role="administrator")


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of one piece of work, fixed for its whole length."""

    tenant: str
    principal: Principal = ANONYMOUS
    locale: str = "en"
    timezone: str = "UTC"
    face: Face = "api"
    clock: Clock = field(default_factory=SystemClock)
    request_id: str = field(default_factory=lambda: str(uuid7()))

    def now(self) -> datetime:
        """The current moment (aware UTC) by the context's own clock."""
        return self.clock.now()

    def acting_as(self, principal: Principal) -> "Context":
        """The same circumstances with another principal."""
        return replace(self, principal=principal)
