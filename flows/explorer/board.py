"""What a storyboard shows, as values: one card a screen, the screen in every language, and where each key leads."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

from flows.captions import Captions, captions
from flows.dialogue.consent import notice_pages
from flows.explorer import Report, Settings, explore, walks_of
from flows.explorer.measures import Stop, seconds_for
from flows.explorer.paths import likeliest
from flows.explorer.places import Spot, spot_of
from flows.explorer.states import END, FORWARD, Edge, State, Walked
from flows.program import (
    AnyNode,
    AskNode,
    ConfirmNode,
    EndNode,
    EnterNode,
    LeaveNode,
    MenuNode,
    Program,
    SayNode,
    SubmitNode,
)
from flows.revision import Revision
from flows.text.measure import Budget, segments, units

NOTICE: Final = -1
ENOUGH: Final = 4
"""Keys named on a line of a branch; more are "others"."""


@dataclass(frozen=True, slots=True)
class Face:
    """A screen in one language: its pages with (text, units, room), and the words of a refusal."""

    language: str
    pages: tuple[tuple[str, int, int], ...]
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """Where some inputs lead: to the card of this number, or out ("" where it is said in words)."""

    by: str
    to: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One screen. `node` is its step in the row, `spot` in its file, `kind` its verb, `when` its condition."""

    number: int
    node: int
    spot: Spot
    kind: str
    titles: tuple[str, ...]
    step: str
    when: str
    why: str
    faces: tuple[Face, ...]
    branches: tuple[Branch, ...]
    seconds: int
    sends: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """The whole storyboard of a revision.

    Attributes:
        words: captions of the page's reader.
        languages: (tag, how it calls itself). edges: (step, step) -> what stands on the line. main: the lines of the
            way that most people take. messages: (name, ((language, text, segments), ...)).
    """

    words: Captions
    revision: Revision
    report: Report
    languages: tuple[tuple[str, str], ...]
    cards: tuple[Card, ...]
    edges: Mapping[tuple[int, int], str]
    main: frozenset[tuple[int, int]]
    messages: tuple[tuple[str, tuple[tuple[str, str, int], ...]], ...]


def board_of(revision: Revision, settings: Settings, language: str = "en") -> Board:
    """Walk the flow at likely answers, and put every screen on a card; `language` is the reader's."""
    tags = settings.languages or revision.flow.languages
    walks = {
        walk.language: walk
        for walk in walks_of(revision, settings, likely=True, profiles=False)
        if walk.world.channel == "ussd"
    }
    return _Maker(revision, settings, tuple(tags), walks, captions(language)).board()


class _Maker:
    """Makes the cards of one board."""

    def __init__(
        self,
        revision: Revision,
        settings: Settings,
        tags: tuple[str, ...],
        walks: Mapping[str, Walked],
        words: Captions,
    ) -> None:
        self.words = words
        self.revision = revision
        self.settings = settings
        self.tags = tags
        self.walks = walks
        self.first = walks[tags[0]]
        self.program: Program = self.first.program

    def board(self) -> Board:
        cards = [*self._notice(), *(self._card(node) for node in self.nodes)]
        phrases = self.settings.phrases
        return Board(
            self.words,
            self.revision,
            explore(self.revision, self.settings),
            tuple((tag, phrases.names.get(tag, tag)) for tag in self.tags),
            tuple(cards),
            self.lines,
            self._main(),
            tuple(self._messages()),
        )

    @cached_property
    def nodes(self) -> list[int]:
        """The steps that have a screen, in the order of the file."""
        found = {node for walk in self.walks.values() for state in walk.states if state.plain for node in (state.node,)}
        found |= {
            edge.node for walk in self.walks.values() for state in walk.states for edge in state.edges if edge.shown
        }
        found |= {node for walk in self.walks.values() for state in walk.states for node in state.says}
        return sorted(node for node in found if node >= 0)

    @cached_property
    def number(self) -> dict[int, int]:
        """Step -> number of its card; the notice is 1 where there is one."""
        first = 2 if self.revision.flow.notice is not None else 1
        return {node: first + at for at, node in enumerate(self.nodes)} | {NOTICE: 1}

    @cached_property
    def lines(self) -> dict[tuple[int, int], str]:
        """The lines of the map, each with what stands on it."""
        return dict(self._edges())

    def _notice(self) -> Iterator[Card]:
        if self.revision.flow.notice is None:
            return
        faces = tuple(
            Face(
                tag,
                _measured(
                    notice_pages(self.revision, tag, self.settings.phrases, self.settings.ussd), self.settings.ussd
                ),
            )
            for tag in self.tags
        )
        branches = (Branch("1", self.number[self.nodes[0]]), Branch("2", 0, self.words("branch.stops")))
        first = tuple(text for text, _, _ in faces[0].pages)
        titles = tuple(self.revision.flow.title.say(tag) for tag in self.tags)
        outside = Spot(self.revision.flow.id, NOTICE)
        yield Card(
            1,
            NOTICE,
            outside,
            "notice",
            titles,
            "notice",
            "",
            "",
            faces,
            branches,
            round(seconds_for(Stop(0, first, "1"))),
        )

    def _card(self, node: int) -> Card:
        one = self.program.nodes[node]
        faces = tuple(self._face(node, self.walks[tag]) for tag in self.tags)
        typed = next((edge.typed for state in self._states(self.first, node) for edge in state.edges), "1")
        pages = tuple(text for text, _, _ in faces[0].pages)
        ended = isinstance(one, EndNode)
        spot = spot_of(self.program, node)
        flow = self.revision.flow if spot.flow == self.revision.flow.id else self.revision.parts[spot.flow]
        return Card(
            number=self.number[node],
            node=node,
            spot=spot,
            kind=_KINDS[type(one)],
            titles=tuple(_title(one, tag) for tag in self.tags),
            step=flow.step_name(spot.index),
            when=one.when.source if one.when is not None else "",
            why=one.field.why if isinstance(one, AskNode) else "",
            faces=faces,
            branches=() if ended else tuple(self._branches(node)),
            seconds=round(seconds_for(Stop(node, pages, "" if ended else typed))),
            sends=any(edge.submitted is not None for state in self._states(self.first, node) for edge in state.edges),
        )

    @staticmethod
    def _states(walk: Walked, node: int) -> list[State]:
        return [state for state in walk.states if state.plain and state.node == node]

    def _face(self, node: int, walk: Walked) -> Face:
        edges = [edge for state in walk.states for edge in state.edges if edge.weight]
        usual = {edge.to for edge in edges} | {0}
        states = [one for one in self._states(walk, node) if one.index in usual]
        states = states or [one for one in walk.states if node in one.says]
        # Of an end that was told twice, as to somebody who sends the same again, the first is the ordinary one.
        ended = next((edge.shown for edge in edges if edge.node == node and edge.shown), ())
        pages = ended or (states[0].shown.pages if states else ())
        return Face(walk.language, _measured(pages, walk.world.budget), self._refusal(node, walk))

    @staticmethod
    def _refusal(node: int, walk: Walked) -> str:
        """The first line of a refusal; not of the one for too many letters, which few people meet."""
        refused = [one for one in walk.seen.values() if one.node == node and one.reason not in _MILD and not one.page]
        refused.sort(key=lambda one: one.reason == "too_long")
        return refused[0].text.split("\n")[0] if refused else ""

    def _branches(self, node: int) -> Iterator[Branch]:
        """Where a screen leads, as the lines of the map have it; the way that most take first."""
        leaving = [(end, label) for (start, end), label in self.lines.items() if start == node]
        main = [end for start, end in self._main() if start == node]
        for end, label in sorted(leaving, key=lambda one: (one[0] not in main, self.number[one[0]])):
            yield Branch(label, self.number[end])

    def _ahead(self) -> list[State]:
        """The states of somebody on her way, after refusals too; a change from the check page is no way of its own."""
        return [state for state in self.first.states if state.run.change is None]

    def _target(self, edge: Edge) -> int | None:
        if edge.to >= 0:
            return self.first.states[edge.to].node
        return edge.node if edge.to == END and edge.node in self.number else None

    def _by(self, node: int, edge: Edge) -> str:
        """How an input is called on a branch: its key, or what became of it."""
        one = self.program.nodes[node]
        if edge.kind == "none" and isinstance(one, AskNode):
            key = "branch.not_found" if one.field.type == "ref" else "branch.no_fit"
            return self.words(key, tries=one.step.tries)
        if edge.kind == "skip":
            return self.words("branch.none", key=edge.typed)
        if edge.kind == "same":
            return self.words("branch.same")
        if isinstance(one, MenuNode) or (isinstance(one, AskNode) and one.field.type in ("choice", "yesno")):
            return edge.typed
        return "" if isinstance(one, ConfirmNode | SayNode) else self._shown(one, edge)

    @staticmethod
    def _shown(one: AnyNode, edge: Edge) -> str:
        if isinstance(one, AskNode) and one.field.type in ("int", "decimal", "date", "time"):
            text = edge.typed
            return f"{text[:2]}/{text[2:4]}/{text[4:]}" if one.field.type == "date" else text
        return ""

    def _condition(self, target: int) -> str:
        when = self.program.nodes[target].when
        return self.words("branch.if", condition=when.source) if when is not None else self.words("branch.otherwise")

    def _main(self) -> frozenset[tuple[int, int]]:
        way = [stop.node for stop in likeliest(self.first).stops]
        return frozenset(pairwise([NOTICE, *way] if self.revision.flow.notice is not None else way))

    def _edges(self) -> Iterator[tuple[tuple[int, int], str]]:
        """(step, step) -> the keys, for the map; the notice leads to the first step."""
        if self.revision.flow.notice is not None:
            yield (NOTICE, self.nodes[0]), ""
        found: dict[int, dict[int, dict[str, None]]] = {}
        for state in self._ahead():
            for edge in state.edges:
                target = self._target(edge)
                if edge.kind in _ONWARD and edge.weight and target is not None and target != state.node:
                    names = found.setdefault(state.node, {}).setdefault(target, {})
                    names |= dict.fromkeys(by for by in [self._by(state.node, edge)] if by)
        for start, targets in found.items():
            for end in targets:
                yield (start, end), "" if len(targets) == 1 else self._label(end, targets)

    def _label(self, end: int, targets: Mapping[int, Mapping[str, None]]) -> str:
        """The keys where they alone decide; the one way left is "otherwise"; else the condition of what it leads to."""
        keys = {target: _keys(target, targets) for target in targets}
        if keys[end]:
            return ", ".join(keys[end])
        alone = sum(not one for one in keys.values()) == 1
        return self.words("branch.otherwise") if alone else self._condition(end)

    def _messages(self) -> Iterator[tuple[str, tuple[tuple[str, str, int], ...]]]:
        """(name, ((language, text, segments), ...)) of the messages that go out on the way."""
        sent: dict[str, dict[str, str]] = {}
        for tag, walk in self.walks.items():
            for state in walk.states:
                for edge in state.edges:
                    for text in edge.sent:
                        sent.setdefault(text.kind, {}).setdefault(tag, text.text)
        for name, texts in sent.items():
            yield name, tuple((tag, text, segments(text)) for tag, text in texts.items())


def _keys(end: int, targets: Mapping[int, Mapping[str, None]]) -> list[str]:
    """The inputs that lead only there; none when one of them may lead elsewhere too, or they are too many to name."""
    others = {name for target, own in targets.items() if target != end for name in own}
    own = list(targets[end])
    return own if len(own) <= ENOUGH and not others.intersection(own) else []


_ONWARD: Final = FORWARD | {"none"}
_MILD: Final = frozenset({"", "help", "empty"})
_KINDS: Final[Mapping[type[Any], str]] = {
    AskNode: "ask",
    SayNode: "say",
    MenuNode: "menu",
    ConfirmNode: "check",
    EndNode: "end",
    SubmitNode: "send",
    EnterNode: "part",
    LeaveNode: "part",
}


def _measured(pages: Sequence[str], budget: Budget) -> tuple[tuple[str, int, int], ...]:
    return tuple((page, units(page), budget.limit(page)) for page in pages)


def _title(one: AnyNode, language: str) -> str:
    """What a card is about: the field's label, else the first sentence of its text."""
    if isinstance(one, AskNode):
        return one.field.label.say(language)
    words = getattr(one, "text", None)
    if words is None:
        return ""
    text = "".join("…" if at % 2 else part for at, part in enumerate(words.of(language, "ussd").parts))
    return next((part.strip() for part in _SENTENCE.split(text) if part.strip()), "")


_SENTENCE: Final = re.compile(r"(?<=[.?!])\s+|\n")
