"""What a good password is, and how it is kept."""

import pytest

from tessera.kernel.errors import ValidationFailed
from tessera.security.passwords import MAX_LENGTH, check_password, hash_password, needs_rehash, verify_password


def test_a_password_is_recognised_by_its_hash_only_when_it_is_the_same() -> None:
    hashed = hash_password("blue lamp over the door")
    assert hashed.startswith("$argon2id$")
    assert verify_password(hashed, "blue lamp over the door")
    assert not verify_password(hashed, "blue lamp over the floor")
    assert not needs_rehash(hashed)


def test_two_hashes_of_one_password_differ() -> None:
    assert hash_password("blue lamp over the door") != hash_password("blue lamp over the door")


def test_a_hash_made_with_weaker_parameters_is_due_for_another() -> None:
    weak = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$rJ1R6Yw5m3bRzYF1sS3m5Q"
    assert needs_rehash(weak)


def test_a_hash_that_is_none_matches_nothing() -> None:
    assert not verify_password("!", "anything at all")


@pytest.mark.parametrize(
    "password", ["blue lamp over the door", "Xk7-vonne-Pilz", "早上好我们喝茶去吧现在好吗", "tr0mbone & Zwieback"]
)
def test_a_good_password_passes(password: str) -> None:
    check_password(password, login="ada@example.com")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "too_short"),
        ("x" * (MAX_LENGTH + 1), "too_long"),
        ("1234567890", "too_common"),
        ("Password2026!", "too_common"),
        ("P@ssw0rd1234", "too_common"),
        ("!!Welcome123", "too_common"),
        ("aaaaaaaaaaaa", "too_common"),
        ("qwertyuiopas", "too_common"),
        ("zyxwvutsrqponm", "too_common"),
        ("augusta.ada1843", "too_common"),
    ],
)
def test_a_weak_password_is_refused(password: str, code: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        check_password(password, login="augusta.ada@example.com")
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/password", code)]
