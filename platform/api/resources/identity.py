"""Who the caller is, and their access tokens."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tessera.api import parameters, schemas
from tessera.api.answers import Answer, json_answer
from tessera.api.call import Call
from tessera.api.errors import BadBody
from tessera.kernel.errors import Forbidden, NotFound, Problem
from tessera.kernel.messages import N_
from tessera.runtime.session import Session
from tessera.security.scopes import UNLIMITED, Scopes
from tessera.security.tokens import AccessToken, IssuedToken, issue_token, revoke_token, tokens_of

_NO_KEY: Final = N_("An answer with a secret is never stored, so this takes no Idempotency-Key.")


def me(call: Call) -> Answer:
    """GET /me"""
    call.parameters()
    principal, context = call.context.principal, call.context
    body = {
        "id": principal.id,
        "name": principal.name,
        "login": principal.login,
        "role": principal.role,
        "tenant": call.tenant.key,
        "locale": context.locale,
        "timezone": context.timezone,
        "scopes": call.scopes.to_json(),
    }
    return json_answer(body)


def list_tokens(call: Call) -> Answer:
    """GET /tokens: the caller's own"""
    call.parameters()
    with call.tenant.database.reading() as connection:
        found = tokens_of(connection, _user(call))
    return json_answer({"items": [_token_json(token) for token in found]})


def create_token(call: Call) -> Answer:
    """POST /tokens: another token for the caller; one that is itself limited cannot make a wider one"""
    call.parameters()
    call.refuse_key(_NO_KEY)
    body = call.form(schemas.TOKEN)
    scopes = _scopes(body)
    if not call.scopes.is_unlimited:
        raise Forbidden("A token with scopes may not make tokens.")
    issued = _issue(call, _user(call), body, scopes)
    return _issued_answer(call, issued)


def delete_token(call: Call, token: str) -> Answer:
    """DELETE /tokens/<id>: revoke; a token may always revoke itself"""
    call.parameters()
    token_id = parameters.record_id(token)
    if not call.scopes.is_unlimited and token_id != call.token_id:
        raise Forbidden("A token with scopes may only revoke itself.")

    def work(session: Session) -> Answer:
        if not revoke_token(session.connection, token_id, call.context.now(), user_id=_user(call)):
            raise NotFound("There is no such token.")
        session.after_commit(lambda: call.authentication.tokens.forget(token_id))
        return Answer(204)

    return call.write(work)


def sign_in(call: Call) -> Answer:
    """POST /auth/token: login and password for a token"""
    call.parameters()
    call.refuse_key(_NO_KEY)
    call.count_login()
    body = call.form(schemas.LOGIN)
    scopes, now = _scopes(body), call.context.now()
    _check_expiry(body.get("expires_at"), now)
    user_id = call.authentication.credentials.verify(body["login"], body["password"], now)
    call.authentication.principals.find(user_id, now)  # raises when the account is not active
    return _issued_answer(call, _issue(call, user_id, body, scopes))


def _user(call: Call) -> UUID:
    user_id = call.context.principal.id
    if user_id is None:
        raise Forbidden()
    return user_id


def _issue(call: Call, user_id: UUID, body: dict[str, Any], scopes: Scopes) -> IssuedToken:
    now = call.context.now()
    _check_expiry(body.get("expires_at"), now)
    with call.tenant.database.writing() as connection:
        return issue_token(connection, user_id, body["name"], now, scopes=scopes, expires_at=body.get("expires_at"))


def _check_expiry(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise BadBody([Problem("/expires_at", "past", "The time lies in the past.")])


def _scopes(body: dict[str, Any]) -> Scopes:
    return Scopes.from_json(body["scopes"]) if "scopes" in body else UNLIMITED


def _issued_answer(call: Call, issued: IssuedToken) -> Answer:
    """The only answer that ever holds a secret; nobody keeps it on the way."""
    body = {**_token_json(issued.token), "token": issued.secret}
    return json_answer(body, 201, Location=f"{call.base}/tokens/{issued.token.id}", Cache_Control="no-store")


def _token_json(token: AccessToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": token.scopes.to_json(),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
    }
