"""Passwords: what one may be, how it is kept (argon2id), and a check that takes as long for a name that nobody has."""

from __future__ import annotations

import secrets
import unicodedata
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from pipeline.errors.accounts import BadPassword

SHORTEST = 10  # characters; no rule on which, for such rules only make passwords alike
LONGEST = 1_024
FEWEST_DIFFERENT = 4
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike


class Passwords:
    """Hashes and checks. ``hasher`` sets the cost, by default RFC 9106's for little memory: 64 MiB, three passes."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = _nobody(self._hasher)

    def hash(self, password: str) -> str:
        """The password as it is stored, with its salt and cost in it."""
        return self._hasher.hash(_canonical(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is the stored one. Without a stored one the same work is done, and the answer is no."""
        try:
            right = self._hasher.verify(stored or self._nobody, _canonical(password)[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
        return right and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether the stored one was made at another cost than today's."""
        return self._hasher.check_needs_rehash(stored)


def _nobody(hasher: PasswordHasher) -> str:
    """What is checked where there is no stored password: no password's digest, at the cost of a real one."""
    salt, digest = (b64encode(secrets.token_bytes(n)).decode().rstrip("=") for n in (hasher.salt_len, hasher.hash_len))
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${cost}${salt}${digest}"


def acceptable(password: str, name: str) -> str:
    """The password, if it may be one.

    Raises:
        BadPassword: it is too short, too long, the name itself, or nearly one letter.
    """
    canonical = _canonical(password)
    if not SHORTEST <= len(canonical) <= LONGEST:
        raise BadPassword(
            ko_problem=f"{SHORTEST}자 이상 {LONGEST:,}자 이하여야 합니다",
            en_problem=f"it must have {SHORTEST} to {LONGEST:,} characters",
        )
    if name in canonical.casefold() or len(set(canonical)) < FEWEST_DIFFERENT:
        raise BadPassword(
            ko_problem="이름이 들어 있거나 같은 글자만 되풀이합니다",
            en_problem="it contains the name or repeats the same few characters",
        )
    return canonical


def invented() -> str:
    """A random password that can be read aloud: 15 letters, 74 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3))


def _canonical(password: str) -> str:
    return unicodedata.normalize("NFC", password)  # one keyboard sends Hangul composed, another in parts
