"""Ways through a walked flow: where it stops, where it goes round, the longest and the likeliest way to an end."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from flows.explorer.measures import Stop, seconds_for
from flows.explorer.replay import replay
from flows.explorer.states import END, FAILED, FORWARD, PARKED, Edge, State, Walked
from flows.revision import Revision

_ASIDE: Final = frozenset({"back", "help"})
LONGEST_WAY: Final = 400
"""Screens after which a likeliest way counts as going round."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way from the beginning to an end: its screens, and the messages that go out on it."""

    stops: tuple[Stop, ...]
    sent: tuple[str, ...]
    ended: bool


def dead_ends(walked: Walked) -> Iterator[State]:
    """Ordinary screens at which nothing that can be typed leads on, however often it is tried."""
    for state in _expanded(walked):
        if state.plain and not any(edge.kind in FORWARD and edge.to != state.index for edge in state.edges):
            tried = _reach([state.index], lambda index: _asides(walked, index))
            edges = (edge for index in tried if index >= 0 for edge in walked.states[index].edges)
            left = (edge.to for edge in edges if edge.kind not in _ASIDE)
            if not any(to == END or (to >= 0 and walked.states[to].plain and to != state.index) for to in left):
                yield state


def _asides(walked: Walked, index: int) -> Iterator[int]:
    """What follows a state without leaving its screen: refusals, and what is asked back."""
    for edge in walked.states[index].edges if index >= 0 else ():
        if edge.to >= 0 and not walked.states[edge.to].plain:
            yield edge.to


def circling(walked: Walked) -> Iterator[State]:
    """Screens from which no way leads to an end, nor to anything else that is reported."""
    back: dict[int, list[int]] = {}
    for state in walked.states:
        for edge in state.edges:
            if edge.kind not in _ASIDE and edge.to != PARKED:
                back.setdefault(edge.to, []).append(state.index)
    goals = {target for target in back if target < 0}
    goals |= {state.index for state in dead_ends(walked)}
    goals |= {state.index for state in walked.states[len(walked.states) - walked.left :]}
    leaving = _reach(goals, lambda index: back.get(index, ()))
    yield from (state for state in _expanded(walked) if state.plain and state.index not in leaving)


def _reach(starts: Iterable[int], nexts: Callable[[int], Iterable[int]]) -> set[int]:
    found: set[int] = set()
    todo = list(starts)
    while todo:
        index = todo.pop()
        if index not in found:
            found.add(index)
            todo += nexts(index)
    return found


def _expanded(walked: Walked) -> list[State]:
    return walked.states[: len(walked.states) - walked.left]


def route(walked: Walked, state: State) -> tuple[str, ...]:
    """What is typed from the beginning to get to a state; the opening itself is not among it."""
    typed: list[str] = []
    while state.came is not None:
        index, text = state.came
        if walked.states[index].index != state.index:
            typed.append(text)
        state = walked.states[index]
    return tuple(reversed(typed))


def likeliest(walked: Walked) -> Way:
    """At each screen the way that most people take, of those who get to send their request.

    Of a list's options each further one is taken by half as many; at a question that is typed, the usual answer. The
    screens are those of the walk: with a walk at longest values, `replayed` gives the usual ones.
    """
    return _way(likely_edges(walked))


def likely_edges(walked: Walked) -> list[tuple[State, Edge]]:
    """The same as the states it goes through and the edges it takes."""
    taken: list[tuple[State, Edge]] = []
    able = sending(walked)
    index, seen = 0, set[int]()
    while index >= 0 and index not in seen and len(taken) < LONGEST_WAY and walked.states:
        seen.add(index)
        state = walked.states[index]
        onward = [edge for edge in _onward(state) if edge.to not in seen]
        edge = _likeliest([one for one in onward if one.to in able or one.submitted is not None] or onward)
        if edge is None:
            break
        taken.append((state, edge))
        index = edge.to
    return taken


def replayed(revision: Revision, walked: Walked) -> Way:
    """The likeliest way walked once more, with the usual answers: two sessions that agree ahead show other values."""
    typed = [edge.typed for _, edge in likely_edges(walked)]
    screens = replay(revision, walked.language, walked.world, typed)
    stops = [Stop(node, pages, text) for (node, pages, _), text in zip(screens, [*typed, ""], strict=False)]
    sent = [text.text for _, _, texts in screens for text in texts]
    ended = bool(screens) and len(screens) == len(typed) + 1
    return Way(tuple(stop for stop in stops if stop.pages), tuple(sent), ended)


def sending(walked: Walked) -> set[int]:
    """The states from which a request can still be sent."""
    back: dict[int, list[int]] = {}
    goals: set[int] = set()
    for state in walked.states:
        for edge in _onward(state):
            back.setdefault(edge.to, []).append(state.index)
            if edge.submitted is not None:
                goals.add(state.index)
    return _reach(goals, lambda index: back.get(index, ()))


def _likeliest(onward: list[Edge]) -> Edge | None:
    """The edge of the target with the largest share; among its inputs the most usual one."""
    shares: dict[int, int] = {}
    for edge in onward:
        shares[edge.to] = shares.get(edge.to, 0) + edge.weight
    if not shares:
        return None
    target = max(shares, key=lambda one: shares[one])
    return max((edge for edge in onward if edge.to == target), key=lambda edge: edge.weight)


def _onward(state: State) -> list[Edge]:
    """What brings a citizen on at once; a repeated sending, of weight 0, is no way that people take."""
    return [one for one in state.edges if one.kind in FORWARD and one.weight and one.to not in (state.index, FAILED)]


def longest(walked: Walked) -> Way:
    """The way that takes most seconds, every answer fitting at once, nothing changed, no ring gone round."""
    best: dict[int, tuple[float, Edge | None]] = {}
    for state in _from_the_end(walked):
        own: tuple[float, Edge | None] = (0.0, None)
        for edge in _onward(state):
            if edge.to in best:
                rest = best[edge.to][0]
            elif edge.to == END:
                rest = seconds_for(Stop(edge.node, edge.shown, ""))
            else:
                continue
            own = max(own, (seconds_for(_stop(state, edge)) + rest, edge), key=lambda one: one[0])
        if own[1] is not None:
            best[state.index] = own
    taken: list[tuple[State, Edge]] = []
    index = 0
    while index in best and (following := best[index][1]) is not None:
        taken.append((walked.states[index], following))
        index = following.to
    return _way(taken)


def _from_the_end(walked: Walked) -> Iterator[State]:
    """The states in an order in which what follows comes first; an edge back into a ring is found without its best."""
    done: set[int] = set()
    for start in walked.states[:1]:
        stack: list[tuple[State, Iterator[Edge]]] = [(start, iter(_onward(start)))]
        done.add(start.index)
        while stack:
            state, edges = stack[-1]
            edge = next((one for one in edges if one.to >= 0 and one.to not in done), None)
            if edge is None:
                stack.pop()
                yield state
            else:
                done.add(edge.to)
                following = walked.states[edge.to]
                stack.append((following, iter(_onward(following))))


def _stop(state: State, edge: Edge) -> Stop:
    # A text that stands alone turns its pages by being read: each page is a state of its own.
    page = state.run.page if state.shown.alone else None
    pages = state.shown.pages if page is None else state.shown.pages[page : page + 1]
    return Stop(state.node, pages, edge.typed)


def _way(taken: list[tuple[State, Edge]]) -> Way:
    stops = [_stop(state, edge) for state, edge in taken]
    sent = [text.text for _, edge in taken for text in edge.sent]
    ended = bool(taken) and taken[-1][1].to == END
    if ended and (last := taken[-1][1]).shown:
        stops.append(Stop(last.node, last.shown, ""))
    return Way(tuple(stops), tuple(sent), ended)
