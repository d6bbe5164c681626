"""What the phone shows where a walk stopped: the lines of the screen, and its pages within the channel's budget."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, assert_never

import msgspec

from flows.errors import ExpressionFault, Refusal
from flows.expressions import Expression
from flows.fields import AnyField, ChoiceField, MultiField, YesNoField
from flows.inputs import Choose, Confirm, Frame, Value, numbers, read, show, show_value
from flows.inputs.shown import NOTHING
from flows.program import (
    AskNode,
    ConfirmNode,
    EndNode,
    EnterNode,
    LeaveNode,
    MenuNode,
    Node,
    SayNode,
    SubmitNode,
    Words,
)
from flows.session import Run, World
from flows.text.measure import Budget, sendable, units
from flows.text.paging import SHORT_PAGE, Line, paginate
from flows.walk import Scope, Walk, evaluate

WHICH: Final = "which"
"""Pending: the citizen chooses which answer to change."""
PICK: Final = "pick"
"""Pending: the citizen chooses among the rows that what she typed may mean; then their keys."""
SURE: Final = "sure"
"""Pending: the citizen says whether the converted Buddhist date is meant; then the value."""
WRONG_KEY: Final = "key"
"""A refusal on a screen that only takes its keys."""
HELP: Final = "help"
"""A refusal that is none: the citizen asked for the help text."""
_OUT_OF_BOUNDS: Final = frozenset({"too_early", "too_late", "too_small", "too_large"})
HELP_FROM: Final = 2
"""Refusals in a row from which the help text is shown with the question."""
MAX_CACHED: Final = 5000
FEES: Final = "fees"
"""The table whose amounts are not quoted while the clock is doubtful."""


class Shown(msgspec.Struct, frozen=True):
    """A screen as it is shown.

    Attributes:
        says: how many of the walk's unread texts stand on it. alone: they stand on it without the step they lead to.
    """

    pages: tuple[str, ...]
    says: int = 0
    alone: bool = False


class Sheet(msgspec.Struct, frozen=True):
    """The lines of a screen and its key hints: under every page but the last, and under the last."""

    lines: tuple[Line, ...]
    more: str
    last: str

    def pages(self, budget: Budget) -> tuple[str, ...]:
        """Its pages, at least one."""
        return paginate(self.lines, budget, more=self.more, last=self.last)

    def packed(self, budget: Budget) -> tuple[str, ...]:
        """Its pages with cuts between lines only, where that leaves no short page; else as `pages` has them.

        Weighing every cut of a text takes ten times as long, and the lines of a check page differ for every citizen.
        """
        packs = _packs([sendable(line.text) for line in self.lines], budget, self.more, self.last)
        if packs is None:
            return self.pages(budget)
        *others, final = ("\n".join(pack) for pack in packs)
        return (*(f"{page}\n{self.more}" for page in others), f"{final}\n{self.last}")

    def fits(self, budget: Budget) -> bool:
        """Whether it is one page."""
        return budget.fits(sendable("\n".join([*(line.text for line in self.lines), self.last])))


def _packs(lines: list[str], budget: Budget, more: str, last: str) -> list[list[str]] | None:
    """The lines page by page; None where a line is longer than a page, or a page would be too short."""
    packs: list[list[str]] = [[]]
    for line in lines:
        if budget.fits("\n".join((*packs[-1], line, more))):
            packs[-1].append(line)
        elif packs[-1] and budget.fits(f"{line}\n{more}"):
            packs.append([line])
        else:
            return None
    final = packs[-1]
    if not budget.fits("\n".join((*final, last))):
        packs.append([final.pop()])
    short = packs[-1]
    while len(packs) > 1 and len(packs[-2]) > 1 and units("\n".join(short)) < SHORT_PAGE:
        short.insert(0, packs[-2].pop())
    sound = all(units("\n".join(pack)) >= SHORT_PAGE for pack in packs)
    return packs if sound and budget.fits("\n".join((*short, last))) else None


def grouped(reference: str) -> str:
    """A reference as it is printed: `482 109 337`."""
    return " ".join(reference[at : at + 3] for at in range(0, len(reference), 3))


def compose(walk: Walk, run: Run, world: World) -> Shown:
    """The screen of the step where the walk stopped."""
    key = _cache_key(walk, run, world)
    if key is None:
        return Canvas(walk, run, world).shown()
    cache = walk.program.cache
    kept = cache.get(key)
    if kept is None or kept[0] is not world.phrases:
        kept = (world.phrases, Canvas(walk, run, world).shown())
        if len(cache) < MAX_CACHED:
            cache[key] = kept
    shown: Shown = kept[1]
    return shown


def _cache_key(walk: Walk, run: Run, world: World) -> tuple[Any, ...] | None:
    """Under what to keep a screen that shows nothing but the flow's own words; None when it shows more."""
    node, says = walk.at, walk.says
    if run.pending is not None or run.refusal is not None or run.change is not None:
        return None
    if not (isinstance(node, AskNode | MenuNode) and node.fixed):
        return None
    if not says:
        return (node.index, run.language, world.channel, world.budget)
    if not all(say.node.text.fixed for say in says):
        return None
    return (node.index, run.language, world.channel, world.budget, *(say.node.index for say in says))


def zero_counts(node: AskNode, run: Run) -> bool:
    """Whether `0` is an answer on this screen."""
    return node.zero and run.pending is None


def same_value(node: AskNode, frame: Frame, world: World, run: Run) -> Value | None:
    """The kept answer that key 1 gives here; None where none is kept, it no longer fits, or 1 means something else."""
    field = node.field
    taken = node.zero or node.step.skip == "1" or isinstance(field, ChoiceField | MultiField | YesNoField)
    kept = None if taken or not field.profile or run.case is not None else world.profile.get(node.step.ask)
    # It was an answer to a field of this name once, perhaps in another service: it is read like anything typed.
    value = read(field, str(kept), frame) if kept is not None else None
    return None if isinstance(value, Refusal | Choose | Confirm) else value


def changeable(node: ConfirmNode, walk: Walk) -> list[str]:
    """The names on a check page that stand for an answer that was typed."""
    return [name for name in node.step.confirm if name in walk.scope.origin]


def frame(walk: Walk, run: Run, world: World) -> Frame:
    """What an input may look at beside its field."""
    return Frame(run.language, world.today, world.tables, walk.scope, world.district, world.country, world.clock)


class Canvas(msgspec.Struct, frozen=True):
    """Puts a step of one walk into words."""

    walk: Walk
    run: Run
    world: World

    def shown(self) -> Shown:
        """The pages of the screen."""
        run = self.run
        if self.walk.says and run.refusal is None and run.pending is None and run.change is None:
            return self._with_says()
        sheet = self._sheet()
        checking = isinstance(self.walk.at, ConfirmNode) and run.pending is None
        return Shown(sheet.packed(self.world.budget) if checking else sheet.pages(self.world.budget))

    def _with_says(self) -> Shown:
        """The unread texts from the first on: each joins what follows it where both fit one page."""
        texts = [self.line(say.node.text, say.node, say.scope) for say in self.walk.says]
        forced = isinstance(self.walk.at, SayNode)
        # A text that waits for any key shows the keys that turn pages on its last page too.
        on = f"{self.say('keys.next')} {self.say('keys.back')}"
        group, count, alone = Sheet((), on, on) if forced else self._sheet(), 0, forced
        for line in reversed(texts):
            joined = Sheet((line, *group.lines), group.more, group.last)
            if (count or not forced) and joined.fits(self.world.budget):
                group, count = joined, count + 1
            else:
                group, count, alone = Sheet((line,), on, on), 1, True
        return Shown(group.pages(self.world.budget), count, alone)

    def _sheet(self) -> Sheet:
        node = self.walk.at
        match node:
            case AskNode():
                return self._ask(node) if self.run.pending is None else self._open_choice(node)
            case MenuNode():
                options = [(key, self.line(label, node).text) for key, (label, _) in node.options.items()]
                return self._keyed([*self._refusal(), self.line(node.text, node), *_options(options)])
            case ConfirmNode():
                return self._check(node) if self.run.pending is None else self._which(node)
            case EndNode():
                return Sheet(self.end(node), self.say("keys.next"), "")
            case SayNode() | SubmitNode() | EnterNode() | LeaveNode():
                raise AssertionError(f"{node.name} is not a screen")
            case _:
                assert_never(node)

    def _keyed(self, lines: Iterable[Line], *, zero: bool = False) -> Sheet:
        """A screen with the keys that work everywhere; where `0` is an answer, the way out is `00`."""
        back = self.say("keys.menu" if zero else "keys.back")
        return Sheet(tuple(lines), f"{self.say('keys.next')} {back}", back)

    def say(self, key: str, **values: Any) -> str:
        """A phrase of the channel."""
        return self.world.phrases.say(self.run.language, key, **values)

    def _show(self, field: AnyField, value: Any) -> str:
        return show(field, value, self.run.language, self.world.tables)

    def _ask(self, node: AskNode) -> Sheet:
        lines = [*self._refused(node), self.line(node.text, node), *_options(self._choices(node.field))]
        same = same_value(node, frame(self.walk, self.run, self.world), self.world, self.run)
        if same is not None:
            lines += _options([(1, self.say("flow.same", value=self._show(node.field, same)))])
        return self._keyed(lines, zero=node.zero)

    def _choices(self, field: AnyField) -> list[tuple[str, str]]:
        """The numbered options of a field; empty for one that is typed."""
        if isinstance(field, ChoiceField | MultiField):
            return _numbered([text.say(self.run.language, self.world.channel) for text in field.choices.values()])
        if isinstance(field, YesNoField):
            return _numbered([self._show(field, value) for value in (True, False)])
        return []

    def _open_choice(self, node: AskNode) -> Sheet:
        """What the last input left open: which row was meant, or whether the year is right."""
        kind, *values = self.run.pending or ("",)
        if kind == SURE:
            question = self.say("flow.mean", value=values[1])
            labels = [self.say("flow.yes"), self.say("flow.no")]
        else:
            question = self.say("flow.pick")
            labels = [self._show(node.field, value) for value in values]
        return self._keyed([Line(question), *_options(_numbered(labels))])

    def _refusal(self) -> list[Line]:
        """Why the last input did not fit, in the channel's words."""
        if self.run.refusal is None:
            return []
        reason, values = self.run.refusal
        return [Line(self.say("flow.key" if reason == WRONG_KEY else f"refusal.{reason}", **values))]

    def _refused(self, node: AskNode) -> list[Line]:
        """The same at a question: in the flow's own words where it has some, and after some tries with the help.

        An answer that was read and lies outside its bounds is told the bound: an example of how to write helps nobody.
        """
        if self.run.refusal is None:
            return []
        asked_for_help = self.run.refusal[0] == HELP
        lines = [] if asked_for_help else self._refusal()
        if node.error is not None and not asked_for_help and self.run.refusal[0] not in _OUT_OF_BOUNDS:
            lines = [self.line(node.error, node)]
        if node.help is not None and (asked_for_help or self.run.tries >= HELP_FROM):
            lines.append(self.line(node.help, node))
        return lines

    def _check(self, node: ConfirmNode) -> Sheet:
        send, back = self.say("flow.send"), self.say("keys.back")
        agree = self.say("flow.agree") if self.world.consent.get("basis") == "consent" else send
        lines = (*self._refusal(), *self.answers(node.step.confirm, self.walk.scope))
        keys = [f"1 {agree}", f"2 {self.say('flow.change')}", back]
        if not changeable(node, self.walk):
            del keys[1]
        # Sending cannot be taken back, so its key is named wherever it acts; 2 can wait for the last page.
        return Sheet(lines, f"1 {send} {self.say('keys.next')} {back}", "\n".join(keys))

    def _which(self, node: ConfirmNode) -> Sheet:
        labels = [self._label(name, self.walk.scope) for name in changeable(node, self.walk)]
        return self._keyed([*self._refusal(), Line(self.say("flow.which")), *_options(_numbered(labels))])

    def answers(self, names: Iterable[str], scope: Scope) -> list[Line]:
        """`label: value` of each name that was asked; a skipped one shows a dash."""
        lines = []
        for name in names:
            if name not in scope and name not in scope.part.flow.computed:
                continue
            label = self._label(name, scope)
            text = f"{label}: {self.spoken(name, scope)}"
            # A long value may break where its language allows; a short one stays with its label.
            short = 2 * len(text) <= self.world.budget.ucs2
            lines.append(Line(text, ((len(label) + 2, len(text)),), whole=short))
        return lines

    def _label(self, name: str, scope: Scope) -> str:
        field = scope.part.fields.get(name)
        return name if field is None else field.label.say(self.run.language, self.world.channel)

    def end(self, node: EndNode) -> tuple[Line, ...]:
        """What the flow says at its end; first, if so, that the same had been sent before."""
        text = Line(self.say("flow.done")) if node.text is None else self.line(node.text, node)
        return (Line(self.say("flow.again")), text) if self.walk.again else (text,)

    def line(self, words: Words, node: Node, scope: Scope | None = None) -> Line:
        """A text of a step, with the values of this scope (by default where the walk stands) put in."""
        template = words.of(self.run.language, self.world.channel)
        if not template.names:
            return Line(template.parts[0])
        if self.world.clock == "doubtful" and self._quotes_fee(template.names, node.let):
            # Which fee is due may hang on a date that this clock cannot tell.
            return Line(self.say("flow.fee"))
        return Line(*template.fill(self._values(template.names, node.let, scope or self.walk.scope)))

    def _values(self, names: Iterable[str], let: Mapping[str, Expression], scope: Scope) -> dict[str, str]:
        """What each placeholder becomes; `let` names are worked out for this text alone."""
        own: dict[str, str] = {}
        if let:
            scope = Scope(scope.part, self.world, dict(scope))
            for name, expression in let.items():
                scope[name] = value = evaluate(expression, scope)
                own[name] = show_value(value, self.run.language)
        return {name: self.spoken(name, scope) for name in names} | standing(self.walk.reference, self.world) | own

    def _quotes_fee(self, names: Iterable[str], let: Mapping[str, Expression]) -> bool:
        computed = {**self.walk.scope.part.flow.computed, **let}
        todo, done = list(names), set[str]()
        while todo:
            name = todo.pop()
            if name in done or name not in computed:
                continue
            done.add(name)
            if any(table == FEES for table, _ in computed[name].tables):
                return True
            todo.extend(computed[name].names)
        return False

    def spoken(self, name: str, scope: Scope) -> str:
        """A value as a person reads it: a dash when it was skipped, nothing when it was never asked.

        While the clock is doubtful, what is worked out from the table of fees is a dash too.
        """
        if self.world.clock == "doubtful" and name not in scope and self._quotes_fee((name,), {}):
            return NOTHING
        try:
            value = scope[name]
        except KeyError:
            return ""
        except ExpressionFault:
            if not self.walk.partial:
                raise
            return NOTHING
        field = scope.part.fields.get(name)
        return show_value(value, self.run.language) if field is None else self._show(field, value)

    def message(self, words: Words, reference: str) -> str:
        """A text that goes out as SMS, over the service's own answers."""
        template = words.of(self.run.language, "sms")
        always = standing(reference, self.world)
        missing = (name for name in template.names if name not in always)
        return template.fill(always | {name: self.spoken(name, self.walk.main) for name in missing})[0]


def standing(reference: str, world: World) -> dict[str, str]:
    """The values that every text may use."""
    return {"ref": grouped(reference), "dial": world.dial, "short": world.short, "today": show_value(world.today, "")}


def _options(options: Iterable[tuple[object, str]]) -> list[Line]:
    return [Line(f"{key} {label}", whole=True) for key, label in options]


def _numbered(labels: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(numbers(len(labels)), labels, strict=True))
