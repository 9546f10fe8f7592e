"""One request, as far as the handlers of `resources/` see it: who calls, on which tenant, and how to work for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Request
from marshmallow import Schema

from tessera.api import idempotency
from tessera.api.answers import Answer
from tessera.api.errors import BadBody, BadParameter, KeyInProgress, UnsupportedMediaType
from tessera.api.json_reader import read_json
from tessera.api.options import ApiOptions
from tessera.api.parameters import Parameters
from tessera.api.problems import MEDIA_TYPE, as_tessera_error, dump, problem_body
from tessera.api.rate_limits import RateLimiter, address_key
from tessera.api.schemas import load
from tessera.kernel.context import Context
from tessera.kernel.errors import Problem, TesseraError
from tessera.kernel.messages import Translator
from tessera.runtime.authentication import Authentication
from tessera.runtime.model import Catalog
from tessera.runtime.runtime import TenantRuntime
from tessera.runtime.session import Session
from tessera.security.policy import Policy
from tessera.security.scopes import ScopedPolicy, Scopes

_JSON_TYPES = frozenset({"application/json", "application/merge-patch+json"})


@dataclass(slots=True)
class Call:
    """A request that is let in. `base` is the path of the API as the caller sees it, `scopes` what the token is good for."""

    request: Request
    tenant: TenantRuntime
    authentication: Authentication
    context: Context
    scopes: Scopes
    options: ApiOptions
    base: str
    logins: RateLimiter
    token_id: UUID | None = None

    @property
    def catalog(self) -> Catalog:
        """The tenant's current catalog."""
        return self.tenant.catalog

    @property
    def translator(self) -> Translator:
        """Speaks the caller's language, with the tenant's own words."""
        return self.options.translator(self.catalog, self.context.locale)

    @property
    def policy(self) -> Policy:
        """The policy of this installation, narrowed to the token's scopes."""
        policy = self.tenant.runtime.policy
        return policy if self.scopes.is_unlimited else ScopedPolicy(policy, self.scopes)

    # -- reading the request ------------------------------------------------------------------------------------

    def parameters(self, *known: str) -> Parameters:
        """The query parameters, of which only `known` are taken."""
        return Parameters(self.request.args, known)

    def body(self) -> bytes:
        """The raw body, up to the limit."""
        self.request.max_content_length = self.options.max_body_bytes
        return self.request.get_data(cache=True)

    def json(self) -> Any:
        """The body as JSON; raises when it is of another kind or is not JSON."""
        if self.request.mimetype not in _JSON_TYPES:
            raise UnsupportedMediaType(expected="application/json")
        return read_json(self.body())

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object: the values of a record."""
        value = self.json()
        if not isinstance(value, dict):
            raise BadBody([Problem("", "not_an_object", "Send a JSON object.")])
        return value

    def form(self, schema: Schema) -> dict[str, Any]:
        """The body in a fixed shape."""
        return load(schema, self.json_object())

    def count_login(self) -> None:
        """Count an attempt to sign in from this address; raises `RateLimitReached`."""
        self.logins.use(f"login:{self.tenant.key}:{address_key(self.request.remote_addr)}")

    def refuse_key(self, reason: str) -> None:
        """Raises `BadParameter` when the request carries an Idempotency-Key that would not be honoured."""
        if "Idempotency-Key" in self.request.headers:
            raise BadParameter(reason, parameter="Idempotency-Key")

    # -- working ------------------------------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session to read in."""
        with self.tenant.session(self.context, write=False) as session:
            session.policy = self.policy
            yield session

    def write(self, work: Callable[[Session], Answer]) -> Answer:
        """Do `work` in a transaction. With an Idempotency-Key it takes place once, and its answer is given again."""
        headers, path = self.request.headers, self.request.full_path.removesuffix("?")
        principal = str(self.context.principal.id)
        key = headers.get("Idempotency-Key")
        if key is None:
            return self.tenant.transact(self.context, self._narrowed(work))
        request = idempotency.idempotent_request(key, principal, self.request.method, path, self.body())
        assert request is not None
        now = self.context.now()

        def once(session: Session) -> Answer:
            stored = idempotency.begin(session.connection, request, now)
            if stored is None:
                stored = work(session)
                idempotency.finish(session.connection, request, stored, now)
            return stored

        try:
            return self.tenant.transact(self.context, self._narrowed(once))
        except Exception as error:
            refusal = as_tessera_error(error, self.context.request_id)
            if refusal.status not in idempotency.STORED_REFUSALS or isinstance(refusal, KeyInProgress):
                raise refusal from error
            return self._keep_refusal(request, refusal)

    def _narrowed(self, work: Callable[[Session], Answer]) -> Callable[[Session], Answer]:
        def narrowed(session: Session) -> Answer:
            session.policy = self.policy
            return work(session)

        return work if self.scopes.is_unlimited else narrowed

    def _keep_refusal(self, request: idempotency.IdempotentRequest, refusal: TesseraError) -> Answer:
        """The answer to a refusal, stored: the same request gets the same one again."""
        body = dump(problem_body(refusal, self.translator, self.context.request_id))
        answer = Answer(refusal.status, body, content_type=MEDIA_TYPE)
        now = self.context.now()
        with self.tenant.database.writing() as connection:
            stored = idempotency.begin(connection, request, now)
            if stored is None:
                idempotency.finish(connection, request, answer, now)
        return stored or answer


Handler = Callable[..., Answer]
