"""A revision made ready to run: its steps and those of its parts in one row, its texts cut at their placeholders.

Compiled once a revision and kept; a key press then walks plain objects. Parts are laid into the row where they are run,
between an `Enter` and a `Leave`, so that a step's number names one place in one revision for good.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from flows.errors import Fault
from flows.expressions import Expression
from flows.fields import AnyField, Channel, DateField, DecimalField, IntField, MultiField
from flows.fields import Text as Wording
from flows.model import Flow
from flows.revision import Revision
from flows.steps import Ask, Confirm, End, Menu, Run, Say, Step, Submit
from flows.template import cut

MAX_DEPTH: Final = 8
"""Parts within parts."""
MAX_NODES: Final = 2000
"""Steps of a flow with all its parts laid in."""
KEPT_PROGRAMS: Final = 256
"""Revisions kept compiled; a node seldom has more than a few dozen alive."""


@dataclass(frozen=True, slots=True)
class Template:
    """Words with their placeholders: `parts` holds plain text at even places and names at odd ones."""

    parts: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names it puts in."""
        return self.parts[1::2]

    def fill(self, values: Mapping[str, str]) -> tuple[str, tuple[tuple[int, int], ...]]:
        """The text, and where in it values stand; a value is never read again for placeholders."""
        if len(self.parts) == 1:
            return self.parts[0], ()
        pieces: list[str] = []
        spans: list[tuple[int, int]] = []
        at = 0
        for index, part in enumerate(self.parts):
            piece = values[part] if index % 2 else part
            if index % 2 and piece:
                spans.append((at, at + len(piece)))
            pieces.append(piece)
            at += len(piece)
        return "".join(pieces), tuple(spans)


def template(words: str) -> Template:
    """Cut words at their placeholders."""
    return Template(cut(words.strip()))


class Words:
    """One text of the flow in all its languages and on both channels."""

    __slots__ = ("fallback", "fixed", "table")

    def __init__(self, text: Wording) -> None:
        self.table = {(language, channel): template(words) for language, channel, words in text.every()}
        self.fallback = text.languages[0]
        self.fixed = not any(one.names for one in self.table.values())

    def of(self, language: str, channel: Channel) -> Template:
        """The words in this language, else in the first that the author wrote."""
        return self.table.get((language, channel)) or self.table[self.fallback, channel]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One flow at the place where it is run: its fields and computed names are its own.

    Attributes:
        outputs: (of a part that is run) the outer flow's name -> the part's name.
    """

    flow: Flow
    outer: "Part | None" = None
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> Mapping[str, AnyField]:
        """Its fields by name."""
        return self.flow.fields


@dataclass(slots=True, eq=False)
class Node:
    """One step in the row.

    Attributes:
        index: its number. next: the number that follows it. skip: the number that follows when it is skipped.
        key: under which the log has it: its number for a question, else below zero, so that answers can be told apart.
        name: how findings and notes call it.
    """

    index: int
    part: Part
    name: str
    when: Expression | None = None
    let: Mapping[str, Expression] = field(default_factory=dict)
    next: int = 0
    skip: int = 0
    key: int = 0


@dataclass(slots=True, eq=False, kw_only=True)
class SayNode(Node):
    """Shows a text."""

    text: Words


@dataclass(slots=True, eq=False, kw_only=True)
class AskNode(Node):
    """Reads one field.

    `none` is where to go on when nothing fitted; `zero`: `0` is an answer here; `plain`: the JSON value is the value.
    """

    step: Ask
    field: AnyField
    text: Words
    help: Words | None
    error: Words | None
    zero: bool
    plain: bool
    none: int | None = None

    @property
    def fixed(self) -> bool:
        """Whether its screen is the same for everybody."""
        return self.text.fixed and not self.field.profile


@dataclass(slots=True, eq=False, kw_only=True)
class MenuNode(Node):
    """Offers options: key -> (label, the number to go on at)."""

    step: Menu
    text: Words
    options: dict[str, tuple[Words, int]] = field(default_factory=dict)

    @property
    def fixed(self) -> bool:
        """Whether its screen is the same for everybody."""
        return self.text.fixed and all(label.fixed for label, _ in self.options.values())


@dataclass(slots=True, eq=False, kw_only=True)
class EnterNode(Node):
    """Begins a part with values from outside."""

    inner: Part
    inputs: Mapping[str, Expression]


@dataclass(slots=True, eq=False, kw_only=True)
class LeaveNode(Node):
    """Ends a part and hands its values out."""


@dataclass(slots=True, eq=False, kw_only=True)
class ConfirmNode(Node):
    """Shows the answers before they are sent."""

    step: Confirm


@dataclass(slots=True, eq=False, kw_only=True)
class SubmitNode(Node):
    """Sends."""

    step: Submit


@dataclass(slots=True, eq=False, kw_only=True)
class EndNode(Node):
    """Closes; without a text where a flow runs off its last step."""

    text: Words | None


AnyNode = SayNode | AskNode | MenuNode | EnterNode | LeaveNode | ConfirmNode | SubmitNode | EndNode


class Watch(Protocol):
    """Somebody who looks on while an engine runs a program: the explorer. A live program has none."""

    def held(self, node: Node, *, value: bool) -> None:
        """The `when` of a step was evaluated."""

    def shown(self, walk: Any, run: Any, shown: Any) -> None:
        """A screen (`flows.screens.Shown`) was made of this walk and state."""


class Program:
    """A compiled revision.

    Attributes:
        seal: the 32 bytes of its digest. nodes: the row. main: the service itself, as the outermost part.
        messages: the texts sent as SMS, by name; without the status texts.
        sending: number of the service's first check page, else of its first step that sends.
        cache: pages of screens that hold no value, filled as they are first shown.
        watch: who looks on; None but in the explorer.
    """

    __slots__ = ("cache", "flow", "main", "messages", "nodes", "revision", "seal", "sending", "watch")

    def __init__(self, revision: Revision) -> None:
        self.revision = revision
        self.flow = revision.flow
        self.seal = bytes.fromhex(revision.digest.removeprefix("sha256:"))
        self.main = Part(revision.flow)
        self.nodes: tuple[AnyNode, ...] = _Compiler(revision.parts).compile(self.main)
        self.messages = {name: Words(text) for name, text in self.flow.messages.named.items()}
        self.sending = _sending(self.nodes, self.main)
        self.cache: dict[tuple[Any, ...], Any] = {}
        self.watch: Watch | None = None

    def asks(self, name: str, part: Part | None = None) -> Iterator[AskNode]:
        """The steps that ask for this name of a part (of the service itself by default), inside its parts too."""
        part = part or self.main
        for node in self.nodes:
            if isinstance(node, AskNode) and node.part is part and node.step.ask == name:
                yield node
            elif isinstance(node, EnterNode) and node.part is part and name in node.inner.outputs:
                yield from self.asks(node.inner.outputs[name], node.inner)


def _sending(nodes: tuple[AnyNode, ...], main: Part) -> int:
    own = [node for node in nodes if node.part is main]
    return next((node.index for kind in (ConfirmNode, SubmitNode) for node in own if isinstance(node, kind)), 0)


class _Compiler:
    """Lays the steps of a flow and of its parts into one row."""

    def __init__(self, parts: Mapping[str, Flow]) -> None:
        self.parts = parts
        self.nodes: list[AnyNode] = []

    def compile(self, main: Part) -> tuple[AnyNode, ...]:
        self._lay(main, depth=0)
        self.nodes.append(EndNode(len(self.nodes), main, "end", text=None))
        return tuple(self.nodes)

    def _lay(self, part: Part, depth: int) -> None:
        """Append the nodes of a flow; what follows its last step is the node that the caller appends next."""
        if depth > MAX_DEPTH or len(self.nodes) > MAX_NODES:
            raise Fault(f"{part.flow.id} runs itself, or has more than {MAX_NODES} steps")
        starts: list[int] = []
        laid: list[tuple[Step, AnyNode]] = []
        for place, step in enumerate(part.flow.steps):
            starts.append(len(self.nodes))
            node = self._node(step, part, part.flow.step_name(place))
            node.key = node.index if isinstance(node, AskNode) else ~node.index
            self.nodes.append(node)
            laid.append((step, node))
            if isinstance(node, EnterNode):
                self._lay(node.inner, depth + 1)
                leave = LeaveNode(len(self.nodes), node.inner, node.name)
                self.nodes.append(leave)
                laid[-1] = (step, leave)
        starts.append(len(self.nodes))
        places = {name: starts[place] for name, place in part.flow.step_ids.items()}
        for place, (step, last) in enumerate(laid):
            self._join(step, self.nodes[starts[place]], last, starts[place + 1], places)

    def _join(self, step: Step, first: AnyNode, last: AnyNode, after: int, places: Mapping[str, int]) -> None:
        """Fill in where to go on: `goto` holds for a step that ran, a skipped one goes to the step below it."""
        first.skip = after
        first.next = first.index + 1
        last.next = places[step.goto] if step.goto is not None else after
        if isinstance(first, AskNode) and first.step.none is not None:
            first.none = places[first.step.none]
        if isinstance(first, MenuNode):
            options = first.step.options.items()
            first.options = {key: (Words(option.label), places[option.goto]) for key, option in options}

    def _node(self, step: Step, part: Part, name: str) -> AnyNode:
        index = len(self.nodes)
        common = (index, part, name, step.when, step.let)
        match step:
            case Say():
                return SayNode(*common, text=Words(step.say))
            case Ask():
                return _ask(step, part, index, name)
            case Menu():
                return MenuNode(*common, step=step, text=Words(step.menu))
            case Run():
                inner = Part(self.parts[step.run], part, step.outputs)
                return EnterNode(*common, inner=inner, inputs=step.inputs)
            case Confirm():
                return ConfirmNode(*common, step=step)
            case Submit():
                return SubmitNode(*common, step=step)
            case End():
                return EndNode(*common, text=Words(step.end))


def _ask(step: Ask, part: Part, index: int, name: str) -> AskNode:
    asked = part.fields[step.ask]
    hint = step.help or asked.help
    return AskNode(
        index,
        part,
        name,
        step.when,
        step.let,
        step=step,
        field=asked,
        text=Words(step.text),
        help=Words(hint) if hint else None,
        error=Words(step.error) if step.error else None,
        zero=isinstance(asked, IntField | DecimalField) and asked.min <= 0 <= asked.max,
        plain=not isinstance(asked, DateField | DecimalField | MultiField),
    )


_programs: dict[str, Program] = {}


def program(revision: Revision) -> Program:
    """The compiled revision, kept by its digest: the same content always compiles to the same thing."""
    found = _programs.get(revision.digest)
    if found is None:
        if len(_programs) >= KEPT_PROGRAMS:
            _programs.pop(next(iter(_programs)), None)
        found = _programs[revision.digest] = Program(revision)
    return found


def forget(revision: Revision) -> None:
    """Keep the compiled revision no longer: a draft explored at every keystroke would push out the live ones."""
    _programs.pop(revision.digest, None)
