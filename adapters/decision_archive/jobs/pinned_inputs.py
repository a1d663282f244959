"""Summaries and product lists of a job, pinned at its start by hard links.

A job that is killed goes on with the rows it began with, though the service has newer ones by then: another row could come to another
decision, beside a reservation that is made already. A link takes no room as long as the original is there.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Final

from adapters.online_store.product_lists import ListStore, current_lists
from adapters.online_store.snapshot_reader import SnapshotStore, current
from otokui.errors import Unavailable

_LISTS: Final = "products"


def pin(online: Path, target: Path) -> None:
    """Pin the current snapshot and product lists of the online store in a folder.

    Raises:
        Missing: no snapshot is published.
        Unavailable: they cannot be linked or copied, or were replaced meanwhile.
    """
    shutil.rmtree(target, ignore_errors=True)
    name, lists = current(online), current_lists(online / _LISTS)
    try:
        shutil.copytree(online / name, target / name, copy_function=_linked)
        (target / "CURRENT").write_text(name, encoding="utf-8")
        if lists:
            (target / _LISTS).mkdir()
            _linked(online / _LISTS / f"{lists}.parquet", target / _LISTS / f"{lists}.parquet")
            (target / _LISTS / "current").write_text(lists, encoding="utf-8")
    except (OSError, shutil.Error) as error:
        raise Unavailable("the summaries of the service cannot be pinned for the job", fix="make room; the job is tried again") from error


def pinned_store(folder: Path, names: tuple[str, ...]) -> SnapshotStore:
    """Open the pinned summaries; raises as ``SnapshotStore`` does."""
    return SnapshotStore(folder, names)


def pinned_lists(folder: Path, most: int) -> ListStore | None:
    """Open the pinned product lists, None where there are none."""
    name = current_lists(folder / _LISTS)
    return ListStore(folder / _LISTS, name, most) if name else None


def _linked(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        shutil.copy2(source, target)
