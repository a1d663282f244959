"""Atomic file writes: write a temporary file, fsync, rename, fsync the folder.

A file appears whole or not at all. Every rename of the record store is made here, so that a test can kill the process at each one in turn.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from adapters.files.private_files import private, private_folder
from otokui.errors import Unavailable


def sync(path: Path) -> None:
    """Force a file or a folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def publish(temporary: Path, target: Path, *, owner_only: bool = False) -> None:
    """Rename a finished file to its target, durable from then on.

    owner_only: the file becomes 0600 and its folder 0700 (records, quarantine).
    """
    if owner_only:
        private(temporary)
        private_folder(target.parent)
    target.parent.mkdir(parents=True, exist_ok=True)
    sync(temporary)
    temporary.rename(target)
    sync(target.parent)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def replace_text(path: Path, text: str, encoding: str = "utf-8", errors: str = "strict") -> None:
    """Replace a text file in one rename; a reader never sees half of it.

    Raises:
        Unavailable: it cannot be written there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding=encoding, errors=errors, newline="")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise Unavailable(f"{path} cannot be written ({error.strerror})", fix="name a place that exists and has room: --out") from None
