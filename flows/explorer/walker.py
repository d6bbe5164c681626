"""Walks every reachable way through a flow with the real engine, by classes of answers; what agrees ahead is one state.

The walk is complete for the classes that `samples` makes, and for no more: it says what it had no input for, and how
many states it left when its bound was reached.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace as dataclass_replace
from typing import Any, Final

from msgspec.structs import replace

from flows import engine
from flows.explorer.relevance import Relevance
from flows.explorer.samples import LIKELY, Sample, samples
from flows.explorer.states import END, FAILED, PARKED, Edge, Kind, Seen, State, Walked
from flows.inputs import numbers
from flows.program import AskNode, ConfirmNode, EndNode, MenuNode, Node, SubmitNode, forget, program
from flows.revision import Revision
from flows.screens import HELP, PICK, Shown, changeable, frame, same_value, zero_counts
from flows.session import Run, Step, World
from flows.turn import Known, Need, Note, Submit, Text
from flows.walk import Walk

MOST_STATES: Final = 4000
EARLIER: Final = "917263540"
"""The reference that a repeated sending is told."""
_SEALS = itertools.count()


def sealed(revision: Revision) -> Revision:
    """The revision under a name of its own, so that nobody looks on where a live session runs."""
    name = hashlib.sha256(f"{revision.digest} explored {next(_SEALS)}".encode()).hexdigest()
    return dataclass_replace(revision, digest=f"sha256:{name}")


def walk_flow(
    revision: Revision, language: str, world: World, *, likely: bool = False, most: int = MOST_STATES
) -> Walked:
    """Walk one language on the world's channel.

    Args:
        revision: the flow with its parts.
        language: of its texts.
        world: channel, budget, tables, day, profile.
        likely: keep of each state the likeliest answers that lead there, else those that take the most room.
        most: the bound: states that are gone on from.
    """
    own = sealed(revision)
    try:
        return _Walker(own, language, world, likely=likely, most=most).walked()
    finally:
        forget(own)


class _Walker:
    """The walk under way; the program's watch."""

    def __init__(self, revision: Revision, language: str, world: World, *, likely: bool, most: int) -> None:
        self.revision = revision
        self.program = program(revision)
        self.program.watch = self
        self.likely = likely
        self.most = most
        self.relevance = Relevance(self.program)
        self.read = {(reader.part, name) for reader in self.relevance.readers for name in reader.leaves}
        self.out = Walked(self.program, language, world, profile=bool(world.profile))
        self.checks = {node.key for node in self.program.nodes if isinstance(node, ConfirmNode)}
        self.known: dict[Any, int] = {}
        self.spots: set[Any] = set()
        self.marks: dict[int, tuple[Any, ...]] = {}
        self.samples: dict[Any, tuple[Sample, ...]] = {}
        self.last: tuple[Walk, Run, Shown] | None = None

    def held(self, node: Node, *, value: bool) -> None:
        """See the `Watch` of a program."""
        self.out.held.setdefault(node.index, set()).add(value)

    def shown(self, walk: Walk, run: Run, shown: Shown) -> None:
        """See the `Watch` of a program: keep every page, and where the walk stands."""
        self.last = (walk, run, shown)
        out = self.out
        says = tuple(say.node.index for say in walk.says[: shown.says])
        out.visited.update(walk.passed, says)
        if not shown.alone:
            out.visited.add(walk.at.index)
            self._placeholders(walk)
        reason = run.refusal[0] if run.refusal else ""
        end = isinstance(walk.at, EndNode) and not shown.alone
        node = says[0] if shown.alone and says else walk.at.index
        for page, text in enumerate(shown.pages):
            if (node, text) not in out.seen:
                out.seen[node, text] = Seen(node, says, page, len(shown.pages), text, reason, end)

    def _placeholders(self, walk: Walk) -> None:
        """Names that the texts on the screen put in although nothing was answered: they show nothing."""
        node = walk.at
        text = getattr(node, "text", None)
        placed = [(node, text, walk.scope)] if text is not None else []
        for one, words, scope in (*placed, *((say.node, say.node.text, say.scope) for say in walk.says)):
            names = words.of(self.out.language, self.out.world.channel).names
            for name in names:
                if name in one.part.fields and name not in scope:
                    self.out.blank[one.index, name] = None

    def walked(self) -> Walked:
        out = self.out

        def opening(world: World) -> Step | Need:
            return engine.open(self.revision, out.language, world)

        self._land(opening, None, Sample("", "answer"), "read")
        at = 0
        while at < len(out.states) and at < self.most:
            self._expand(out.states[at])
            at += 1
        out.left = len(out.states) - at
        out.unanswered -= out.answered
        return out

    def _expand(self, state: State) -> None:
        run = state.run
        walk = Walk(self.program, run, self.out.world)
        for kind, sample in self._inputs(state, walk):

            def pressing(world: World, text: str = sample.text) -> Step | Need:
                return engine.press(self.revision, run, text, world)

            self._land(pressing, state, sample, kind)

    def _land(self, turn: Callable[[World], Step | Need], state: State | None, sample: Sample, kind: Kind) -> None:
        """Make one turn, in each way that the store may answer what it asks for."""
        worlds = [self.out.world]
        while worlds:
            world = worlds.pop(0)
            self.out.presses += 1
            self.last = None
            step = turn(world)
            if isinstance(step, Need):
                known = (None, Known(EARLIER, same_number=True))
                worlds += [replace(world, known={**world.known, step: answer}) for answer in known]
                continue
            edge = self._edge(step, state, sample, kind, again=any(world.known.values()))
            if state is not None:
                state.edges.append(edge)

    def _edge(self, step: Step, state: State | None, sample: Sample, kind: Kind, *, again: bool) -> Edge:
        sent = tuple(effect for effect in step.effects if isinstance(effect, Text))
        submit = next((effect for effect in step.effects if isinstance(effect, Submit)), None)
        if step.refused and kind in ("answer", "option", "same"):
            kind = "bad"
        elif (
            kind == "bad"
            and not step.refused
            and step.left in ("", "ended")
            and state is not None
            and state.run.change is None
        ):
            kind = "none"
        common: dict[str, Any] = {
            "kind": kind,
            "typed": sample.text,
            "weight": 0 if again else sample.weight,
            "sent": sent,
            "submitted": tuple(submit.answers) if submit is not None else None,
            "checked": submit is not None and state is not None and self._checked(state),
            "reason": sample.reason,
        }
        fault = next((effect.text for effect in step.effects if isinstance(effect, Note)), None)
        if fault is not None:
            self.out.failed.append((state.index if state else 0, sample.text, fault))
            return Edge(to=FAILED, **common)
        if step.left == "parked":
            return Edge(to=PARKED, shown=(step.screen.text,), **common)
        if step.left == "ended":
            at = self.last[0].at.index if self.last else -1
            shown = self.last[2].pages if self.last and not step.told else ()
            return Edge(to=END, shown=shown, node=at, **common)
        if step.left or self.last is None:
            return Edge(to=state.index if state else END, **common)
        return Edge(to=self._state(state, sample, kind, self.last), **common)

    def _checked(self, state: State) -> bool:
        """Whether a check page stood before a sending."""
        if isinstance(self.program.nodes[state.node], ConfirmNode):
            return True
        return self._passed_check(state.run)

    def _passed_check(self, run: Run) -> bool:
        return any(key in self.checks for key, _ in run.log)

    def _state(self, came: State | None, sample: Sample, kind: Kind, at: tuple[Walk, Run, Shown]) -> int:
        walk, run, shown = at
        key = self._key(walk, run, shown)
        if key in self.known:
            return self.known[key]
        if kind in ("back", "help") and came is not None:
            # What `0` leads to was reached by answers before, or differs from it in nothing that matters.
            return came.index
        states = self.out.states
        index = self.known[key] = len(states)
        plain = not (run.tries or run.change or run.pending)
        says = tuple(say.node.index for say in walk.says[: shown.says])
        node = says[0] if shown.alone and says else walk.at.index
        previous = (came.index, sample.text) if came is not None else None
        states.append(State(index, node, run, shown, says, came=previous, plain=plain))
        return index

    def _key(self, walk: Walk, run: Run, shown: Shown) -> Any:
        turns = run.page if shown.alone or isinstance(walk.at, EndNode) else 0
        pending = (run.pending[0], len(run.pending)) if run.pending else None
        changed = run.log[run.change[0]][0] if run.change else None
        unread = tuple(say.node.index for say in walk.says)
        sent = (bool(walk.reference), walk.again, self._passed_check(run))
        return (walk.at.index, turns, run.tries, pending, changed, unread, sent, self.relevance.of(walk))

    def _inputs(self, state: State, walk: Walk) -> Iterator[tuple[Kind, Sample]]:
        """What to type at a state: everything the first time a screen is met, later only what leads on."""
        run, node = state.run, walk.at
        spot = (node.index, run.tries, run.pending and run.pending[0], bool(run.change), state.shown.alone)
        first = spot not in self.spots
        decisive = (*spot, self.relevance.of(walk)[0])
        turn = decisive not in self.spots
        self.spots |= {spot, decisive}
        if state.shown.alone or isinstance(node, EndNode | SubmitNode):
            yield "read", Sample("1", "answer", weight=LIKELY)
        elif isinstance(node, AskNode):
            yield from self._asked(node, walk, run, first=first)
        elif isinstance(node, MenuNode):
            yield from (
                ("option", Sample(key, "option", weight=max(1, LIKELY >> at))) for at, key in enumerate(node.options)
            )
        elif isinstance(node, ConfirmNode):
            yield from (one for one in _check(node, walk, run) if turn or one[0] != "change")
        if not first:
            return
        if not isinstance(node, AskNode) and not state.shown.alone and not isinstance(node, EndNode):
            yield "bad", Sample("77", "bad", "key")
        if len(state.shown.pages) > 1 and not state.shown.alone:
            yield "help", Sample("9", "answer")
        if not (isinstance(node, AskNode) and zero_counts(node, run)):
            yield "back", Sample("0", "answer")

    def _asked(self, node: AskNode, walk: Walk, run: Run, *, first: bool) -> Iterator[tuple[Kind, Sample]]:
        if run.pending is not None:
            keys = numbers(len(run.pending) - 1) if run.pending[0] == PICK else ("1", "2")
            yield from (("pick", Sample(key, "answer", weight=LIKELY if key == "1" else 1)) for key in keys)
            return
        chosen = [one for one in self._samples(node, walk, run) if first or one.kind != "sure"]
        bad = [one for one in chosen if one.kind == "bad"]
        if run.tries:
            yield from (("bad", one) for one in bad[:1])
            return
        good = self._ordered(one for one in chosen if one.kind != "bad")
        (self.out.answered if good else self.out.unanswered).add(node.index)
        decides = (node.part, node.step.ask) in self.read or node.part is not self.program.main
        yield from (("answer", one) for one in (good if first or decides else good[:2]))
        if node.field.optional:
            yield "skip", Sample(node.step.skip or engine.NO_ANSWER, "answer", weight=2)
        if same_value(node, frame(walk, run, self.out.world), self.out.world, run) is not None:
            yield "same", Sample(engine.SAME, "answer", weight=LIKELY)
        if first:
            yield from (("bad", one) for one in bad)
            yield "bad", Sample("", "bad", "empty")
            if node.help is not None:
                yield "help", Sample(engine.ASK_HELP, "bad", HELP)
        elif bad and node.none is not None:
            yield "bad", bad[0]

    def _ordered(self, found: Iterator[Sample]) -> list[Sample]:
        if self.likely:
            return sorted(found, key=lambda one: -one.weight)
        return sorted(found, key=lambda one: -one.room)

    def _samples(self, node: AskNode, walk: Walk, run: Run) -> tuple[Sample, ...]:
        around = frame(walk, run, self.out.world)
        within = around.scope.get(getattr(node.field, "within", ""), None)
        key = (node.index, within)
        if key not in self.samples:
            marks = self.relevance.marks(node)
            found = samples(node.field, around, marks)
            skip = node.step.skip if node.field.optional else None
            self.samples[key] = tuple(
                one for one in found if one.text not in (skip, "0", "00", "9") or _is_zero(one, node)
            )
        return self.samples[key]


def _is_zero(sample: Sample, node: AskNode) -> bool:
    """`9` is an answer wherever it turns no page, and `0` where the field has it."""
    return sample.text != node.step.skip and (sample.text == "9" or (sample.text == "0" and node.zero))


def _check(node: ConfirmNode, walk: Walk, run: Run) -> Iterator[tuple[Kind, Sample]]:
    if run.pending is not None:
        keys = numbers(len(changeable(node, walk)))
        yield from (("change", Sample(key, "answer", weight=0)) for key in keys)
        return
    yield "send", Sample("1", "answer", weight=LIKELY)
    yield "change", Sample("2", "answer", weight=0)
