"""Which step of one flow is which of another: by name where they have one, by what they ask, then by their words."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from flows.steps import Ask, Confirm, End, Menu, Run, Say, Step, Submit

ALIKE: Final = 0.6
"""From this share of common letters on, two texts are taken as one that was written anew."""


def matched(old: Sequence[Step], new: Sequence[Step]) -> dict[int, int]:
    """Old place -> new place of every step that both have."""
    pairs: dict[int, int] = {}
    for key in (_id, _what, _words):
        _by(key, old, new, pairs)
    _by_likeness(old, new, pairs)
    return pairs


def moved(pairs: dict[int, int]) -> frozenset[int]:
    """The new places of the steps that changed their order: the fewest that explain it."""
    ordered = sorted((there, here) for here, there in pairs.items())
    kept = _longest_rising([here for _, here in ordered])
    return frozenset(there for there, here in ordered if here not in kept)


def _by(key: Callable[[Step], Hashable], old: Sequence[Step], new: Sequence[Step], pairs: dict[int, int]) -> None:
    """Pair what has the same key, the first with the first."""
    waiting: dict[Hashable, list[int]] = {}
    taken = set(pairs.values())
    for there, step in enumerate(new):
        if there not in taken and key(step) is not None:
            waiting.setdefault((type(step), key(step)), []).append(there)
    for here, step in enumerate(old):
        if here not in pairs and waiting.get((type(step), key(step))):
            pairs[here] = waiting[type(step), key(step)].pop(0)


def _id(step: Step) -> Hashable:
    return step.id


def _what(step: Step) -> Hashable:
    match step:
        case Ask():
            return step.ask
        case Run():
            return step.run
        case Submit():
            return step.submit
        case Confirm():
            return "confirm"
        case Say() | Menu() | End():
            return None


def _words(step: Step) -> Hashable:
    return words_of(step) or None


def words_of(step: Step) -> str:
    """The first language's words of a text that stands alone; "" for the other verbs."""
    match step:
        case Say():
            text = step.say
        case Menu():
            text = step.menu
        case End():
            text = step.end
        case _:
            return ""
    return text.say(text.languages[0])


def _by_likeness(old: Sequence[Step], new: Sequence[Step], pairs: dict[int, int]) -> None:
    """Pair the rest of each verb: the most alike first."""
    found = sorted(_likenesses(old, new, pairs), reverse=True)
    taken = set(pairs.values())
    for _, here, there in found:
        if here not in pairs and there not in taken:
            pairs[here] = there
            taken.add(there)


def _likenesses(old: Sequence[Step], new: Sequence[Step], pairs: dict[int, int]) -> Iterator[tuple[float, int, int]]:
    taken = set(pairs.values())
    for here, one in enumerate(old):
        for there, other in enumerate(new):
            if here in pairs or there in taken or type(one) is not type(other) or not words_of(one):
                continue
            share = SequenceMatcher(None, words_of(one), words_of(other), autojunk=False).ratio()
            if share >= ALIKE:
                yield share, here, there


def _longest_rising(row: Sequence[int]) -> frozenset[int]:
    """The members of one longest rising selection of a row of different numbers."""
    ends: list[int] = []
    places: list[int] = []
    before: list[int] = []
    for at, value in enumerate(row):
        length = bisect_left(ends, value)
        ends[length : length + 1] = [value]
        places[length : length + 1] = [at]
        before.append(places[length - 1] if length else -1)
    kept, at = set(), places[-1] if places else -1
    while at >= 0:
        kept.add(row[at])
        at = before[at]
    return frozenset(kept)
