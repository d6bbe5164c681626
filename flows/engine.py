"""The pure engine: one session in one flow, `(revision, state, input, world) -> (state, screen, effects)`.

Nothing here waits, reads a clock or raises at a citizen: an input that does not fit is a refusal, and an expression
that fails at run time leads to a safe screen and a note to the officer.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, assert_never

from msgspec.structs import replace

from flows import standing
from flows.errors import ExpressionFault, Refusal
from flows.fields import RefField
from flows.inputs import Choose, Confirm, numbers, read
from flows.inputs import encode as as_json
from flows.program import (
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
    program,
)
from flows.revision import Revision
from flows.screens import HELP, PICK, SURE, WHICH, WRONG_KEY, Shown, changeable, compose, frame, same_value, zero_counts
from flows.sending import send
from flows.session import Case, Left, Run, Step, World, decode, encode
from flows.text.lao import clean, fold_digits
from flows.turn import Effect, Need, Note, Screen, Text
from flows.walk import NOTHING_FITTED, READ, UNREAD, Walk

__all__ = [
    "Case",
    "Left",
    "Run",
    "Step",
    "World",
    "corrects",
    "decode",
    "encode",
    "open",
    "press",
    "reading",
    "reopen",
    "settle",
    "show",
]

BACK: Final = "0"
MENU: Final = "00"
NEXT: Final = "9"
ASK_HELP: Final = "?"
_EVERYWHERE: Final = frozenset((BACK, MENU, NEXT))
SAME: Final = "1"
NO_ANSWER: Final = "-"
"""Leaves an optional field empty, as in a one-message form."""
LONGEST_KEY: Final = 20
"""Characters of an input that can still be a key; a longer one is only ever an answer."""


def open(revision: Revision, language: str, world: World) -> Step | Need:  # noqa: A001 - the word of the house for it
    """Begin a flow."""
    compiled = program(revision)
    return _safely(
        lambda run: settle(Walk(compiled, run, world), run, world), _new(compiled, language), compiled, world
    )


def show(revision: Revision, run: Run, world: World) -> Step | Need:
    """The screen of a session once more, as after a break."""
    compiled = program(revision)
    return _safely(lambda run: settle(Walk(compiled, run, world), run, world), run, compiled, world)


def reading(revision: Revision, run: Run, world: World) -> bool:
    """Whether the screen is a text that waits to be read, so that the next input is a key and not an answer."""
    try:
        return compose(Walk(program(revision), run, world), run, world).alone
    except ExpressionFault:
        return False


def press(revision: Revision, run: Run, text: str, world: World) -> Step | Need:
    """Take one input, a key or an answer.

    A `Need` is to be answered in `world.known`, and then the same call made again with the same run and text.
    """
    compiled = program(revision)
    walk = standing.take(run, compiled, world)
    return _safely(lambda run: _press(walk or Walk(compiled, run, world), run, text, world), run, compiled, world)


def reopen(
    revision: Revision, language: str, answers: Mapping[str, Any], fields: Iterable[str], world: World, case: Case
) -> Step | Need:
    """Correct a request: ask only the named fields again, show the check page, send the case's next revision.

    `answers` are those of the request as it stands, JSON values by name; names in `fields` that the flow never asks are
    left out. The reference stays, and the number of the case's revision goes up by one.
    """
    compiled = program(revision)
    known = (case.id, case.revision, case.reference, dict(answers), tuple(fields))
    run = replace(_new(compiled, language), case=known)
    return _safely(lambda run: settle(Walk(compiled, run, world), run, world), run, compiled, world)


def corrects(revision: Revision, fields: Iterable[str]) -> bool:
    """Whether the flow asks for any of these fields, so that a correction has something to ask."""
    compiled = program(revision)
    return any(next(compiled.asks(name), None) is not None for name in fields)


def _new(compiled: Program, language: str) -> Run:
    return Run(compiled.seal, language)


def _safely(turn: Callable[[Run], Step | Need], run: Run, compiled: Program, world: World) -> Step | Need:
    try:
        return turn(run)
    except ExpressionFault as fault:
        screen = Screen(str(world.phrases.say(run.language, "later.try_later")), end=True)
        return Step(run, screen, (Note("failed", f"{compiled.flow.id}: {fault}"),), "parked")


def settle(walk: Walk, run: Run, world: World) -> Step | Need:
    """Send what is due where the walk stopped, go on to the next screen, and show it."""
    effects: tuple[Effect, ...] = ()
    while isinstance(walk.at, SubmitNode):
        if effects:
            # One turn has one fresh reference: a second submission needs a screen of its own before it.
            raise ExpressionFault(f"{walk.at.name}: two submissions without a question between them")
        sent = send(walk.at, walk, run, world)
        if isinstance(sent, Need):
            return sent
        effects += sent.effects
        walk.add(sent.logged)
    stood = replace(run, log=tuple(walk.log))
    step = _shown(walk, stood, world, effects)
    if step.run is stood and stood.change is None and stood.case is None:
        standing.keep(stood, walk)
    return step


def _shown(walk: Walk, run: Run, world: World, effects: tuple[Effect, ...] = (), *, refused: bool = False) -> Step:
    shown = compose(walk, run, world)
    if walk.program.watch is not None:
        walk.program.watch.shown(walk, run, shown)
    page = min(run.page, len(shown.pages) - 1)
    if isinstance(walk.at, EndNode) and not shown.alone:
        receipt = next((effect.text for effect in effects if isinstance(effect, Text)), "")
        if receipt and world.channel == "sms":
            return Step(None, Screen(receipt, end=True), effects, "ended", told=True)
        if page == len(shown.pages) - 1:
            return Step(None, Screen(shown.pages[page], end=True), effects, "ended")
    return Step(run, Screen(shown.pages[page]), effects, refused=refused)


def _cleared(run: Run) -> Run:
    return replace(run, page=0, tries=0, change=None, pending=None, refusal=None)


def _press(walk: Walk, run: Run, text: str, world: World) -> Step | Need:
    """First the keys that mean the same everywhere, then what the step makes of the input."""
    key = fold_digits(clean(text)) if len(text) <= LONGEST_KEY else text
    if key not in _EVERYWHERE and not walk.says and not isinstance(walk.at, EndNode | SubmitNode):
        return _take(walk, run, text, key, world)
    if isinstance(walk.at, SubmitNode):
        return settle(walk, run, world)
    shown = compose(walk, run, world)
    page = min(run.page, len(shown.pages) - 1)
    if key == MENU:
        return Step(run, Screen(shown.pages[page]), left="menu")
    if key == NEXT and page < len(shown.pages) - 1:
        return _shown(walk, replace(run, page=page + 1), world)
    if key == BACK and not (isinstance(walk.at, AskNode) and zero_counts(walk.at, run) and not shown.alone):
        return _back(walk, run, world, shown, page)
    if shown.alone:
        return _read_on(walk, run, world, shown, page)
    return _take(walk, replace(run, page=page), text, key, world)


def _take(walk: Walk, run: Run, text: str, key: str, world: World) -> Step | Need:
    node = walk.at
    match node:
        case AskNode():
            return (
                _answer(node, walk, run, text, key, world)
                if run.pending is None
                else _open_choice(node, walk, run, text, key, world)
            )
        case MenuNode():
            return _choose(node, walk, run, key, world)
        case ConfirmNode():
            return _check(node, walk, run, key, world)
        case EndNode():
            return _shown(walk, replace(run, page=run.page + 1), world)
        case SayNode() | SubmitNode() | EnterNode() | LeaveNode():
            raise AssertionError(f"{node.name} is not a screen")
        case _:
            assert_never(node)


def _back(walk: Walk, run: Run, world: World, shown: Shown, page: int) -> Step | Need:
    """Undo the last thing: an open choice, a change begun, a page turned, else the last answer."""
    if run.pending is not None or run.change is not None:
        calm = replace(_cleared(run), change=run.change if run.pending is not None else None)
        return settle(Walk(walk.program, calm, world), calm, world)
    if page > 0 and not isinstance(walk.at, ConfirmNode):
        return _shown(walk, replace(run, page=page - 1), world)
    if not walk.trail:
        return Step(run, Screen(shown.pages[page]), left="back")
    log = list(run.log)
    del log[walk.trail[-1]]
    calm = replace(_cleared(run), log=tuple(log))
    return settle(Walk(walk.program, calm, world), calm, world)


def _read_on(walk: Walk, run: Run, world: World, shown: Shown, page: int) -> Step | Need:
    """Turn the page of a text that stands alone; after its last page it is read."""
    if page < len(shown.pages) - 1:
        return _shown(walk, replace(run, page=page + 1), world)
    log = list(run.log)
    for say in walk.says[: shown.says]:
        place = walk.place if say.node is walk.at else None
        if place is None:
            log.append((say.node.key, READ))
        else:
            log[place] = (say.node.key, READ)
    calm = replace(_cleared(run), log=tuple(log))
    return settle(Walk(walk.program, calm, world), calm, world)


def _choose(node: MenuNode, walk: Walk, run: Run, key: str, world: World) -> Step | Need:
    if key not in node.options:
        return _wrong_key(walk, run, world)
    walk.add(key)
    return settle(walk, _cleared(run), world)


def _wrong_key(walk: Walk, run: Run, world: World) -> Step:
    return _shown(walk, replace(run, page=0, refusal=(WRONG_KEY, {})), world, refused=True)


def _check(node: ConfirmNode, walk: Walk, run: Run, key: str, world: World) -> Step | Need:
    """The check page: 1 sends, 2 changes one answer."""
    if run.pending is not None:
        names = changeable(node, walk)
        chosen = dict(zip(numbers(len(names)), names, strict=True)).get(key)
        return _wrong_key(walk, run, world) if chosen is None else _change(chosen, walk, run, world)
    if key == "1":
        walk.add(READ)
        return settle(walk, _cleared(run), world)
    names = changeable(node, walk) if key == "2" else []
    if not names:
        return _wrong_key(walk, run, world)
    if len(names) == 1:
        return _change(names[0], walk, run, world)
    return _shown(walk, replace(_cleared(run), pending=(WHICH,)), world)


def _change(name: str, walk: Walk, run: Run, world: World) -> Step | Need:
    changing = replace(_cleared(run), change=walk.scope.origin[name])
    return settle(Walk(walk.program, changing, world), changing, world)


def _open_choice(node: AskNode, walk: Walk, run: Run, text: str, key: str, world: World) -> Step | Need:
    """Settle what an earlier input left open, which row or whether the year is right; all else is a new answer."""
    kind, *values = run.pending or ("",)
    calm = replace(run, page=0, pending=None, refusal=None)
    if kind == PICK:
        chosen = dict(zip(numbers(len(values)), values, strict=True))
        if key in chosen:
            return _accept(node, walk, run, chosen[key], world)
    elif key == "1":
        return _accept(node, walk, run, values[0], world)
    elif key == "2":
        return _shown(walk, calm, world)
    return _answer(node, walk, calm, text, key, world)


def _answer(node: AskNode, walk: Walk, run: Run, text: str, key: str, world: World) -> Step | Need:
    """Read what was typed at a question."""
    if not key:
        return _refuse(node, walk, run, Refusal("empty"), world, counts=False)
    if key == ASK_HELP and node.help is not None:
        return _refuse(node, walk, run, Refusal(HELP), world, counts=False)
    around = frame(walk, run, world)
    if key == SAME and (same := same_value(node, around, world, run)) is not None:
        return _accept(node, walk, run, as_json(node.field, same), world)
    if node.field.optional and key in (node.step.skip, NO_ANSWER):
        return _accept(node, walk, run, None, world)
    value = read(node.field, text, around)
    if isinstance(value, Refusal):
        return _refuse(node, walk, run, value, world)
    if isinstance(value, Choose):
        pending: tuple[Any, ...] = (PICK, *(one for one, _ in value.candidates))
    elif isinstance(value, Confirm):
        pending = (SURE, as_json(node.field, value.value), value.shown)
    else:
        return _accept(node, walk, run, as_json(node.field, value), world)
    return _shown(walk, replace(run, page=0, pending=pending, refusal=None), world)


def _accept(node: AskNode, walk: Walk, run: Run, value: Any, world: World) -> Step | Need:
    if run.change is not None:
        return _replace(node, walk, run, value, world)
    walk.add(value)
    return settle(walk, _cleared(run), world)


def _replace(node: AskNode, walk: Walk, run: Run, value: Any, world: World) -> Step | Need:
    """Put a new answer where the old one stands, forget what hung on the old one, show texts newly due."""
    place, *others = run.change or (len(run.log),)
    calm = _cleared(run)
    gone = _within(node, walk.program) if value != run.log[place][1] else set()
    log = [
        (node.index, value) if at == place else entry
        for at, entry in enumerate(run.log)
        if at == place or (at not in others and entry[0] not in gone)
    ]
    before = set(Walk(walk.program, calm, world).passed)
    after = Walk(walk.program, calm, world, log)
    unread = {say.node.index for say in after.says}
    due = [index for index in after.passed if index not in before and index not in unread]
    if due:
        after = Walk(walk.program, calm, world, [*log, *((walk.nodes[index].key, UNREAD) for index in due)])
    return settle(after, calm, world)


def _within(changed: AskNode, compiled: Program) -> set[int]:
    """The steps whose rows were looked for within the changed answer, or within one of those."""
    tainted: set[tuple[Part, str]] = {(changed.part, changed.step.ask)}
    gone: set[int] = set()
    for node in compiled.nodes:
        if isinstance(node, AskNode) and isinstance(node.field, RefField) and (node.part, node.field.within) in tainted:
            gone.add(node.index)
            tainted.add((node.part, node.step.ask))
        elif isinstance(node, EnterNode):
            tainted |= {
                (node.inner, name)
                for name, expression in node.inputs.items()
                if any((node.part, one) in tainted for one in expression.names)
            }
        elif isinstance(node, LeaveNode) and node.part.outer is not None:
            outputs = node.part.outputs.items()
            tainted |= {(node.part.outer, ours) for ours, its in outputs if (node.part, its) in tainted}
    return gone - {changed.index}


def _refuse(node: AskNode, walk: Walk, run: Run, why: Refusal, world: World, *, counts: bool = True) -> Step | Need:
    """Show why, with the question again; after the last try go on at `none`, or stop politely with all kept."""
    tries = run.tries + counts
    if tries < node.step.tries:
        again = replace(run, page=0, tries=tries, pending=None, refusal=refusal_state(why))
        return _shown(walk, again, world, refused=True)
    calm = _cleared(run)
    if run.change is not None:
        return settle(Walk(walk.program, calm, world), calm, world)
    if node.none is not None and run.case is None:
        walk.add(NOTHING_FITTED)
        return settle(walk, calm, world)
    notice = walk.program.flow.notice
    # What is sensitive is not kept, and a citizen must not be told that it is.
    key = "flow.unkept" if walk.program.revision.sensitive else "flow.parked"
    words = world.phrases.say(run.language, key, contact=notice.contact if notice else "")
    return Step(calm, Screen(str(words), end=True), left="parked", refused=True)


def refusal_state(why: Refusal) -> tuple[str, dict[str, Any]]:
    """A refusal as the state keeps it."""
    return why.reason, {name: one if isinstance(one, int) else str(one) for name, one in why.values.items()}
