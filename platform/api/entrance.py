"""Who is let in: the tenant of the request, its principal, and how often they may come."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import Request

from tessera.api.errors import CsrfRefused
from tessera.api.languages import negotiate
from tessera.api.options import ApiOptions
from tessera.api.rate_limits import Allowance, LeaseStore, RateLimiter, address_key
from tessera.kernel.context import ANONYMOUS, Context
from tessera.kernel.errors import NotAuthenticated
from tessera.runtime.authentication import Authentication, authentication_of
from tessera.runtime.runtime import Runtime, TenantRuntime
from tessera.runtime.tenancy import TenantResolver
from tessera.security.errors import TokenRefused
from tessera.security.principals import Person
from tessera.security.scopes import UNLIMITED, Scopes
from tessera.security.tokens import PREFIX

CSRF_HEADER: Final = "X-CSRF-Token"
_NOBODY: Final = Person(ANONYMOUS, "", "")
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class Admission:
    """A request that may go on."""

    tenant: TenantRuntime
    authentication: Authentication
    context: Context
    scopes: Scopes
    token_id: UUID | None
    allowance: Allowance | None


class Entrance:
    """Knows tenants, tokens, sessions and limits."""

    def __init__(self, runtime: Runtime, options: ApiOptions, store: LeaseStore) -> None:
        now = runtime.clock.now
        self._runtime = runtime
        self._options = options
        self._tenants = TenantResolver(runtime, options.default_tenant)
        self._tokens = RateLimiter(store, options.token_rate, now=now)
        self._addresses = RateLimiter(store, options.address_rate, now=now)
        self.logins = RateLimiter(store, options.login_rate, now=now, open_on_failure=False)

    def language(self, request: Request, chosen: str = "") -> str:
        """The language that the caller reads: what the request asks for, else what the person has chosen."""
        accepted = request.headers.get("Accept-Language") or chosen
        return negotiate(accepted, self._options.languages) if accepted else self._options.languages[0]

    def admit(self, request: Request, tenant_prefix: str | None, request_id: str, *, public: bool) -> Admission:
        """Let the request in; raises `NotAuthenticated`, `RateLimitReached`, `UnknownTenant` …"""
        tenant = self._tenants.resolve(request.host, tenant_prefix)
        authentication = authentication_of(tenant)
        scopes, token_id, person = UNLIMITED, None, _NOBODY
        if public:
            allowance = self._addresses.use(f"address:{address_key(request.remote_addr)}")
        else:
            try:
                person, scopes, token_id, key = self._identify(request, authentication)
            except NotAuthenticated:
                self._addresses.use(f"address:{address_key(request.remote_addr)}")
                raise
            allowance = self._tokens.use(f"{tenant.key}:{key}")
        context = Context(
            tenant=tenant.key,
            principal=person.principal,
            locale=self.language(request, person.locale),
            timezone=person.timezone or timezone_of(tenant),
            face="api",
            clock=self._runtime.clock,
            request_id=request_id,
        )
        return Admission(tenant, authentication, context, scopes, token_id, allowance)

    def _identify(self, request: Request, authentication: Authentication) -> tuple[Person, Scopes, UUID | None, str]:
        """The person, the scopes, the token's id and the key to count under."""
        now = self._runtime.clock.now()
        header = request.headers.get("Authorization")
        if header is not None:
            scheme, _, secret = header.partition(" ")
            if scheme.lower() != "bearer" or not secret.startswith(PREFIX):
                raise TokenRefused()
            token = authentication.tokens.verify(secret, now)
            return authentication.principals.person(token.user_id, now), token.scopes, token.id, f"token:{token.id}"
        cookie = request.cookies.get(self._options.session_cookie) if "Cookie" in request.headers else None
        session = authentication.sessions.verify(cookie, now) if cookie else None
        if session is None:
            raise NotAuthenticated()
        if request.method not in _SAFE and not session.accepts_csrf(request.headers.get(CSRF_HEADER, "")):
            raise CsrfRefused()
        person = authentication.principals.person(session.user_id, now)
        return person, UNLIMITED, None, f"session:{session.token_hash[:32]}"


def timezone_of(tenant: TenantRuntime) -> str:
    """The tenant's time zone, in which days begin for filters and groups."""
    return tenant.catalog.timezone
