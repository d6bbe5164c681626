"""Begun services that came to nothing: marked in the talk as they are left, told apart when the talk is thrown away.

Nothing is written for it: the marks travel in the row that the key press writes anyway, and are counted by whoever
clears that row away.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import replace

from flows.dialogue.office import Office
from flows.dialogue.state import Draft, Gone, Talk
from flows.dialogue.visit import Visit
from flows.errors import ExpressionFault
from flows.model import Flow
from flows.program import EndNode, EnterNode, Program, program
from flows.sending import place
from flows.session import Run, World
from flows.traits import sex_of
from flows.turn import Channel
from flows.walk import Walk

MOST_GONE: Final = 8
"""Marks that one talk carries; the oldest make room."""


class Stop(msgspec.Struct, frozen=True):
    """One begun service that no request came of.

    Attributes:
        outcome: `ended` by the flow's own end, else `stopped`. step: where, by its name; "" when it is not known.
        private: sensitive, or maybe anonymous. district: of the answer that names a place, else the node's.
    """

    service: str
    agency: str
    channel: Channel
    language: str
    outcome: Literal["stopped", "ended"]
    step: str
    district: str
    sex: str = ""
    private: bool = False


def leave(visit: Visit, draft: Draft, *, ended: bool = False) -> None:
    """Mark that this draft goes, without its answers.

    Nothing of a sensitive service or one that may be anonymous: who leaves it leaves no trace. Nothing of what was
    sent, which is counted as a request, nor of a correction.
    """
    run = draft.run
    revision = visit.office.known.get(run.revision)
    if draft.sent or run.case is not None or revision is None or revision.sensitive or revision.flow.anonymous:
        return
    log = None if run.answered else run.log
    mark = Gone(draft.service, run.seal, run.language, draft.channel, log, ended)
    visit.talk = replace(visit.talk, gone=(*visit.talk.gone, mark)[-MOST_GONE:])


def stops(office: Office, talk: Talk | None, today: date) -> tuple[Stop, ...]:
    """What this talk began and did not bring to a request, for revisions that are still known."""
    if talk is None:
        return ()
    begun = [one for one in talk.drafts if not one.sent and one.run.case is None]
    found = [_stop(office, one.run, one.channel, today) for one in begun]
    found += [_gone(office, mark, today) for mark in talk.gone]
    return tuple(one for one in found if one is not None)


def _gone(office: Office, mark: Gone, today: date) -> Stop | None:
    run = Run(mark.seal, mark.language, mark.log or ())
    stop = _stop(office, run, mark.channel, today)
    if stop is None:
        return None
    outcome: Literal["stopped", "ended"] = "ended" if mark.ended else "stopped"
    step = "" if mark.ended or mark.log is None else stop.step
    return msgspec.structs.replace(stop, outcome=outcome, step=step)


def _stop(office: Office, run: Run, channel: Channel, today: date) -> Stop | None:
    revision = office.known.get(run.revision)
    if revision is None:
        return None
    flow, node = revision.flow, office.node
    common = (flow.id, flow.agency or "", channel, run.language)
    private = revision.sensitive or flow.anonymous is not None
    world = World(
        today=today,
        tables=office.tables,
        phrases=office.phrases,
        budget=node.ussd,
        channel=channel,
        district=node.district,
        country=node.country,
    )
    compiled = program(revision)
    try:
        walk = Walk(compiled, run, world)
        district = place(walk, world)
    except ExpressionFault:
        return Stop(*common, "stopped", "", node.district, private=private)
    outcome: Literal["stopped", "ended"] = "ended" if isinstance(walk.at, EndNode) else "stopped"
    return Stop(*common, outcome, _own_step(compiled, walk.at.index), district, _sex(flow, walk.main), private)


def _sex(flow: Flow, answers: Mapping[str, Any]) -> str:
    try:
        return sex_of(flow, answers)
    except ExpressionFault:
        # It rests on an answer that was not given.
        return ""


def _own_step(compiled: Program, index: int) -> str:
    """The service's own step at this place: of a part, the step that runs it."""
    for at in range(index, -1, -1):
        node = compiled.nodes[at]
        if node.part is compiled.main and (at == index or isinstance(node, EnterNode)):
            return node.name
    return compiled.nodes[index].name
