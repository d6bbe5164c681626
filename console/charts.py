"""Charts as SVG: columns by week and bars by name; told apart by pattern as well as by colour, with a title to read.

No script, no style of their own: the sheet `reports.css` colours them by class. Beside each stands its table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 360
"""Units of a picture's width: a narrow telephone's, so that letters stay readable there and grow on a wide screen."""

HEIGHT: Final = 150
ROW: Final = 34
_TOP, _BOTTOM, _GAP = 10, 22, 6
_DIGIT: Final = 6.4
"""Units that a digit takes at the most."""

MOST_BARS: Final = 40
"""Bars of one picture; the table beside it has all of them."""


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers of one kind, in the order of the names; `kind` is `a` (full) or `b` (hatched)."""

    name: str
    kind: str
    values: Sequence[int]


def columns(ident: str, title: str, names: Sequence[str], series: Sequence[Series]) -> str:
    """One column a name, the series on top of each other; the first, the middle and the last name are written below."""
    count = len(names)
    highest = nice(max((sum(one.values[at] for one in series) for at in range(count)), default=0))
    edge = len(str(highest)) * _DIGIT + _GAP
    step = (WIDTH - edge - 4) / max(1, count)
    width = min(28.0, step * 0.8)
    parts = [_grid(highest, edge)]
    for at in range(count):
        left, floor = edge + step * at + (step - width) / 2, float(HEIGHT - _BOTTOM)
        for one in series:
            tall = _scaled(one.values[at], highest)
            floor -= tall
            if tall:
                parts.append(f'<rect class="s{one.kind}"{_fill(ident, one.kind)} {_box(left, floor, width, tall)}/>')
    for at in sorted({0, count // 2, count - 1} if count else set()):
        middle = edge + step * (at + 0.5)
        anchor = "end" if at == count - 1 and count > 1 else "middle"
        place = WIDTH - 2 if anchor == "end" else middle
        parts.append(f'<text x="{place:.1f}" y="{HEIGHT - 7}" text-anchor="{anchor}">{escape(names[at])}</text>')
    return _svg(ident, title, HEIGHT, "".join(parts), hatched=any(one.kind == "b" for one in series))


def bars(ident: str, title: str, names: Sequence[str], series: Sequence[Series]) -> str:
    """One bar a name, the series one after the other, each with its number."""
    names = names[:MOST_BARS]
    highest = max((sum(one.values[at] for one in series) for at in range(len(names))), default=0) or 1
    numbers = [_said([one.values[at] for one in series]) for at in range(len(names))]
    room = WIDTH - max((len(one) for one in numbers), default=0) * _DIGIT - _GAP
    parts = []
    for at, name in enumerate(names):
        top, left = at * ROW, 0.0
        parts.append(f'<text x="0" y="{top + 12}">{escape(name)}</text>')
        for one in series:
            wide = one.values[at] * room / highest
            if wide:
                box = _box(left, top + 17, wide, 11)
                parts.append(f'<rect class="s{one.kind}"{_fill(ident, one.kind)} {box}/>')
            left += wide
        parts.append(f'<text x="{left + 5:.1f}" y="{top + 27}">{numbers[at]}</text>')
    hatched = any(one.kind == "b" for one in series)
    return _svg(ident, title, max(ROW, len(names) * ROW), "".join(parts), hatched=hatched)


def _said(values: Sequence[int]) -> str:
    """The first number, and what comes on top of it."""
    return " + ".join(str(value) for at, value in enumerate(values) if value or not at)


def nice(highest: int) -> int:
    """The number at the top of an axis: the next one that reads well, at least 5."""
    size = 5
    while size < highest:
        # 5, 10, 20, 50, 100, ...
        size = size * 5 // 2 if str(size).startswith("2") else size * 2
    return size


def _grid(highest: int, edge: float) -> str:
    parts = []
    for share in (0.0, 0.5, 1.0):
        at = HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)
        parts.append(f'<path class="line" d="M{edge:.1f} {at:.1f}H{WIDTH}"/>')
        parts.append(f'<text x="{edge - 4:.1f}" y="{at + 4:.1f}" text-anchor="end">{round(highest * share)}</text>')
    return "".join(parts)


def _scaled(value: int, highest: int) -> float:
    return value * (HEIGHT - _TOP - _BOTTOM) / highest


def _box(left: float, top: float, width: float, height: float) -> str:
    return f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'


def _fill(ident: str, kind: str) -> str:
    return f' fill="url(#{ident}-b)"' if kind == "b" else ""


def _svg(ident: str, title: str, height: int, inner: str, *, hatched: bool) -> str:
    pattern = (
        f'<defs><pattern id="{ident}-b" width="6" height="6" patternUnits="userSpaceOnUse">'
        '<path class="hatch" d="M0 6L6 0"/></pattern></defs>'
        if hatched
        else ""
    )
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{ident}-t">'
        f'<title id="{ident}-t">{escape(title)}</title>{pattern}{inner}</svg>'
    )
