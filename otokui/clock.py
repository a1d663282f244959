"""Clock: the one place where the present time is read.

Only pipelines and serving call it, so that time stays an argument.
"""

from __future__ import annotations

import time

from otokui.domain import Instant


def now() -> Instant:
    """Return the present instant in UTC seconds."""
    return Instant(int(time.time()))
