"""Registry of dialects: every module of ``serving.dialects.providers`` with a ``DIALECT``.

A new dialect is one file there, and its recorded payloads under ``tests/contract/payloads`` (docs/how-to/add-a-dialect.md).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from serving.dialects import providers
from serving.dialects.reading import Dialect


@cache
def dialects() -> Mapping[str, Dialect]:
    """Return every dialect by its name, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(providers.__path__))
    every = [importlib.import_module(f"{providers.__name__}.{name}").DIALECT for name in names]
    return {dialect.name: dialect for dialect in every}


def media_types() -> tuple[str, ...]:
    """Return the content types that webhooks may have, JSON first."""
    return ("application/json", *(media_type for dialect in dialects().values() for media_type in dialect.media_types))
