"""The screens of two revisions side by side: those that differ, those that are new, those that are gone."""

from collections.abc import Iterator
from dataclasses import dataclass

from flows.difference.matching import matched
from flows.explorer import Settings
from flows.explorer.board import Board, Card, Face, board_of
from flows.explorer.places import Spot
from flows.revision import Revision


@dataclass(frozen=True, slots=True)
class Pair:
    """One screen before and now, in the languages in which it differs; `old` or `new` is None where there is none."""

    old: Card | None
    new: Card | None
    faces: tuple[tuple[str, Face | None, Face | None], ...]


def screens(old: Revision, new: Revision, settings: Settings) -> tuple[Pair, ...]:
    """Every screen that differs, in the new order; what is gone comes last. Walks both revisions."""
    before, after = board_of(old, settings), board_of(new, settings)
    return tuple(_pairs(before, after, _spots(old, new)))


def _spots(old: Revision, new: Revision) -> dict[Spot, Spot]:
    """New place -> old place of every step that both have."""
    found: dict[Spot, Spot] = {}
    flows = [(old.flow, new.flow)]
    flows += [(old.parts[name], new.parts[name]) for name in new.parts if name in old.parts]
    for was, now in flows:
        pairs = matched(was.steps, now.steps) | {-1: -1}
        found |= {Spot(now.id, there): Spot(was.id, here) for here, there in pairs.items()}
    return found


def _pairs(before: Board, after: Board, spots: dict[Spot, Spot]) -> Iterator[Pair]:
    left = {card.spot: card for card in before.cards}
    for card in after.cards:
        was = left.pop(spots[card.spot], None) if card.spot in spots else None
        faces = _faces(was, card)
        if faces:
            yield Pair(was, card, faces)
    for card in left.values():
        yield Pair(card, None, _faces(card, None))


def _faces(old: Card | None, new: Card | None) -> tuple[tuple[str, Face | None, Face | None], ...]:
    was = {face.language: face for face in old.faces} if old is not None else {}
    now = {face.language: face for face in new.faces} if new is not None else {}
    return tuple(
        (tag, was.get(tag), now.get(tag)) for tag in dict.fromkeys((*now, *was)) if was.get(tag) != now.get(tag)
    )
