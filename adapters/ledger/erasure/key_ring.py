"""Master keys that wrap the keys in the ledger.

There is the current one, and an earlier one during a rotation. They never stand in the shop's folder or in the ledger, so that a copy of
the database alone opens nothing. AES-256-GCM (NIST SP 800-38D) with a random nonce; what a key is for is authenticated with it, so that
rows cannot be exchanged.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from otokui.errors import BadSettings, Unavailable
from otokui.settings.service.encryption import Encryption

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_FILE: Final = "file:"
_FIX: Final = "make one with `openssl rand -base64 32`, and keep it where neither the ledger nor its backups lie"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Master keys by name: ``current`` wraps, ``earlier`` still unwrap. Without a current one, keys are stored unwrapped."""

    current: bytes | None = field(default=None, repr=False)
    earlier: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def of_environment(cls, settings: Encryption, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the master keys from the environment variables that the settings name.

        A variable holds 32 bytes in Base64 or hexadecimal, or ``file:`` and the path of a file with them.

        Raises:
            BadSettings: a variable is set and holds no such key, or its file cannot be read.
        """
        current, earlier = (_read(name, environment) for name in (settings.master_key_env, settings.previous_master_key_env))
        return cls(current, () if earlier is None else (earlier,))

    @property
    def name(self) -> str:
        """Name of the current master key, '' = none."""
        return name_of(self.current)

    def wrap(self, key: bytes, purpose: str) -> bytes:
        """Return a key encrypted under the current master key.

        It is returned as it is where there is no master key.
        """
        return key if self.current is None else seal(self.current, key, purpose)

    def unwrap(self, wrapped: bytes, master: str, purpose: str) -> bytes:
        """Return a key that ``wrap`` encrypted under the master key of this name.

        Raises:
            Unavailable: that master key is not here, or the wrapped key was changed.
        """
        if not master:
            return wrapped
        for key in (self.current, *self.earlier):
            if key is not None and name_of(key) == master:
                return unseal(key, wrapped, purpose)
        raise Unavailable(
            f"the ledger's keys are wrapped by the master key {master}, which is not configured",
            fix="set the environment variable of [encryption] master_key_env (or previous_master_key_env) to that key",
        )


UNWRAPPED: Final = KeyRing()
"""No master key: keys are stored as they are."""


def name_of(key: bytes | None) -> str:
    """Return the short name of a master key, from which the key cannot be found."""
    return "" if key is None else hashlib.blake2b(key, digest_size=4, person=b"otokui.master").hexdigest()


def seal(key: bytes, plain: bytes, purpose: str) -> bytes:
    """Return the nonce and the text encrypted under a key, bound to its purpose."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, purpose.encode())


def unseal(key: bytes, sealed: bytes, purpose: str) -> bytes:
    """Return what ``seal`` encrypted.

    Raises:
        Unavailable: it was changed, or belongs to another key or purpose.
    """
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode())
    except (InvalidTag, ValueError):
        raise Unavailable(
            "an encrypted value of the ledger does not open with its key", fix="restore the ledger from a backup; it was changed"
        ) from None


def _read(variable: str, environment: Mapping[str, str]) -> bytes | None:
    text = environment.get(variable, "").strip()
    if not text:
        return None
    if text.startswith(_FILE):
        try:
            text = Path(text.removeprefix(_FILE)).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSettings(f"the file that ${variable} names cannot be read ({type(error).__name__})", fix=_FIX) from None
    try:
        key = bytes.fromhex(text) if len(text) == 2 * KEY_BYTES else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise BadSettings(f"${variable} holds no key of {KEY_BYTES} bytes", fix=_FIX)
    return key
