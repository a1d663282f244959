"""Files that only their owner may read (0600, folders 0700): records, quarantine, ledger, settings.

Permissions are only ever removed. A file system without permissions (some network and container mounts) is used as it is, with one
warning in the log.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from otokui.observe import log

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private(path: Path) -> bool:
    """Remove group and other rights from a file or folder; return whether they are gone.

    A missing file counts as private.
    """
    if _tightened(path):
        return True
    log.warning(
        "file_not_private", path=str(path), fix="keep the shop on a file system with POSIX permissions, under the account that runs otokui"
    )
    return False


def private_folder(path: Path) -> Path:
    """Create a folder and its missing parents for the owner; tighten an existing one."""
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
    private(path)
    return path


def private_tree(folder: Path) -> bool:
    """Tighten a folder and everything in it; warn once if a file stays open."""
    if not folder.is_dir():
        return True
    open_to_others = [path for path in (folder, *folder.rglob("*")) if not _tightened(path)]
    return not open_to_others or private(open_to_others[0])


def private_file(path: Path) -> None:
    """Create an empty private file before a library opens it with the process's rights."""
    if path.parent.is_dir() and not path.exists():
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError:  # the code that opens the file reports the error
            return
    private(path)


def _tightened(path: Path) -> bool:
    try:
        mode = path.stat(follow_symlinks=False).st_mode
        if not stat.S_ISLNK(mode) and mode & _OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
            return not path.stat().st_mode & _OTHERS
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
