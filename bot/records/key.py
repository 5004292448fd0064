"""The key of what is kept of people, in a file beside the database: neither says anything without the other."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken

if TYPE_CHECKING:
    from pathlib import Path

_BYTES = 32


class Key:
    """Who somebody is, for telling whether it is the same person; and words that only this program reads."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._fernet = Fernet(base64.urlsafe_b64encode(hmac.digest(secret, b"words", hashlib.sha256)))

    @property
    def check(self) -> bytes:
        """What tells this key from others, and nothing of it."""
        return hmac.digest(self._secret, b"check", hashlib.sha256)[:8]

    def person(self, platform: str, user: str) -> bytes:
        """The keyed hash of a user."""
        return hmac.digest(self._secret, json.dumps([platform, user]).encode(), hashlib.sha256)

    def seal(self, words: str) -> str:
        """Words as they are stored."""
        return self._fernet.encrypt(words.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """What was sealed with this key.

        Raises:
            ValueError: it was not, or has changed.

        """
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise ValueError("not what was sealed") from None


def new_secret() -> bytes:
    """The secret of a new key."""
    return secrets.token_bytes(_BYTES)


def read_secret(path: Path) -> bytes | None:
    """The secret in a file; None where there is none, and no bytes where the file is empty.

    Raises:
        OSError: it cannot be read.
        ValueError: it holds something else.

    """
    try:
        secret = bytes.fromhex(path.read_bytes().decode())
    except FileNotFoundError:
        return None
    if len(secret) not in {0, _BYTES}:
        raise ValueError(path)
    return secret


def write_secret(path: Path, secret: bytes) -> None:
    """Put a secret into a file for its owner alone, durably, whole or not at all."""
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(secret.hex().encode())
        handle.flush()
        os.fsync(handle.fileno())
    aside.replace(path)
