"""The ways through a flow: which step may follow which, and what is answered at each on every way to it."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from flows.kinds import Condition, Implied, conjuncts, settled
from flows.model import Flow
from flows.steps import Ask, End, Menu, Run, Submit

OUT: Final = -1
"""Where a part goes on when its steps run out; for a service, a dead end."""


@dataclass(frozen=True, slots=True)
class Edge:
    """From one step to what may follow.

    Attributes:
        ran: whether the step was carried out (not skipped by its `when`). answered: the name that it answered.
    """

    start: int
    to: int
    ran: bool = True
    answered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What holds at a step on every way to it.

    Attributes:
        answered: names that were answered, perhaps with nothing. present: names that have a value.
        implied: (condition, name): whenever the condition holds, the name was answered.
        needed: likewise for having a value.
    """

    answered: frozenset[str]
    present: frozenset[str]
    implied: Implied = frozenset()
    needed: Implied = frozenset()

    def meet(self, other: "State") -> "State":
        """What holds on both ways."""
        return State(
            self.answered & other.answered,
            self.present & other.present,
            self.implied & other.implied,
            self.needed & other.needed,
        )

    def under(self, when: ast.expr | None) -> "State":
        """What holds in a step that is carried out because of this condition."""
        return self if when is None else self._given(conjuncts(when), settled(when, True))

    def outside(self, when: ast.expr | None) -> "State":
        """What holds where a step was skipped because of this condition."""
        return self if when is None else self._given(conjuncts(when, False), settled(when, False))

    def _given(self, condition: Condition, sure: frozenset[str]) -> "State":
        answered = sure | {name for held, name in self.implied if held <= condition}
        present = sure | {name for held, name in self.needed if held <= condition}
        return State(self.answered | answered, self.present | present, self.implied, self.needed)


class Ways:
    """The steps of one flow as a graph. A goto to a step that is not there counts as no way at all."""

    def __init__(
        self,
        flow: Flow,
        parts: Mapping[str, Flow],
        inside: frozenset[str] = frozenset(),
        given: Mapping[str, bool] | None = None,
    ) -> None:
        """Draw the graph.

        Args:
            flow: the flow whose steps are drawn.
            parts: the flows that may be run.
            inside: the flows that are being drawn around it.
            given: yes/no inputs that are the same on every way.
        """
        self.flow = flow
        self.parts = parts
        self.inside = inside
        self.given = given or {}
        self.ids = flow.step_ids
        self.edges = tuple(edge for index in range(len(flow.steps)) for edge in self._edges(index))

    def _edges(self, index: int) -> Iterator[Edge]:
        step = self.flow.steps[index]
        after = index + 1 if index + 1 < len(self.flow.steps) else OUT
        goto = self.ids.get(step.goto) if step.goto is not None else after
        fixed = _fixed(step.when.tree, self.given) if step.when is not None else True
        if not fixed:
            yield Edge(index, after, ran=False)
        if isinstance(step, End) or fixed is False:
            return
        if isinstance(step, Menu):
            targets = {self.ids.get(option.goto) for option in step.options.values()}
            yield from (Edge(index, to) for to in sorted(to for to in targets if to is not None))
            return
        if goto is not None:
            yield Edge(index, goto, answered=self._answers(index))
        if isinstance(step, Ask) and step.none is not None and (none := self.ids.get(step.none)) is not None:
            yield Edge(index, none)

    def _answers(self, index: int) -> tuple[str, ...]:
        step = self.flow.steps[index]
        match step:
            case Ask():
                return (step.ask,)
            case Submit():
                return ("ref",)
            case Run():
                part = self.parts.get(step.run)
                left = part_exit(part, self.parts, self.inside, _given(step)) if part is not None else None
                sure = left.answered if left is not None else frozenset()
                return tuple(ours for ours, its in step.outputs.items() if its in sure or _computed(part, its))
            case _:
                return ()

    @cached_property
    def successors(self) -> Mapping[int, tuple[int, ...]]:
        """Step -> what may follow; OUT among them where the steps run out."""
        found: dict[int, list[int]] = {index: [] for index in range(len(self.flow.steps))}
        for edge in self.edges:
            found[edge.start].append(edge.to)
        return {index: tuple(dict.fromkeys(to)) for index, to in found.items()}

    @cached_property
    def reachable(self) -> frozenset[int]:
        """The steps that some way leads to."""
        return reach({0}, self.successors) - {OUT}

    @cached_property
    def finishing(self) -> frozenset[int]:
        """The steps from which some way leads to an end, or out of a part."""
        back: dict[int, list[int]] = {OUT: []}
        for edge in self.edges:
            back.setdefault(edge.to, []).append(edge.start)
        ends = {index for index, step in enumerate(self.flow.steps) if isinstance(step, End)}
        return reach(ends | {OUT}, {to: tuple(starts) for to, starts in back.items()})

    @cached_property
    def states(self) -> Mapping[int, State]:
        """What holds before each reachable step (and at OUT), on every way to it."""
        given = frozenset(inputs_of(self.flow))
        begin = State(given, given - self._optional)
        states: dict[int, State] = {0: begin}
        queue = [0]
        while queue:
            index = queue.pop()
            for edge in (edge for edge in self.edges if edge.start == index):
                after = self._after(states[index], edge)
                known = states.get(edge.to)
                merged = after if known is None else known.meet(after)
                if merged != known:
                    states[edge.to] = merged
                    if edge.to != OUT and edge.to not in queue:
                        queue.append(edge.to)
        return states

    @cached_property
    def _optional(self) -> frozenset[str]:
        return frozenset(name for name, field in self.flow.fields.items() if field.optional)

    def _after(self, before: State, edge: Edge) -> State:
        """What holds behind the edge: what held before, what its `when` tells, what it answered."""
        when = self.flow.steps[edge.start].when
        tree = when.tree if when is not None else None
        inside = before.under(tree) if edge.ran else before.outside(tree)
        new = frozenset(edge.answered)
        empty = self._optional & new
        moved = self._with_computed(new)
        # Many pairs share a condition: each is looked at once, and where all stay, nothing is put together anew.
        gone = {held for held in {held for held, _ in inside.implied | inside.needed} if _looks_at(held, moved)}
        implied, needed = inside.implied, inside.needed
        if gone or empty:
            implied = frozenset(pair for pair in implied if pair[0] not in gone)
            needed = frozenset(pair for pair in needed if pair[1] not in empty and pair[0] not in gone)
        answered, present = inside.answered | new, (inside.present | new) - empty
        if tree is not None and not moved & _names(tree):
            held, other = conjuncts(tree, edge.ran), conjuncts(tree, not edge.ran)
            vacuous = {(other, name) for name in self.flow.fields}
            implied |= vacuous | {(held, name) for name in answered}
            needed |= vacuous | {(held, name) for name in present}
        return State(answered, present, implied, needed)

    def _with_computed(self, names: frozenset[str]) -> frozenset[str]:
        """These names and every computed one that looks at them."""
        while True:
            more = names | {name for name, one in self.flow.computed.items() if one.names & names}
            if more == names:
                return names
            names = more


@lru_cache(maxsize=4096)
def _names_of(source: str) -> frozenset[str]:
    return _names(ast.parse(source, mode="eval").body)


def _names(node: ast.expr) -> frozenset[str]:
    return frozenset(one.id for one in ast.walk(node) if isinstance(one, ast.Name))


def _looks_at(condition: Condition, names: frozenset[str]) -> bool:
    return any(_names_of(part) & names for part in condition)


def reach(starts: Iterable[int], successors: Mapping[int, tuple[int, ...]]) -> frozenset[int]:
    """Everything that can be reached, the starts among it."""
    found: set[int] = set()
    queue = list(starts)
    while queue:
        index = queue.pop()
        if index not in found:
            found.add(index)
            queue += successors.get(index, ())
    return frozenset(found)


def asked(flow: Flow) -> frozenset[str]:
    """The fields that some step of the flow answers."""
    names = {step.ask for step in flow.steps if isinstance(step, Ask)}
    return frozenset(names.union(*(step.outputs for step in flow.steps if isinstance(step, Run))))


def inputs_of(flow: Flow) -> tuple[str, ...]:
    """The fields of a part that its caller gives: those that it never asks. A service has none."""
    if not flow.is_part:
        return ()
    own = asked(flow)
    return tuple(name for name in flow.fields if name not in own)


def _computed(part: Flow | None, name: str) -> bool:
    return part is not None and name in part.computed


def part_exit(
    part: Flow, parts: Mapping[str, Flow], inside: frozenset[str] = frozenset(), given: Mapping[str, bool] | None = None
) -> State | None:
    """What holds when a part is done, on every way through it; None when it never ends, or runs itself."""
    return None if part.id in inside else Ways(part, parts, inside | {part.id}, given).states.get(OUT)


def _given(step: Run) -> dict[str, bool]:
    """The inputs that are written as True or False."""
    trees = {name: one.tree for name, one in step.inputs.items()}
    return {
        n: tree.value for n, tree in trees.items() if isinstance(tree, ast.Constant) and isinstance(tree.value, bool)
    }


def _fixed(node: ast.expr, given: Mapping[str, bool]) -> bool | None:
    """What a condition always comes to; None when that depends on answers."""
    match node:
        case ast.Name(id=name):
            return given.get(name)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            fixed = _fixed(inner, given)
            return None if fixed is None else not fixed
    return None
