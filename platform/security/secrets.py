"""Random secrets, and how they are stored: only as a hash.

A secret of 256 random bits cannot be guessed, so a plain SHA-256 protects it; slow hashes are for passwords.
"""

import hashlib
import secrets

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 43  # 62^43 > 2^256


def random_secret() -> str:
    """256 random bits in 43 letters and digits."""
    number = secrets.randbits(256)
    digits = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, 62)
        digits.append(_BASE62[digit])
    return "".join(digits)


def digest(secret: str) -> str:
    """What is stored and looked up in place of `secret`: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
