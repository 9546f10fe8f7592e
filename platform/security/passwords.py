"""Passwords: what a good one is, and how it is kept (argon2id, OWASP's parameters)."""

import re
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tessera.kernel.errors import Problem, ValidationFailed

MIN_LENGTH = 10
MAX_LENGTH = 200

#: 19 MiB, two passes, one lane: OWASP's choice for argon2id. About 20 ms on a small server.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

_LEET = str.maketrans("013457@$!", "oleastasi")
_RUNS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm")
_DECORATION = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def hash_password(password: str) -> str:
    """The argon2id hash of `password`, with its salt and parameters in it."""
    return _hasher.hash(password)


def verify_password(password_hash: str, password: str) -> bool:
    """Whether `password` is the one that was hashed. An overlong password is refused without being hashed."""
    if len(password) > MAX_LENGTH:
        return False
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    try:
        return _hasher.check_needs_rehash(password_hash)
    except InvalidHashError:
        return True


def check_password(password: str, *, login: str = "", pointer: str = "/password") -> None:
    """Raises `ValidationFailed` at `pointer` when `password` is too short, too long, or among the first that are guessed."""
    problem = _weakness(password, login, pointer)
    if problem is not None:
        raise ValidationFailed([problem])


def _weakness(password: str, login: str, pointer: str) -> Problem | None:
    if len(password) < MIN_LENGTH:
        return Problem(pointer, "too_short", "A password has at least {least} characters.", {"least": MIN_LENGTH})
    if len(password) > MAX_LENGTH:
        return Problem(pointer, "too_long", "A password has at most {most} characters.", {"most": MAX_LENGTH})
    if _is_guessable(password, login):
        return Problem(pointer, "too_common", "This password is among the first that are guessed. Choose another.")
    return None


def _is_guessable(password: str, login: str) -> bool:
    folded = password.casefold()
    known = _breached()
    bare = _DECORATION.sub("", folded)
    if not {folded, bare, folded.translate(_LEET), _DECORATION.sub("", folded.translate(_LEET))}.isdisjoint(known):
        return True
    if len(set(folded)) <= 3 or any(folded in run or folded in run[::-1] for run in _RUNS):
        return True
    person = login.casefold().partition("@")[0]
    return len(person) >= 4 and bare in {person, person * 2}


@cache
def _breached() -> frozenset[str]:
    """Passwords, and words they are made of, that lead the lists of published breaches; one a line, lower case."""
    text = files("tessera.security").joinpath("breached_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
