"""Hashes of passwords by Argon2id, and random values from the operating system."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64encode
from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.custody.people import PasswordHash, Token
from pipeline.errors import IntegrityError

TIME_COST, MEMORY_KIB, PARALLELISM = 3, 64 * 1024, 1
"""The second choice of RFC 9106 (64 MiB, three passes), in one lane: about 0.2 s of one core."""
_AT_ONCE = 2
"""Hashes at a time: each takes its memory, and strangers may ask for as many as they like."""
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what is mistaken for another on paper."""
_GROUPS, _GROUP = 4, 4


class Argon2Passwords:
    """Fills the `Passwords` port."""

    def __init__(
        self, *, time_cost: int = TIME_COST, memory_kib: int = MEMORY_KIB, parallelism: int = PARALLELISM
    ) -> None:
        self._hasher = PasswordHasher(time_cost, memory_kib, parallelism, type=Type.ID)
        self._turns = BoundedSemaphore(_AT_ONCE)
        # A hash at random: it takes as long to compare with as any, and no password is known to have it.
        salt, tag = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
        self._nobodys = f"$argon2id$v=19$m={memory_kib},t={time_cost},p={parallelism}${salt}${tag}"

    def hash(self, password: str) -> PasswordHash:
        with self._turns:
            return PasswordHash(self._hasher.hash(_encoded(password)))

    def matches(self, kept: PasswordHash | None, password: str) -> bool:
        """Raises IntegrityError `password_hash_unreadable`."""
        with self._turns:
            try:
                return self._hasher.verify(kept or self._nobodys, _encoded(password)) and kept is not None
            except InvalidHashError as error:
                raise IntegrityError("password_hash_unreadable") from error
            except VerificationError:
                return False

    def stale(self, kept: PasswordHash) -> bool:
        return self._hasher.check_needs_rehash(kept)


class SystemChance:
    """Fills the `Chance` port."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def token(self) -> Token:
        return Token(secrets.token_urlsafe(32))

    def first_password(self) -> str:
        """`k7mp-3xqv-...`: 79 random bits."""
        groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
        return "-".join(groups)

    def blur(self, text: str) -> str:
        return hmac.new(self._key, _encoded(text), hashlib.sha256).hexdigest()[:16]


def _encoded(text: str) -> bytes:
    # Lone surrogates come in with a mangled form; they are no reason to fail.
    return text.encode("utf-8", "surrogatepass")
