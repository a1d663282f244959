"""A few customers, orders and contacts, as frames, and the same figures counted one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import polars as pl

from measurement.results.customer_lift import OUTCOMES, Frame
from measurement.results.lift_interval import UNITS

Row = Mapping[str, Any]


def frame(rows: Sequence[Row], schema: Mapping[str, Any]) -> Frame:
    return nw.from_native(pl.LazyFrame(list(rows), schema=dict(schema), orient="row"))


def people(*rows: tuple[str, str]) -> Frame:
    columns = {"customer_id": pl.String, "group": pl.String}
    return frame([dict(zip(columns, row, strict=True)) for row in rows], columns)


def bought(*rows: tuple[str, int, float]) -> Frame:
    columns = {"customer_id": pl.String, "at": pl.Int64, "money": pl.Int64}
    return frame([dict(zip(columns, (who, at, round(money * UNITS)), strict=True)) for who, at, money in rows], columns)


def summed(y: Mapping[str, Sequence[int]], x: Mapping[str, Sequence[int]], n: int) -> dict[str, tuple[int, ...]]:
    """n, and the sums y, yy, x, xx, xy of every outcome, counted one by one."""
    return {
        name: (
            n,
            sum(y[name]),
            sum(a * a for a in y[name]),
            sum(x[name]),
            sum(b * b for b in x[name]),
            sum(a * b for a, b in zip(y[name], x[name], strict=True)),
        )
        for name in OUTCOMES
    }
