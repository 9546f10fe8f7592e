"""The job kinds a process may run, and who wants which events. What is not registered never runs.

A kind is declared once and registered in `bootstrap` (see docs/jobs.md):

    MAIL = JobKind("mail.send", send_mail, priority=Priority.URGENT, max_attempts=12)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from tessera.kernel.registry import Registry
from tessera.runtime.jobs.errors import BadArguments
from tessera.runtime.jobs.plain_json import NotPlain, check_plain

if TYPE_CHECKING:
    from tessera.runtime.jobs.run import JobRun

#: Does the work. What it returns (plain JSON) is kept as the job's result; what it raises decides what happens next.
Handler = Callable[["JobRun"], Any]


class Priority(IntEnum):
    """In which order a tenant's jobs run: lower numbers first, any in between are fine. From `BULK` on a job counts as bulk."""

    URGENT = 10
    NORMAL = 50
    BULK = 90


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a failed job waits: `first`, each time `factor` times longer up to `limit`, spread by ± `jitter` (a share)."""

    first: timedelta = timedelta(seconds=5)
    factor: float = 3.0
    limit: timedelta = timedelta(hours=1)
    jitter: float = 0.2

    def delay(self, attempt: int, random: Callable[[], float]) -> timedelta:
        """The pause after the `attempt`-th failure (from 1). `random` gives numbers in [0, 1)."""
        exponent = min(attempt - 1, 64)  # beyond that every pause has reached its limit, and floats overflow
        plain = min(self.first.total_seconds() * self.factor**exponent, self.limit.total_seconds())
        return timedelta(seconds=plain * (1 + self.jitter * (2 * random() - 1)))


@dataclass(frozen=True, eq=False)
class JobKind:
    """A kind of work: what runs it, how urgent it is, how often and how long it is tried.

    `timeout` is for one attempt. A handler notices at its next check (`JobRun.check_cancelled`, `progress`, `effect`), so what
    may block, such as a socket, needs a timeout of its own. `schema` is a JSON Schema (2020-12) for the arguments.
    """

    key: str
    handler: Handler
    priority: int = Priority.NORMAL
    max_attempts: int = 8
    backoff: Backoff = field(default_factory=Backoff)
    timeout: timedelta = timedelta(minutes=10)
    schema: Mapping[str, Any] | None = None

    @cached_property
    def _validator(self) -> Draft202012Validator:
        return Draft202012Validator(self.schema or {})

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raise `BadArguments` unless `arguments` are plain JSON that fits the schema."""
        try:
            check_plain(arguments)
        except NotPlain as error:
            raise BadArguments(kind=self.key, reason=str(error)) from error
        if self.schema is not None and (misfit := best_match(self._validator.iter_errors(arguments))) is not None:
            raise BadArguments(kind=self.key, reason=f"{misfit.json_path}: {misfit.message}")


#: All kinds by key.
JobKinds = Registry[JobKind]


def job_kinds() -> JobKinds:
    """An empty registry of kinds."""
    return Registry("job kind")
