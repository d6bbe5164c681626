"""Where a session stands: the position, computed from the log by walking the steps from the top.

Each visit of a step takes the first entry under its number that no visit took before; the first step that finds none
is the position. So an entry stays true when an earlier answer changes: steps that are no longer due are not visited,
steps newly due stop the walk, and the answers after them are found again.
"""

from typing import Any, Final, NamedTuple, assert_never

from flows.errors import ExpressionFault
from flows.expressions import Expression
from flows.inputs import decode
from flows.program import (
    AnyNode,
    AskNode,
    ConfirmNode,
    EndNode,
    EnterNode,
    LeaveNode,
    MenuNode,
    Part,
    Program,
    SayNode,
    SubmitNode,
)
from flows.session import Run, World

MAX_STEPS: Final = 1000
"""Steps walked in one turn: a loop that asks nothing stops here."""
UNREAD: Final = 0
"""Logged under a text that a changed answer made due: it is shown although answers after it stand already."""
READ: Final = 1
"""Logged under a text that had a screen of its own."""
NOTHING_FITTED: Final[dict[str, Any]] = {}
"""Logged under a question that was left by `none`; no answer is ever a mapping."""
AGAIN: Final = "="
"""Logged before the reference when the same number had sent the same thing before."""


class Scope(dict[str, Any]):
    """The values of one part by name; a computed name is worked out when it is read.

    `origin` tells where in the log an answered name stands, first of all the place to begin at when it is changed.
    """

    __slots__ = ("origin", "part", "worked", "world")

    def __init__(self, part: Part, world: World, values: dict[str, Any] | None = None) -> None:
        super().__init__(values or {})
        self.part = part
        self.world = world
        self.origin: dict[str, tuple[int, ...]] = {}
        self.worked: dict[str, Any] = {}

    def __missing__(self, name: str) -> Any:
        """Work out a computed name, once for these answers; raises KeyError for any other."""
        if name not in self.worked:
            self.worked[name] = evaluate(self.part.flow.computed[name], self)
        return self.worked[name]

    def put(self, name: str, value: Any) -> None:
        """Set a value; what was computed over the others is worked out anew."""
        self[name] = value
        if self.worked:
            self.worked = {}

    def get(self, name: str, default: Any = None) -> Any:
        """Like a dict's, for computed names too."""
        try:
            return self[name]
        except KeyError:
            return default


def evaluate(expression: Expression, scope: Scope) -> Any:
    """The expression's value here; raises `ExpressionFault`, also for names that compute each other in a ring."""
    try:
        return expression.evaluate(scope, scope.world)
    except RecursionError:
        raise ExpressionFault(f"computed names run in a ring: {expression.source}") from None


class Unread(NamedTuple):
    """A text that was passed without a screen of its own, and the values that it may show."""

    node: SayNode
    scope: Scope


def leaves(name: str, scope: Scope) -> set[str]:
    """The names that a computed name rests on, through other computed names; of any other name, itself."""
    computed = scope.part.flow.computed
    found: set[str] = set()
    todo, done = [name], set[str]()
    while todo:
        one = todo.pop()
        if one not in done and one in computed and one not in scope:
            todo.extend(computed[one].names)
        elif one not in done:
            found.add(one)
        done.add(one)
    return found


class Walk:
    """A walk through the steps up to the first that has no answer yet.

    Attributes:
        log: the entries, which `add` appends to.
        at: the step it stopped at. place: where in the log the entry stands that this step would take, None if none.
        scope: the values of the part it stands in; `main` those of the service itself.
        says: texts passed since the last screen that asked something, not yet read on a screen of their own.
        passed: every text passed. trail: places in the log of what `0` would take back, in the order walked.
        reference: of the last submission, "" before any. again: whether that one had been sent before.
        partial: a correction of a case whose other answers are not known here (its body is sealed, or gone).
    """

    __slots__ = (
        "_detour",
        "_halt",
        "_head",
        "_taken",
        "again",
        "at",
        "log",
        "main",
        "nodes",
        "partial",
        "passed",
        "place",
        "program",
        "reference",
        "says",
        "scope",
        "scopes",
        "trail",
        "world",
    )

    def __init__(self, program: Program, run: Run, world: World, log: list[tuple[int, Any]] | None = None) -> None:
        self.program = program
        self.nodes = program.nodes
        self.world = world
        self.log = list(run.log) if log is None else log
        self._head = 0
        self._taken: set[int] = set()
        self._halt = run.change[0] if run.change else None
        self.main = self.scope = Scope(program.main, world)
        self.scopes = [self.scope]
        self.says: list[Unread] = []
        self.passed: list[int] = []
        self.trail: list[int] = []
        self.reference = ""
        self.again = False
        self.place: int | None = None
        self.at: AnyNode = self.nodes[0]
        self._detour: list[tuple[str, int]] = []
        self.partial = run.case is not None and not run.case[3]
        if run.case is not None:
            self._correct(run.case[3], run.case[4])
        self.go()

    def add(self, value: Any) -> None:
        """Log the answer of the step where the walk stopped, and go on."""
        self.log.append((self.at.key, value))
        self.go()

    def go(self) -> None:
        """Walk on until a step needs the citizen or the store."""
        node = self.at
        for _ in range(MAX_STEPS):
            if node.when is not None and not self._detour and not self._holds(node, node.when):
                node = self.nodes[node.skip]
                continue
            following = self._pass_ask(node) if type(node) is AskNode else self._pass(node)
            if following is None:
                self.at = node
                return
            node = self.nodes[following]
        raise ExpressionFault(f"{node.name}: the steps run in a ring")

    def _holds(self, node: AnyNode, condition: Expression) -> bool:
        try:
            value = evaluate(condition, self.scope)
        except ExpressionFault:
            if not self.partial:
                raise
            # It hangs on an answer that only the agency knows: the way of the request as it was sent is taken again.
            return True
        if not isinstance(value, bool):
            raise ExpressionFault(f"`when` is neither true nor false: {condition.source}")
        if self.program.watch is not None:
            self.program.watch.held(node, value=value)
        return value

    def _pass(self, node: AnyNode) -> int | None:
        """The number of the step to go on at; None when the walk stops at this one."""
        match node:
            case AskNode():
                return self._pass_ask(node)
            case SayNode():
                return self._pass_say(node)
            case MenuNode():
                return node.options[self.log[self.trail[-1]][1]][1] if self._take(node.key) else None
            case EnterNode():
                self._enter(node)
            case LeaveNode():
                self._leave(node.part)
            case ConfirmNode():
                if not self._take(node.key):
                    return None
            case SubmitNode():
                return self._pass_submit(node)
            case EndNode():
                return None
            case _:
                assert_never(node)
        return node.next

    def _find(self, key: int) -> int | None:
        """The place of the first entry under this key that is not taken yet; mostly the next one of the log."""
        log = self.log
        for place in range(self._head, len(log)):
            if log[place][0] == key and place not in self._taken:
                return place
        return None

    def _take(self, key: int) -> bool:
        """Take the entry of this step onto the trail; False when it has none, or when its answer is being changed."""
        log, place = self.log, self._head
        found: int | None = place
        if place >= len(log) or log[place][0] != key or self._taken:
            found = self._find(key)
        self.place = found
        if found is None or found == self._halt:
            return False
        if found == place:
            self._head = place + 1
        else:
            self._taken.add(found)
        self.trail.append(found)
        if self.says:
            self.says = []
        return True

    def _pass_say(self, node: SayNode) -> int | None:
        place = self._find(node.key)
        if place is None:
            self.says.append(Unread(node, self.scope))
        elif self.log[place][1] == UNREAD:
            self.says.append(Unread(node, self.scope))
            self.place = place
            return None
        else:
            self._take(node.key)
        self.passed.append(node.index)
        return node.next

    def _pass_ask(self, node: AskNode) -> int | None:
        if self._detour and node.part is not self.main.part:
            self.scope = self._borrowed(node.part)
        if not self._take(node.key):
            return None
        place = self.trail[-1]
        value = self.log[place][1]
        following = node.next
        name = node.step.ask
        if self._detour:
            self.scope = self.main
            name, following = self._corrected()
        scope = self.scope
        scope.origin[name] = (place,)
        if value == NOTHING_FITTED and isinstance(value, dict):
            return node.none if node.none is not None else following
        scope.put(name, value if node.plain or value is None else decode(node.field, value))
        return following

    def _enter(self, node: EnterNode) -> None:
        values = {name: evaluate(expression, self.scope) for name, expression in node.inputs.items()}
        self.scope = Scope(node.inner, self.world, values)
        self.scopes.append(self.scope)

    def _leave(self, part: Part) -> None:
        inner = self.scopes.pop()
        outer = self.scope = self.scopes[-1]
        for ours, its in part.outputs.items():
            if its in inner or its in part.flow.computed:
                outer.put(ours, inner[its])
            places = sorted({place for leaf in leaves(its, inner) for place in inner.origin.get(leaf, ())})
            if places:
                outer.origin[ours] = tuple(places)

    def _pass_submit(self, node: SubmitNode) -> int | None:
        unread = self.says
        if not self._take(node.key):
            return None
        self.says = unread  # a text before the sending is read with the screen after it
        logged = str(self.log[self.trail[-1]][1])
        self.again = logged.startswith(AGAIN)
        self.reference = logged.removeprefix(AGAIN)
        self.trail.clear()
        return node.next

    def _correct(self, answers: dict[str, Any], names: tuple[str, ...]) -> None:
        """Begin at the questions of the named fields, with all other answers standing; then the check page."""
        fields = self.program.flow.fields
        for name, value in answers.items():
            if name in fields and name not in names:
                self.main[name] = decode(fields[name], value)
        asked = ((name, next(iter(self.program.asks(name)), None)) for name in names)
        legs = [(name, node.index) for name, node in asked if node is not None]
        # As the flow asks them, whatever the order in which the agency named them.
        self._detour = sorted(legs, key=lambda leg: leg[1])
        self.at = self.nodes[self._detour[0][1] if self._detour else self.program.sending]

    def _corrected(self) -> tuple[str, int]:
        """The name under which this leg's answer counts, and the number of the step after it."""
        (name, _), *self._detour = self._detour
        return name, self._detour[0][1] if self._detour else self.program.sending

    def _borrowed(self, part: Part) -> Scope:
        """The values of a part that is not run in a correction, as far as the service's answers hold them."""
        if part.outer is None:
            return self.main
        outer = self._borrowed(part.outer)
        given = {its: outer[ours] for ours, its in part.outputs.items() if ours in outer}
        return Scope(part, self.world, given)
