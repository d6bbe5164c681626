"""The map of a flow as SVG: its screens in layers, keys on the lines, ways back as marks on the boxes."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Final

from flows.explorer.board import NOTICE, Board, Branch, Card
from flows.explorer.layout import HEIGHT, WIDTH, Box, Layout, lay_out
from flows.text.lao import graphemes

MARGIN: Final = 10
ROUND: Final = 8
LONGEST_TITLE: Final = 24
LONGEST_LABEL: Final = 18


def svg(board: Board, layout: Layout | None = None) -> str:
    """The map; "" when there are too many screens for one."""
    cards = {card.node: card for card in board.cards}
    placed = layout or lay_out(list(cards), list(board.edges), board.main)
    if placed is None:
        return ""
    width, height = placed.width + 2 * MARGIN, placed.height + 2 * MARGIN
    size = f'viewBox="{-MARGIN} {-MARGIN} {width:.0f} {height:.0f}" style="max-width:{width:.0f}px"'
    told = f'role="img" aria-label="{escape(board.words("storyboard.map_told"))}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" {size} {told}>',
        *_lines(board, placed),
        *(_box(board, cards[box.node], box, _leads_back(placed, box.node, cards)) for box in placed.boxes.values()),
        *_labels(board, placed),
        "</svg>",
    ]
    return "\n".join(parts)


def outline(board: Board) -> list[tuple[int, str, str]]:
    """The same as a list: number, title, where it leads."""
    return [
        (card.number, name_of(board, card), "; ".join(_lead(board, branch) for branch in card.branches))
        for card in board.cards
    ]


def _lead(board: Board, branch: Branch) -> str:
    target = branch.words or board.words("branch.to", number=branch.to)
    return f"{branch.by}: {target}" if branch.by else target


def name_of(board: Board, card: Card) -> str:
    """What a card is called: in the first language, else by its kind."""
    return card.titles[0] or board.words(f"kind.{card.kind}")


def _leads_back(placed: Layout, node: int, cards: Mapping[int, Card]) -> tuple[int, ...]:
    return tuple(sorted(cards[end].number for start, end in placed.back if start == node and end in cards))


def _box(board: Board, card: Card, box: Box, back: tuple[int, ...]) -> str:
    x, y = box.x, box.y
    own = name_of(board, card)
    other = card.titles[-1] if card.titles[-1] != own else ""
    name = escape(shortened(own, LONGEST_TITLE - min(len(other) + 2, 12) if other else LONGEST_TITLE))
    name += (
        f'<tspan class="other" dx="7">{escape(shortened(other, LONGEST_TITLE - graphemes(name) - 1))}</tspan>'
        if other
        else ""
    )
    ends = card.kind == "end"
    classes = f"box {card.kind}" + (" sends" if card.sends else "")
    parts = [
        f'<a href="#card-{card.number}"><g class="{classes}">',
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{WIDTH}" height="{HEIGHT}" rx="{HEIGHT / 2 if ends else ROUND}"/>',
        f'<circle cx="{x + 20:.1f}" cy="{y + HEIGHT / 2:.1f}" r="12"/>',
        f'<text class="number" x="{x + 20:.1f}" y="{y + HEIGHT / 2 + 4:.1f}">{card.number}</text>',
        f'<text class="name" x="{x + 40:.1f}" y="{y + HEIGHT / 2 + 4.5:.1f}">{name}</text>',
    ]
    if back:
        words = escape(board.words("branch.back", numbers=", ".join(map(str, back))))
        parts.append(f'<text class="back" x="{x + WIDTH - 6:.1f}" y="{y - 4:.1f}">{words}</text>')
    return "".join(parts) + "</g></a>"


def _lines(board: Board, placed: Layout) -> Iterator[str]:
    for edge, points in placed.lines.items():
        classes = "line" if board.edges.get(edge, "") == "" or edge[0] == NOTICE else "line branch"
        yield f'<path class="{classes}" d="{_path(points)}"/>'
        x, y = points[-1]
        yield f'<path class="head" d="M{x - 4:.1f} {y - 7:.1f}L{x:.1f} {y:.1f}L{x + 4:.1f} {y - 7:.1f}z"/>'


def _path(points: tuple[tuple[float, float], ...]) -> str:
    """Straight down through a layer, a soft bend between two."""
    x, y = points[0]
    path = f"M{x:.1f} {y:.1f}"
    for to_x, to_y in points[1:]:
        if abs(to_x - x) < 1:
            path += f"L{to_x:.1f} {to_y:.1f}"
        else:
            middle = (y + to_y) / 2
            path += f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"
        x, y = to_x, to_y
    return path


def _labels(board: Board, placed: Layout) -> Iterator[str]:
    """Beside the first bend of a line, or its middle: there lines from one box have parted."""
    for edge, points in placed.lines.items():
        words = board.edges.get(edge, "")
        if not words:
            continue
        (x, y), (to_x, to_y) = points[0], points[1]
        at_x, at_y = x + (to_x - x) * 0.62, y + (to_y - y) * 0.56
        text = escape(shortened(words, LONGEST_LABEL))
        width = 6.3 * graphemes(shortened(words, LONGEST_LABEL)) + 8
        left, top = at_x - width / 2, at_y - 9
        yield f'<rect class="tag" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="15" rx="7"/>'
        yield f'<text class="label" x="{at_x:.1f}" y="{at_y + 2.5:.1f}">{text}</text>'


def shortened(text: str, most: int) -> str:
    """Cut at a reader's letter, never between a letter and its mark."""
    if graphemes(text) <= most:
        return text
    cut = text
    while cut and graphemes(cut + "x") > most:
        cut = cut[:-1]
    while cut and graphemes(text[: len(cut) + 1]) == graphemes(cut):
        cut = cut[:-1]
    return cut.rstrip() + "…"
