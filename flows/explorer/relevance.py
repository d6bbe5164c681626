"""What of the answers so far still decides something ahead: two sessions that agree in it are one state.

An answer counts by its value only until every condition that looks at it is settled; then only by the truth of those
conditions, and no more once none of them lies ahead.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from flows.errors import ExpressionFault
from flows.explorer.samples import turning
from flows.expressions import Expression
from flows.fields import RefField
from flows.program import AnyNode, AskNode, ConfirmNode, EndNode, EnterNode, LeaveNode, MenuNode, Part, Program
from flows.walk import Scope, Walk, evaluate, leaves

OPEN: Final = "?"
"""Stands for a condition that the answers so far do not settle."""


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """An expression at a step, over the names of a part.

    Attributes:
        leaves: the answers it rests on, also through computed names. marks: literals in it and in those names.
    """

    node: int
    part: Part
    expression: Expression
    leaves: frozenset[str]
    marks: tuple[Any, ...]


class Relevance:
    """The readers of one program, and which of them lie ahead of each step."""

    def __init__(self, program: Program) -> None:
        """Collect them."""
        self.program = program
        self.readers = tuple(_readers(program))
        self.successors = tuple(tuple(_successors(node)) for node in program.nodes)

    @cached_property
    def ahead(self) -> tuple[frozenset[int], ...]:
        """Step -> the steps that may still come, itself among them only when a ring leads back to it."""
        return tuple(_reach(start, self.successors) for start in range(len(self.successors)))

    @cached_property
    def _live(self) -> tuple[tuple[tuple[Reader, bool], ...], ...]:
        """Step -> the readers ahead, each with whether none of its names is asked again."""
        found = []
        for index in range(len(self.successors)):
            ahead = self.ahead[index] | {index}
            again = {(node.part, node.step.ask) for node in self._asks if node.index in ahead}
            live = (reader for reader in self.readers if reader.node in ahead)
            found.append(tuple((one, not any((one.part, name) in again for name in one.leaves)) for one in live))
        return tuple(found)

    @cached_property
    def _asks(self) -> tuple[AskNode, ...]:
        return tuple(node for node in self.program.nodes if isinstance(node, AskNode))

    @cached_property
    def within(self) -> Mapping[Part, tuple[tuple[int, str], ...]]:
        """Part -> (step, name) of what rows are looked for within."""
        found: dict[Part, list[tuple[int, str]]] = {}
        for node in self._asks:
            if isinstance(node.field, RefField) and node.field.within in node.part.fields:
                found.setdefault(node.part, []).append((node.index, node.field.within))
        return {part: tuple(names) for part, names in found.items()}

    @cached_property
    def handed(self) -> tuple[tuple[int, Part, str], ...]:
        """(step, part, name): what a part hands out to where an expression looks at it."""
        read = {(reader.part, name) for reader in self.readers for name in reader.leaves}
        return tuple(
            (node.index, node.part, its)
            for node in self.program.nodes
            if isinstance(node, LeaveNode) and node.part.outer is not None
            for ours, its in node.part.outputs.items()
            if (node.part.outer, ours) in read
        )

    @cached_property
    def _placed(self) -> tuple[tuple[tuple[Part, str], ...], ...]:
        """Step -> (part, name) of the answers that a text or a check page ahead puts in: whether they are there."""
        found = []
        for index in range(len(self.successors)):
            ahead = sorted(self.ahead[index] | {index})
            found.append(tuple(dict.fromkeys(one for at in ahead for one in _shown(self.program.nodes[at]))))
        return tuple(found)

    def of(self, walk: Walk) -> tuple[tuple[Any, ...], tuple[bool, ...]]:
        """What decides ahead of where this walk stands; and which answers are there that something ahead shows."""
        index = walk.at.index
        scopes = {scope.part: scope for scope in (*walk.scopes, walk.scope)}
        found: list[Any] = []
        for reader, settled in self._live[index]:
            scope = scopes.get(reader.part)
            if scope is not None:
                found.append(_truth(reader, scope, settled=settled))
        ahead = self.ahead[index] | {index}
        for part, names in self.within.items():
            if (scope := scopes.get(part)) is not None:
                found += [scope.get(name) for step, name in names if step in ahead]
        for step, part, name in self.handed:
            if step in ahead and (scope := scopes.get(part)) is not None:
                found.append(_value(name, scope))
        placed = tuple(name in scopes[part] for part, name in self._placed[index] if part in scopes)
        return tuple(found), placed

    def marks(self, node: AskNode) -> tuple[Any, ...]:
        """The values at which a condition over this answer may turn, also one over what a part hands in or out."""
        found: dict[Any, None] = {}
        for part, name in self._named(node.part, node.step.ask):
            for reader in self.readers:
                if reader.part is part and name in reader.leaves:
                    found |= dict.fromkeys(reader.marks)
        return tuple(found)

    def _named(self, part: Part, name: str) -> set[tuple[Part, str]]:
        """Under which names of which parts an answer is known."""
        found: set[tuple[Part, str]] = set()
        todo = [(part, name)]
        while todo:
            one = todo.pop()
            if one in found:
                continue
            found.add(one)
            for node in self.program.nodes:
                if isinstance(node, EnterNode) and node.part is one[0]:
                    todo += [(node.inner, its) for its, given in node.inputs.items() if one[1] in given.names]
                elif isinstance(node, LeaveNode) and node.part is one[0] and node.part.outer is not None:
                    todo += [(node.part.outer, ours) for ours, its in node.part.outputs.items() if its == one[1]]
        return found


def _readers(program: Program) -> Iterator[Reader]:
    for node in program.nodes:
        if node.when is not None:
            yield _reader(node.index, node.part, node.when)
        if isinstance(node, EnterNode):
            for expression in node.inputs.values():
                yield _reader(node.index, node.part, expression)
    if program.flow.anonymous is not None:
        yield _reader(len(program.nodes) - 1, program.main, program.flow.anonymous)


def _shown(node: AnyNode) -> Iterator[tuple[Part, str]]:
    if isinstance(node, ConfirmNode):
        names: Iterable[str] = node.step.confirm
    else:
        words = [getattr(node, name, None) for name in ("text", "help", "error")]
        names = (name for one in words if one is not None for cut in one.table.values() for name in cut.names)
    yield from ((node.part, name) for name in names if name in node.part.fields)


def _reader(index: int, part: Part, expression: Expression) -> Reader:
    computed = part.flow.computed
    names: set[str] = set()
    marks = dict.fromkeys(turning(expression))
    todo = list(expression.names)
    while todo:
        name = todo.pop()
        if name not in names:
            names.add(name)
            if name in computed:
                todo += computed[name].names
                marks |= dict.fromkeys(turning(computed[name]))
    return Reader(index, part, expression, frozenset(names - computed.keys()), tuple(marks))


def _truth(reader: Reader, scope: Scope, *, settled: bool) -> Any:
    """The expression's value when nothing can change it any more, else the values that it will look at."""
    if settled and all(name in scope for name in reader.leaves):
        try:
            return evaluate(reader.expression, scope)
        except ExpressionFault:
            return OPEN
    return tuple(scope.get(name, OPEN) for name in sorted(reader.leaves))


def _value(name: str, scope: Scope) -> Any:
    wanted = leaves(name, scope)
    if all(leaf in scope for leaf in wanted):
        try:
            return scope.get(name)
        except ExpressionFault:
            return OPEN
    return tuple(scope.get(leaf, OPEN) for leaf in sorted(wanted))


def _successors(node: AnyNode) -> Iterator[int]:
    if node.when is not None:
        yield node.skip
    if isinstance(node, EndNode):
        return
    if isinstance(node, MenuNode):
        yield from (to for _, to in node.options.values())
        return
    yield node.next
    if isinstance(node, AskNode) and node.none is not None:
        yield node.none


def _reach(start: int, successors: tuple[tuple[int, ...], ...]) -> frozenset[int]:
    found: set[int] = set()
    todo = list(successors[start])
    while todo:
        index = todo.pop()
        if index < len(successors) and index not in found:
            found.add(index)
            todo += successors[index]
    return frozenset(found)
