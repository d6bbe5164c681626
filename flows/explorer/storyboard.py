"""The storyboard of a flow: one self-contained page without a script, for a table with villagers around it.

Every screen is drawn as it stands on a phone, in all languages side by side, with room to write on; printed from a
browser it is the PDF. No font is carried: the reader's own Lao font is used.
"""

from importlib.resources import files
from typing import Any, Final

from flows.explorer import Settings
from flows.explorer.board import Board, Card, board_of
from flows.explorer.drawing import name_of, outline, svg
from flows.explorer.plain import clock
from flows.explorer.report import Branch
from flows.explorer.telling import Verdict
from flows.findings import Finding
from flows.revision import Revision
from flows.templates import template

HEADS: Final = ("language", "channel", "pages", "keys", "minutes", "dialling", "sms", "price", "longest")
"""Columns of what it takes."""


def storyboard(revision: Revision, settings: Settings, language: str = "en") -> str:
    """The page as HTML; `language` is that of who leads the workshop, for what we say around the screens."""
    return drawn(board_of(revision, settings, language))


def drawn(board: Board) -> str:
    """The page of a board."""
    flow = board.revision.flow
    rows = [_row(board, branch) for branch in board.report.branches if not branch.profile]
    heads = [head for head in HEADS if head != "price" or rows[0]["price"]]
    values: dict[str, Any] = {
        "board": board,
        "flow": flow,
        "style": _style("map") + _style("storyboard"),
        "titles": [(tag, flow.title.say(tag)) for tag, _ in board.languages],
        "c": board.words,
        "rows": rows,
        "heads": heads,
        "session": clock(board.report.session),
        "map": svg(board),
        "outline": outline(board),
        "name_of": lambda card: name_of(board, card),
        "names": dict(board.languages),
        "digest": board.revision.digest.removeprefix("sha256:")[:12],
        "problems": [_problem(board, finding) for finding in board.report.findings],
    }
    return template("flows.explorer", "storyboard.html").render(values)


def _row(board: Board, branch: Branch) -> dict[str, Any]:
    usual, longest = branch.likeliest.cost, branch.longest.cost
    return {
        "language": dict(board.languages).get(branch.language, branch.language),
        "channel": branch.channel.upper(),
        "pages": usual.pages,
        "keys": usual.keys,
        "time": clock(usual.seconds),
        "sessions": -(-usual.seconds // board.report.session) if branch.channel == "ussd" else 0,
        "sms": usual.parts,
        "price": " · ".join(f"{amount} {currency} ({name})" for name, amount, currency in usual.price),
        "longest": clock(longest.seconds),
    }


def map_of(revision: Revision, settings: Settings, language: str = "en") -> str:
    """The map alone, as an SVG file that any program shows as the page does; "" with too many screens for one."""
    drawing = svg(board_of(revision, settings, language))
    return drawing.replace(">", f"><style>{_style('map')}</style>", 1)


def _style(name: str) -> str:
    return files(__package__).joinpath(f"templates/{name}.css").read_text("utf-8")


def _problem(board: Board, finding: Finding) -> dict[str, Any]:
    """A finding in the reader's language, at the screen that it is about, else at its line."""
    screen = next((card.number for card in board.cards if _about(board, card, finding)), 0)
    where = board.words("problem.screen", number=screen) if screen else board.words("problem.line", line=finding.line)
    sentence = finding.told.in_words(board.words) if isinstance(finding, Verdict) else finding.sentence
    return {"screen": screen, "where": where, "language": finding.language, "sentence": sentence}


def _about(board: Board, card: Card, finding: Finding) -> bool:
    flow = board.revision.flow if card.spot.flow == board.revision.flow.id else board.revision.parts[card.spot.flow]
    return card.step == finding.step and flow.file == finding.file
