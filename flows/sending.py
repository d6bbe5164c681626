"""What a submission holds: the answers as JSON, their place, whom it goes to, and the text that confirms it."""

from dataclasses import dataclass
from typing import Any

import orjson

from flows.errors import ExpressionFault
from flows.fields import DateField, RefField
from flows.inputs import encode
from flows.inputs.days import unchecked
from flows.program import SubmitNode
from flows.screens import Canvas
from flows.session import Run, World
from flows.text.lao import match_key
from flows.turn import Effect, Need, Submit, Text
from flows.walk import AGAIN, Walk, evaluate, leaves


@dataclass(frozen=True, slots=True)
class Sent:
    """What to log under the step that sends, and the effects of sending."""

    logged: str
    effects: tuple[Effect, ...] = ()


def send(node: SubmitNode, walk: Walk, run: Run, world: World) -> Sent | Need:
    """Make the submission, or ask first whether the same was sent before."""
    once: tuple[str, ...] = ()
    if node.step.once and run.case is None:
        once = tuple(_key(walk.main.get(name)) for name in node.step.once)
        need = Need("once", (walk.program.flow.id, *once))
        if need not in world.known:
            return need
        earlier = world.known[need]
        # Only the number that sent it is told so: for anybody else the answer must not differ from an ordinary one.
        if earlier is not None and earlier.same_number:
            return Sent(AGAIN + earlier.reference)
    submit = _submit(node, walk, run, world, once)
    words = walk.program.messages.get(node.step.receipt or "")
    if words is None or submit.anonymous:
        return Sent(submit.reference, (submit,))
    receipt = Canvas(walk, run, world).message(words, submit.reference)
    return Sent(submit.reference, (submit, Text("receipt", receipt, run.language, submit.reference)))


def _submit(node: SubmitNode, walk: Walk, run: Run, world: World, once: tuple[str, ...]) -> Submit:
    flow = walk.program.flow
    case_id, revision, reference = (run.case[0], run.case[1] + 1, run.case[2]) if run.case else (world.ids[1], 1, "")
    return Submit(
        service=flow.id,
        kind=node.step.submit,
        revision=walk.program.revision.digest,
        agencies=tuple(dict.fromkeys((flow.agency or "", *node.step.to))),
        reference=reference or world.reference,
        submission_id=world.ids[0],
        case_id=case_id,
        case_revision=revision,
        language=run.language,
        channel=world.channel,
        answers=answers(walk),
        consent=dict(world.consent),
        place=place(walk, world),
        sensitive=walk.program.revision.sensitive,
        anonymous=anonymous(walk),
        once=once,
        keep_days=flow.notice.keep_days if flow.notice else 30,
        clock=world.clock,
        corrects=case_id if run.case else "",
        partial=walk.partial,
        flags=flags(walk) if world.clock == "doubtful" else (),
    )


def anonymous(walk: Walk) -> bool:
    """Whether the answers so far keep the number out of the submission; raises `ExpressionFault`, never guesses."""
    condition = walk.program.flow.anonymous
    if condition is None or walk.partial:
        # An anonymous request belongs to no number, so nobody corrects it by phone.
        return False
    value = evaluate(condition, walk.main)
    if not isinstance(value, bool):
        raise ExpressionFault(f"`anonymous` is neither true nor false: {condition.source}")
    return value


def flags(walk: Walk) -> tuple[str, ...]:
    """The dates whose limits hang on a clock that cannot be believed: they are sent, and to be looked at."""
    fields = walk.program.flow.fields
    dates = {name: field for name, field in fields.items() if isinstance(field, DateField) and unchecked(field)}
    return tuple(name for name in dates if walk.main.get(name) is not None)


def answers(walk: Walk) -> dict[str, Any]:
    """The answers as JSON: skipped is null, never asked is absent, computed names stand with them."""
    flow, scope = walk.program.flow, walk.main
    given = {
        name: None if scope[name] is None else encode(flow.fields[name], scope[name])
        for name in flow.fields
        if name in scope
    }
    return given | {name: value for name in flow.computed for known, value in [_computed(name, walk)] if known}


def _computed(name: str, walk: Walk) -> tuple[bool, Any]:
    """A computed name: absent where an answer that it needs was never due, null where one was skipped."""
    try:
        return True, encode(None, walk.main[name])
    except ExpressionFault:
        needed = leaves(name, walk.main)
        if any(leaf not in walk.main for leaf in needed):
            return False, None
        if any(walk.main[leaf] is None for leaf in needed):
            return True, None
        raise


def place(walk: Walk, world: World) -> str:
    """The district of the first answer that names a place, else the node's own; "" where the case has it already."""
    for name, value in walk.main.items():
        field = walk.main.part.fields.get(name)
        if isinstance(field, RefField) and field.table == "places" and value is not None:
            district = world.tables.places.district_of(value)
            if district:
                return str(district)
    return "" if walk.partial else world.district


def _key(value: Any) -> str:
    """What makes two answers the same: for words their match key, for all else their JSON."""
    if isinstance(value, str):
        return match_key(value)
    return "" if value is None else orjson.dumps(encode(None, value)).decode()
