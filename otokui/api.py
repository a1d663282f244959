"""Otokui from Python: a shop as an object.

The one door of this room to the rooms above it (docs/adr/0009-one-door-for-python.md). Nothing in the product imports it; it holds
no code of its own.
"""

from __future__ import annotations

from pipelines.api.python_shop import PythonShop as Shop

__all__ = ["Shop"]
