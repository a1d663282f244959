"""Charts as inline SVG, sharp on paper and phone, in light and dark.

Written by hand because a plotting library would bring pictures with one background, their own fonts and a
hundred kilobytes each. Every drawing has a title and a description that a screen reader speaks.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

Points = Sequence[tuple[float, float]]
Show = Callable[[float], str]

WIDTH, HEIGHT = 420.0, 224.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 8.0, 12.0, 40.0
_TICK_Y, _TITLE_Y = HEIGHT - 24.0, HEIGHT - 6.0
_MOST_LABELS, _MANY, _FEW, _SHORT = 7, 12, 3, 4
_ROOM_ON_THE_RIGHT = 0.55


def nice_top(value: float) -> float:
    """Return the end of an axis that holds ``value``.

    1, 2, 2.5, 4 or 5 times a power of ten.
    """
    if not value > 0.0 or math.isinf(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in (1.0, 2.0, 2.5, 4.0, 5.0, 10.0) if step * power >= value * (1 - 1e-9)), 10.0 * power)


def columns(
    title: str,
    labels: Sequence[str],
    stacks: Sequence[tuple[str, Sequence[float]]],
    *,
    show: Show,
    x_title: str = "",
) -> Markup:
    """Draw a column chart of stacked series, bottom first.

    A series is its name and one value per label.
    """
    totals = [sum(series[i] for _, series in stacks) for i in range(len(labels))]
    top = nice_top(max(totals, default=0.0))
    slot = (WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    inner = slot * (0.72 if len(labels) > _FEW else 0.5)
    long = len(labels) > _MANY or max((len(text) for text in labels), default=0) > _SHORT
    every = max(1, math.ceil(len(labels) / _MOST_LABELS)) if long else 1
    body = [_grid(top, show), _text(WIDTH - _RIGHT, _TITLE_Y, x_title, "end")]
    for i, label in enumerate(labels):
        x = _LEFT + slot * i + (slot - inner) / 2
        base = 0.0
        for number, (name, series) in enumerate(stacks):
            label_text = f"{label}: {show(series[i])}" + (f" ({name})" if len(stacks) > 1 else "")
            low, high = _y(base, top), _y(base + series[i], top)
            box = f'x="{x:.1f}" y="{high:.1f}" width="{inner:.1f}" height="{max(low - high, 0.0):.1f}"'
            body.append(f'<rect class="series{number}" {box} rx="1.5"><title>{escape(label_text)}</title></rect>')
            base += series[i]
        if i % every == 0:
            body.append(_text(x + inner / 2, _TICK_Y, label, "middle"))
    peak = max(range(len(labels)), key=totals.__getitem__, default=None)
    return _drawing(title, "" if peak is None else f"{labels[peak]}: {show(totals[peak])}", body)


def curve(
    title: str,
    points: Points,
    *,
    show: Show,
    x_title: str,
    y_title: str,
    at: tuple[float, float] | None = None,
) -> Markup:
    """Draw a curve of share against share over the diagonal of chance.

    Both are 0 to 1; ``at`` marks a point.
    """
    path = _path(points, 1.0)
    area = f"{path} L{_x(1):.1f} {_y(0, 1):.1f} L{_x(0):.1f} {_y(0, 1):.1f} Z"
    body = [_grid(1.0, show), _diagonal(), f'<path class="area" d="{area}"/><path class="line" d="{path}"/>', *_share_ticks(show)]
    described = f"{x_title}, {y_title}"
    if at is not None:
        x, y = _x(at[0]), _y(at[1], 1.0)
        note, left = f"{show(at[0])} → {show(at[1])}", at[0] < _ROOM_ON_THE_RIGHT
        body.append(f'<path class="drop" d="M{x:.1f} {_y(0, 1):.1f} V{y:.1f} H{_x(0):.1f}"/>')
        body.append(f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
        body.append(_text(x + (9 if left else -9), y + 16, note, "start" if left else "end", kind="note"))
        described += f": {note}"
    body.append(_text(WIDTH - _RIGHT, _TITLE_Y, x_title, "end"))
    return _drawing(title, described, body)


def reliability(title: str, points: Sequence[tuple[float, float, int]], *, show: Show, count: Show, x_title: str) -> Markup:
    """Draw observed shares against predicted chances; on the diagonal, a chance means what it says. Area = rows."""
    top = min(nice_top(max((max(p, o) for p, o, _ in points), default=1.0)), 1.0)
    most = max((rows for *_, rows in points), default=1) or 1
    line = _path([(predicted / top, observed) for predicted, observed, _ in points], top)
    body = [_grid(top, show), _diagonal(), *_share_ticks(lambda share: show(share * top)), f'<path class="line thin" d="{line}"/>']
    for predicted, observed, rows in points:
        radius = 2.5 + 5.5 * math.sqrt(rows / most)
        place = f'cx="{_x(predicted / top):.1f}" cy="{_y(observed, top):.1f}" r="{radius:.1f}"'
        label_text = f"{show(predicted)} → {show(observed)} (n = {count(rows)})"
        body.append(f'<circle class="point" {place}><title>{escape(label_text)}</title></circle>')
    body.append(_text(WIDTH - _RIGHT, _TITLE_Y, x_title, "end"))
    worst = max((abs(p - o) for p, o, _ in points), default=0.0)
    return _drawing(title, f"{x_title}; |Δ| ≤ {show(worst)}", body)


def intervals(title: str, labels: Sequence[str], rows: Sequence[tuple[float, float, float] | None], *, show: Show, x_title: str) -> Markup:
    """Draw values with their intervals around zero.

    (value, low, high) per label, None = not told.
    """
    top = nice_top(max((abs(end) for row in rows if row is not None for end in row), default=1.0))
    slot = (WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    every = max(1, math.ceil(len(labels) / _MANY))

    def height(value: float) -> float:
        return _y((value + top) / 2, top)

    body = []
    for quarter in (-1.0, -0.5, 0.0, 0.5, 1.0):
        y = height(top * quarter)
        body.append(f'<line class="{"grid" if quarter else "axis"}" x1="{_LEFT:.0f}" x2="{WIDTH - _RIGHT:.0f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        body.append(_text(_LEFT - 6, y + 3.5, show(top * quarter), "end"))
    for i, (label, row) in enumerate(zip(labels, rows, strict=True)):
        x = _LEFT + slot * (i + 0.5)
        if row is not None:
            value, low, high = row
            spoken = escape(f"{label}: {show(value)} ({show(low)} – {show(high)})")
            body.append(f'<path class="line thin" d="M{x:.1f} {height(low):.1f} V{height(high):.1f}"/>')
            body.append(f'<circle class="point" cx="{x:.1f}" cy="{height(value):.1f}" r="4"><title>{spoken}</title></circle>')
        if i % every == 0:
            body.append(_text(x, _TICK_Y, label, "middle"))
    body.append(_text(WIDTH - _RIGHT, _TITLE_Y, x_title, "end"))
    told = [f"{label}: {show(row[0])}" for label, row in zip(labels, rows, strict=True) if row is not None]
    return _drawing(title, "; ".join(told), body)


def picture(name: str, png: bytes) -> Markup:
    """Return a PNG as an image that lies in the page itself."""
    return Markup('<img class="plot" alt="{}" src="data:image/png;base64,{}">').format(name, base64.b64encode(png).decode())


def _x(share: float) -> float:
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _y(value: float, top: float) -> float:
    return HEIGHT - _BOTTOM - max(value, 0.0) / top * (HEIGHT - _TOP - _BOTTOM)


def _path(points: Points, top: float) -> str:
    return " ".join(f"{'M' if i == 0 else 'L'}{_x(x):.1f} {_y(y, top):.1f}" for i, (x, y) in enumerate(points))


def _text(x: float, y: float, text: str, anchor: str, *, kind: str = "tick") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>' if text else ""


def _diagonal() -> str:
    return f'<path class="diagonal" d="M{_x(0):.1f} {_y(0, 1.0):.1f} L{_x(1):.1f} {_y(1, 1.0):.1f}"/>'


def _share_ticks(show: Show) -> list[str]:
    return [_text(_x(share), _TICK_Y, show(share), "end" if share == 1.0 else "middle") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]


def _grid(top: float, show: Show) -> str:
    lines = []
    for quarter in range(5):
        y = _y(top * quarter / 4, top)
        ends = f'x1="{_LEFT:.0f}" x2="{WIDTH - _RIGHT:.0f}" y1="{y:.1f}" y2="{y:.1f}"'
        lines.append(f'<line class="{"grid" if quarter else "axis"}" {ends}/>')
        lines.append(_text(_LEFT - 6, y + 3.5, show(top * quarter / 4), "end"))
    return "".join(lines)


def _drawing(title: str, described: str, body: Sequence[str]) -> Markup:
    drawn = "".join(body)
    # By content, so that the same report is the same bytes.
    name = f"d{hashlib.blake2b(f'{title}{described}{drawn}'.encode(), digest_size=5).hexdigest()}"
    return Markup(  # noqa: S704  every text in it was escaped where it was put in
        f'<svg role="img" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(described)}</desc>{drawn}</svg>'
    )
