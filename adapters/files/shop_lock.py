"""Lock of a shop's folder, shared by verbs, exclusive for an erasure.

Verbs that read and write the shop's files share it; an erasure holds it alone. A verb that began before an erasure would write files from
records that it read before. The kernel releases the lock when its process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from adapters.files.private_files import private_file
from otokui.errors import Conflict

LOCK: Final = ".files.lock"
_TRY_SECONDS: Final = 0.1


def share(shop: Path) -> IO[bytes] | None:
    """Take the shared lock of a shop's folder.

    It is held until the file is closed or the process ends. None: there is no such folder.

    Raises:
        Conflict: an erasure is running.
    """
    handle = _opened(shop, LOCK)
    if handle is not None and not _taken(handle, fcntl.LOCK_SH):
        handle.close()
        raise Conflict("a customer is being erased from the shop's files", fix="wait until `otokui erase` has ended, then run this again")
    return handle


@contextmanager
def alone(path: Path, seconds: float, name: str = LOCK, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Hold the lock of a folder alone; ``name``: the lock's file.

    Raises:
        Conflict: others have held it for so many seconds.
    """
    handle = _opened(path, name)
    if handle is None:
        yield
        return
    with handle:
        for _ in range(max(1, round(seconds / _TRY_SECONDS))):
            if _taken(handle, fcntl.LOCK_EX):
                break
            sleep(_TRY_SECONDS)
        else:
            raise Conflict(
                "another command is working on the shop's files", fix="when it has ended, run `otokui erase --pending --shop SHOP`"
            )
        yield


def _opened(folder: Path, name: str) -> IO[bytes] | None:
    if not folder.is_dir():
        return None
    private_file(folder / name)
    return (folder / name).open("ab")


def _taken(handle: IO[bytes], kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
