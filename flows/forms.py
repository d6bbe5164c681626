"""A whole request in one SMS: the values after the keyword, read by the flow's types, sent at once when complete."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from flows.engine import NO_ANSWER, refusal_state, settle, show
from flows.errors import ExpressionFault, Refusal
from flows.inputs import Choose, Confirm, Frame, encode, read
from flows.program import AskNode, ConfirmNode, EndNode, Program, SubmitNode, program
from flows.revision import Revision
from flows.screens import PICK, SURE, Canvas
from flows.session import Run, Step, World
from flows.turn import Need, Screen, Text
from flows.walk import READ, Scope, Walk

Doubt = Refusal | Choose | Confirm
"""A value that is not an answer yet."""


def fill(revision: Revision, language: str, values: Sequence[str], world: World) -> Step | Need:
    """Take the values of a one-message form in the order of `entry.form`; `-` leaves an optional field empty.

    When every value fits and no required field on its path is left, it is sent at once and the answer repeats the
    values (not those of a sensitive service) with the reference. Otherwise the flow opens at the first question that is
    left, with the good values kept and the first bad one refused where it is asked.
    """
    compiled = program(revision)
    run = Run(compiled.seal, language)
    good, doubts = _read(compiled, values, run, world)
    log = tuple((node.index, value) for name, value in good.items() for node in compiled.asks(name))
    run = replace(run, log=log)
    form = revision.flow.entry.form if revision.flow.entry else ()
    try:
        walk = Walk(compiled, run, world)
        if not doubts and len(values) <= len(form) and _complete(walk):
            return _sent(walk, run, tuple(good), world)
    except ExpressionFault:
        # The conversation meets the same fault on its way, and there it is told and noted.
        walk = Walk(compiled, Run(compiled.seal, language), world)
    return _conversation(compiled, run, doubts, world)


def _read(compiled: Program, values: Sequence[str], run: Run, world: World) -> tuple[dict[str, Any], dict[str, Doubt]]:
    """The values that fit, as JSON, and those in doubt, by field."""
    flow = compiled.flow
    scope = Scope(compiled.main, world)
    good: dict[str, Any] = {}
    doubts: dict[str, Doubt] = {}
    for name, text in zip(flow.entry.form if flow.entry else (), values, strict=False):
        field = flow.fields[name]
        if field.optional and text.strip() == NO_ANSWER:
            good[name] = scope[name] = None
            continue
        value = read(
            field,
            text,
            Frame(run.language, world.today, world.tables, scope, world.district, world.country, world.clock),
        )
        if isinstance(value, Doubt):
            doubts[name] = value
        else:
            scope[name] = value
            good[name] = encode(field, value)
    return good, doubts


def _complete(walk: Walk) -> bool:
    """Walk on past optional questions and the check page; whether the way ends at a step that sends."""
    while not isinstance(walk.at, SubmitNode):
        if isinstance(walk.at, AskNode) and walk.at.field.optional:
            walk.add(None)
        elif isinstance(walk.at, ConfirmNode):
            walk.add(READ)
        else:
            return False
    return True


def _sent(walk: Walk, run: Run, names: Sequence[str], world: World) -> Step | Need:
    walk.says.clear()
    step = settle(walk, run, world)
    if isinstance(step, Need) or not isinstance(walk.at, EndNode):
        return step
    canvas = Canvas(walk, run, world)
    repeated = [] if walk.program.revision.sensitive else canvas.answers(names, walk.main)
    receipt = next((effect for effect in step.effects if isinstance(effect, Text)), None)
    closing = [receipt.text] if receipt else [line.text for line in canvas.end(walk.at)]
    text = "\n".join([*(line.text for line in repeated), *closing])
    effects = tuple(
        Text(effect.kind, text, effect.language, effect.reference) if isinstance(effect, Text) else effect
        for effect in step.effects
    )
    return Step(None, Screen(text, end=True), effects, "ended", told=receipt is not None)


def _conversation(compiled: Program, run: Run, doubts: dict[str, Doubt], world: World) -> Step | Need:
    """Open the flow where the first answer is missing; a value in doubt is taken up when it is the one asked for."""
    try:
        at = Walk(compiled, run, world).at
    except ExpressionFault:
        at = None
    doubt = doubts.get(at.step.ask) if isinstance(at, AskNode) and at.part is compiled.main else None
    match doubt:
        case Refusal():
            run = replace(run, refusal=refusal_state(doubt))
        case Choose():
            run = replace(run, pending=(PICK, *(key for key, _ in doubt.candidates)))
        case Confirm():
            run = replace(run, pending=(SURE, encode(None, doubt.value), doubt.shown))
        case None:
            pass
    return show(compiled.revision, run, world)
