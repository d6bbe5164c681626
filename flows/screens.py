"""What the phone shows where a walk stopped: the lines of the screen, and its pages within the channel's budget."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, assert_never

from flows.fields import AnyField, ChoiceField, MultiField, YesNoField
from flows.inputs import decode, numbers, show, show_value
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
from flows.text.paging import Line, paginate
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
HELP_FROM: Final = 2
"""Refusals in a row from which the help text is shown with the question."""
MAX_CACHED: Final = 5000


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of a screen and its key hints: under every page but the last, and under the last."""

    lines: tuple[Line, ...]
    more: str
    last: str

    def pages(self, world: World) -> tuple[str, ...]:
        """Its pages, at least one."""
        return paginate(self.lines, world.budget, more=self.more, last=self.last)


@dataclass(frozen=True, slots=True)
class Shown:
    """A screen as it is shown.

    Attributes:
        says: how many of the walk's unread texts stand on it. alone: they stand on it without the step they lead to.
    """

    pages: tuple[str, ...]
    says: int = 0
    alone: bool = False


def grouped(reference: str) -> str:
    """A reference as it is printed: `482 109 337`."""
    return " ".join(reference[at : at + 3] for at in range(0, len(reference), 3))


def compose(walk: Walk, run: Run, world: World) -> Shown:
    """The screen of the step where the walk stopped."""
    key = _cache_key(walk, run, world)
    if key is None:
        return _compose(walk, run, world)
    cache = walk.program.cache
    kept = cache.get(key)
    if kept is None or kept[0] is not world.phrases:
        kept = (world.phrases, _compose(walk, run, world))
        if len(cache) < MAX_CACHED:
            cache[key] = kept
    shown: Shown = kept[1]
    return shown


def _compose(walk: Walk, run: Run, world: World) -> Shown:
    if walk.says and run.refusal is None and run.pending is None and run.change is None:
        return _with_says(walk, run, world)
    return Shown(_sheet(walk, run, world).pages(world))


def _cache_key(walk: Walk, run: Run, world: World) -> tuple[Any, ...] | None:
    """Under what to keep a screen that shows nothing but the flow's own words; None when it shows more."""
    node, says = walk.at, walk.says
    if run.pending is not None or run.refusal is not None or run.change is not None:
        return None
    if not (isinstance(node, AskNode | MenuNode) and node.fixed):
        return None
    if not says:
        return (node.index, run.language, world.channel, world.budget)
    if not all(say.text.fixed for say in says):
        return None
    return (node.index, run.language, world.channel, world.budget, *(say.index for say in says))


def _with_says(walk: Walk, run: Run, world: World) -> Shown:
    """The unread texts from the first on: each joins what follows it where both fit one page."""
    texts = [_line(say.text, say, walk, run, world) for say in walk.says]
    forced = isinstance(walk.at, SayNode)
    turn, back = _hint(run, world, "next"), _hint(run, world, "back")
    # A text that waits for any key shows the keys that turn pages on its last page too.
    on = f"{turn} {back}"
    follower = Sheet((), on, on) if forced else _sheet(walk, run, world)
    group, count, alone = follower, 0, forced
    for line in reversed(texts):
        joined = Sheet((line, *group.lines), group.more, group.last)
        if (count or not forced) and len(joined.pages(world)) == 1:
            group, count = joined, count + 1
        else:
            group, count, alone = Sheet((line,), on, on), 1, True
    return Shown(group.pages(world), count, alone)


def _sheet(walk: Walk, run: Run, world: World) -> Sheet:
    node = walk.at
    match node:
        case AskNode():
            return _ask_sheet(node, walk, run, world)
        case MenuNode():
            options = [(key, _filled(label, node, walk, run, world)[0]) for key, (label, _) in node.options.items()]
            text = _line(node.text, node, walk, run, world)
            return _keyed((*_refusal(run, world), text, *_options(options)), run, world)
        case ConfirmNode():
            return _confirm_sheet(node, walk, run, world)
        case EndNode():
            return _end_sheet(node, walk, run, world)
        case SayNode() | SubmitNode() | EnterNode() | LeaveNode():
            raise AssertionError(f"{node.name} is not a screen")
        case _:
            assert_never(node)


def _keyed(lines: tuple[Line, ...], run: Run, world: World, *, zero: bool = False) -> Sheet:
    """A screen with the keys that work everywhere; where `0` is an answer, the way out is `00`."""
    turn, back = _hint(run, world, "next"), _hint(run, world, "menu" if zero else "back")
    return Sheet(lines, f"{turn} {back}", back)


def _hint(run: Run, world: World, key: str) -> str:
    return str(world.phrases.say(run.language, f"keys.{key}"))


def _say(run: Run, world: World, key: str, **values: Any) -> str:
    return str(world.phrases.say(run.language, key, **values))


def _options(options: Iterable[tuple[object, str]]) -> list[Line]:
    return [Line(f"{key} {label}", whole=True) for key, label in options]


def _ask_sheet(node: AskNode, walk: Walk, run: Run, world: World) -> Sheet:
    if run.pending is not None:
        return _open_sheet(node, run, world)
    lines = [*_refused(node, walk, run, world), _line(node.text, node, walk, run, world)]
    lines += _options(choices(node.field, run, world))
    same = same_value(node, run, world)
    if same is not None:
        shown = show(node.field, decode(node.field, same), run.language, world.tables)
        lines += _options([(1, _say(run, world, "flow.same", value=shown))])
    return _keyed(tuple(lines), run, world, zero=node.zero)


def _open_sheet(node: AskNode, run: Run, world: World) -> Sheet:
    """The choice that the last input left open: which row was meant, or whether the year is right."""
    kind, *values = run.pending or ("",)
    if kind == SURE:
        question = _say(run, world, "flow.mean", value=values[1])
        labels = [_say(run, world, "flow.yes"), _say(run, world, "flow.no")]
    else:
        question = _say(run, world, "flow.pick")
        labels = [show(node.field, value, run.language, world.tables) for value in values]
    return _keyed((Line(question), *_options(_numbered(labels))), run, world)


def _numbered(labels: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(numbers(len(labels)), labels, strict=True))


def zero_counts(node: AskNode, run: Run) -> bool:
    """Whether `0` is an answer on this screen."""
    return node.zero and run.pending is None


def choices(field: AnyField, run: Run, world: World) -> list[tuple[str, str]]:
    """The numbered options of a field; empty for one that is typed."""
    if isinstance(field, ChoiceField | MultiField):
        labels = [text.say(run.language, world.channel) for text in field.choices.values()]
    elif isinstance(field, YesNoField):
        labels = [show(field, value, run.language, world.tables) for value in (True, False)]
    else:
        return []
    return _numbered(labels)


def same_value(node: AskNode, run: Run, world: World) -> Any:
    """The kept answer that key 1 gives here, as JSON; None where none is kept or 1 means something else."""
    field = node.field
    taken = node.zero or node.step.skip == "1" or isinstance(field, ChoiceField | MultiField | YesNoField)
    if not field.profile or taken or run.case is not None:
        return None
    return world.profile.get(node.step.ask)


def _refusal(run: Run, world: World) -> list[Line]:
    """Why the last input did not fit, in the channel's words."""
    if run.refusal is None:
        return []
    reason, values = run.refusal
    return [Line(_say(run, world, "flow.key" if reason == WRONG_KEY else f"refusal.{reason}", **values))]


def _refused(node: AskNode, walk: Walk, run: Run, world: World) -> list[Line]:
    """The same at a question: in the flow's own words where it has some, and after some tries with the help."""
    if run.refusal is None:
        return []
    asked_for_help = run.refusal[0] == HELP
    lines = [] if asked_for_help else _refusal(run, world)
    if node.error is not None and not asked_for_help:
        lines = [_line(node.error, node, walk, run, world)]
    if node.help is not None and (asked_for_help or run.tries >= HELP_FROM):
        lines.append(_line(node.help, node, walk, run, world))
    return lines


def _confirm_sheet(node: ConfirmNode, walk: Walk, run: Run, world: World) -> Sheet:
    if run.pending is not None:
        labels = [_label(walk.scope, name, run, world) for name in changeable(node, walk)]
        lines = (*_refusal(run, world), Line(_say(run, world, "flow.which")))
        return _keyed((*lines, *_options(_numbered(labels))), run, world)
    lines = (*_refusal(run, world), *answer_lines(node.step.confirm, walk.scope, run, world))
    agree = world.consent.get("basis") == "consent"
    send = _say(run, world, "flow.agree" if agree else "flow.send")
    back = _hint(run, world, "back")
    keys = f"1 {send}\n2 {_say(run, world, 'flow.change')}\n{back}"
    return Sheet(lines, f"{_hint(run, world, 'next')} {back}", keys)


def changeable(node: ConfirmNode, walk: Walk) -> list[str]:
    """The names on a check page that stand for an answer that was typed."""
    return [name for name in node.step.confirm if name in walk.scope.origin]


def answer_lines(names: Sequence[str], scope: Scope, run: Run, world: World) -> list[Line]:
    """`label: value` of each name that was asked; a skipped one shows a dash."""
    lines = []
    for name in names:
        if name not in scope and name not in scope.part.flow.computed:
            continue
        label = _label(scope, name, run, world)
        value = spoken(name, scope, run, world)
        text = f"{label}: {value}"
        # A long value may break where its language allows; a short one stays with its label.
        short = 2 * len(text) <= world.budget.ucs2
        lines.append(Line(text, ((len(label) + 2, len(text)),), whole=short))
    return lines


def _label(scope: Scope, name: str, run: Run, world: World) -> str:
    field = scope.part.fields.get(name)
    return name if field is None else field.label.say(run.language, world.channel)


def _end_sheet(node: EndNode, walk: Walk, run: Run, world: World) -> Sheet:
    return Sheet(end_lines(node, walk, run, world), _hint(run, world, "next"), "")


def end_lines(node: EndNode, walk: Walk, run: Run, world: World) -> tuple[Line, ...]:
    """What the flow says at its end; first, if so, that the same had been sent before."""
    text = Line(_say(run, world, "flow.done")) if node.text is None else _line(node.text, node, walk, run, world)
    return (Line(_say(run, world, "flow.again")), text) if walk.again else (text,)


def _line(words: Words, node: Node, walk: Walk, run: Run, world: World) -> Line:
    return Line(*_filled(words, node, walk, run, world))


def _filled(words: Words, node: Node, walk: Walk, run: Run, world: World) -> tuple[str, tuple[tuple[int, int], ...]]:
    template = words.of(run.language, world.channel)
    return template.fill(fillers(template.names, node, walk, run, world) if template.names else {})


def fillers(names: Iterable[str], node: Node, walk: Walk, run: Run, world: World) -> dict[str, str]:
    """What each placeholder of a step's text becomes."""
    scope = walk.scope
    if node.let:
        inner = Scope(scope.part, world, dict(scope))
        for name, expression in node.let.items():
            inner[name] = evaluate(expression, inner)
        scope = inner
    always = standing(walk.reference, world)
    return {
        name: show_value(scope[name], run.language)
        if name in node.let
        else always[name]
        if name in always
        else spoken(name, scope, run, world)
        for name in names
    }


def standing(reference: str, world: World) -> Mapping[str, str]:
    """The values that every text may use."""
    return {"ref": grouped(reference), "dial": world.dial, "short": world.short, "today": show_value(world.today, "")}


def spoken(name: str, scope: Scope, run: Run, world: World) -> str:
    """A value as a person reads it: a dash when it was skipped, nothing when it was never asked."""
    try:
        value = scope[name]
    except KeyError:
        return ""
    field = scope.part.fields.get(name)
    if field is None:
        return show_value(value, run.language)
    return show(field, value, run.language, world.tables)
