"""The map as inline SVG without a style of its own: every card is a real link, what it says is in its name too."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from console.map.graph import Graph
from console.map.layout import HEIGHT, WIDTH, Placed, Point
from flows.explorer.drawing import shortened
from flows.text.lao import graphemes

MARGIN: Final = 12
TITLE: Final = 27
NAME: Final = 20
LINE: Final = 30
"""Letters of a card's first line: its name, and beside it what it hangs on and where it goes back to."""
CHIP: Final = 16
_BAR: Final = WIDTH - 28
_GONE: Final = 84
"""Of the bar's width: what people who left are told in."""
MANY: Final = 0.15
"""Share of those who came to a step: with more people leaving there the step itself is the likely reason."""


@dataclass(frozen=True, slots=True)
class Gone:
    """People who left at a step and did not come back in time, of those who came there; both more than none."""

    reached: int
    dropped: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return min(1.0, self.dropped / max(1, self.reached))

    @property
    def many(self) -> bool:
        """Whether it is worth asking what is wrong with the step."""
        return self.share >= MANY

    def __str__(self) -> str:
        """`-12 / 80`, as it stands on a card."""
        return f"\N{MINUS SIGN}{self.dropped} / {self.reached}"


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands on a card, in the reader's language.

    Attributes:
        kind: its verb, which colours it. share: of its room, 1.0 is full. errors, warnings: how many.
        chip: a condition or a part that it runs. gone: who left here; None where nothing is known.
        says: all of it in words, for those who do not see it.
    """

    name: str
    kind: str
    title: str
    href: str
    share: float = 0.0
    errors: int = 0
    warnings: int = 0
    chip: str = ""
    gone: Gone | None = None
    says: str = ""
    current: bool = False
    on_phone: bool = False


def svg(
    graph: Graph, placed: Placed, marks: Mapping[int, Mark], label: Callable[[tuple[str, ...]], str], told: str
) -> Markup:
    """The picture.

    Args:
        graph: what leads where.
        placed: where it stands.
        marks: of every step.
        label: words for a line's labels.
        told: the picture's name.
    """
    width, height = placed.width + 2 * MARGIN, placed.height + 2 * MARGIN
    chosen = next((node for node, mark in marks.items() if mark.current), -1)
    lit = [edge for edge in placed.lines if chosen in edge]
    plain = [edge for edge in placed.lines if chosen not in edge]
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="{-MARGIN} {-MARGIN} {width:.0f} {height:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" {size} role="group" aria-label="{escape(told)}">',
        *(_line(placed.lines[edge], lit=False) for edge in plain),
        *(_line(placed.lines[edge], lit=True) for edge in lit),
        *(_card(placed.corners[node], marks[node], _chips(graph, node, marks, label)) for node in graph.nodes),
        *(text for edge in placed.lines for text in _label(placed.lines[edge], label(graph.forward[edge]))),
        "</svg>",
    ]
    return Markup("\n".join(parts))  # noqa: S704 - every word in it went through escape


def _line(points: tuple[Point, ...], *, lit: bool) -> str:
    path = "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in points)
    x, y = points[-1]
    head = f"M{x - 4:.0f} {y - 7:.0f}L{x:.0f} {y:.0f}L{x + 4:.0f} {y - 7:.0f}z"
    return (
        f'<path class="line{" lit" if lit else ""}" d="{path}"/><path class="head{" lit" if lit else ""}" d="{head}"/>'
    )


def _label(points: tuple[Point, ...], words: str) -> Iterator[str]:
    """Beside the line where it leaves its card: there lines of one card have parted."""
    if words:
        x, y = points[0]
        shown = escape(shortened(words, CHIP))
        yield f'<text class="key" x="{x + 5:.0f}" y="{y + 15:.0f}">{shown}</text>'


def _chips(graph: Graph, node: int, marks: Mapping[int, Mark], label: Callable[[tuple[str, ...]], str]) -> str:
    return " ".join(f"{label(labels)} ↩ {marks[end].name}".strip() for labels, end in graph.back.get(node, ()))


def _card(corner: Point, mark: Mark, back: str) -> str:
    x, y = corner
    classes = f"card {mark.kind}" + (" now" if mark.current else "") + (" ringing" if mark.on_phone else "")
    current = ' aria-current="true"' if mark.current else ""
    says = escape(mark.says or f"{mark.name}: {mark.title}")
    full = " full" if mark.share > 1 else ""
    name = shortened(mark.name, NAME)
    parts = [
        f'<a href="{escape(mark.href)}" aria-label="{says}"{current}><g class="{classes}">',
        f'<rect class="body" x="{x:.0f}" y="{y:.0f}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>',
        f'<path class="edge" d="M{x + 6:.0f} {y:.0f}h-1a5 5 0 0 0-5 5v{HEIGHT - 10}a5 5 0 0 0 5 5h1z"/>',
        f'<text class="id" x="{x + 16:.0f}" y="{y + 20:.0f}">{escape(name)}</text>',
        f'<text class="title" x="{x + 16:.0f}" y="{y + 42:.0f}">{escape(shortened(mark.title, TITLE))}</text>',
    ]
    bar = _BAR - (_GONE if mark.gone is not None else 0)
    if mark.share > 0:
        at = f'x="{x + 16:.0f}" y="{y + HEIGHT - 14:.0f}" height="4" rx="2"'
        part = min(mark.share, 1.0) * bar
        parts.append(f'<rect class="room" {at} width="{bar}"/><rect class="used{full}" {at} width="{part:.0f}"/>')
    if mark.gone is not None:
        parts += _gone(mark.gone, x + WIDTH - 10, y + HEIGHT - 8)
    note = " · ".join(one for one in (mark.chip, back) if one)
    if note:
        beside = x + WIDTH - (30 if mark.errors or mark.warnings else 10)
        room = LINE - graphemes(name) - (3 if mark.errors or mark.warnings else 0)
        parts.append(f'<text class="note" x="{beside:.0f}" y="{y + 20:.0f}">{escape(shortened(note, room))}</text>')
    if mark.errors or mark.warnings:
        bad = "bad" if mark.errors else "doubt"
        at = f'cx="{x + WIDTH - 16:.0f}" cy="{y + 16:.0f}"'
        parts.append(f'<circle class="{bad}" {at} r="9"/>')
        parts.append(f'<text class="badge" x="{x + WIDTH - 16:.0f}" y="{y + 20:.0f}">!</text>')
    return "".join(parts) + "</g></a>"


def _gone(gone: Gone, x: float, y: float) -> Iterator[str]:
    """How many left, in the lower right corner; where it is many, on a ground that is seen from afar."""
    width = 8 + 7 * len(str(gone))
    if gone.many:
        yield f'<rect class="lost" x="{x - width + 4:.0f}" y="{y - 13:.0f}" width="{width}" height="17" rx="8"/>'
    yield f'<text class="gone{" many" if gone.many else ""}" x="{x:.0f}" y="{y:.0f}">{escape(str(gone))}</text>'
