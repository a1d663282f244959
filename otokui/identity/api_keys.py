"""Form of an API key: ``otk_<environment>_<role>_<random><checksum>``.

A key says by itself where it works and what it may do, so that a person sees at a glance which one leaked and a scanner finds it in a
repository. The checksum refuses a mistyped key before anything is looked up. Only the SHA-256 of a key is stored.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass
from typing import Final, Self

from otokui.identity.roles import Role
from otokui.settings.service.service import Environment

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM, _CHECKSUM = 32, 6
"""Characters; 32 of 62 kinds are 190 bits."""
_FORM: Final = re.compile(
    rf"otk_({'|'.join(Environment)})_({'|'.join(Role)})_([0-9A-Za-z]{{{_RANDOM}}})([0-9A-Za-z]{{{_CHECKSUM}}})", re.ASCII
)


@dataclass(frozen=True, slots=True, repr=False)
class ApiKey:
    """API key in plain text; no representation of it could reach a log."""

    text: str
    environment: Environment
    role: Role

    @classmethod
    def make(cls, environment: Environment, role: Role) -> Self:
        """Make a new key from the operating system's random numbers."""
        body = f"otk_{environment}_{role}_{''.join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))}"
        return cls(body + _checksum(body), environment, role)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the key in a text, None where form or checksum is wrong."""
        match = _FORM.fullmatch(text)
        if match is None or _checksum(text[:-_CHECKSUM]) != match[4]:
            return None
        return cls(text, Environment(match[1]), Role(match[2]))

    @property
    def digest(self) -> str:
        """SHA-256 of the key, hexadecimal: what is stored in its place."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    while len(digits) < _CHECKSUM:
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
