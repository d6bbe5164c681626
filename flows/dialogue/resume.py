"""The offer to go on with what was begun, made without showing any answer."""

from typing import Final

from msgspec.structs import replace

from flows.dialogue import running
from flows.dialogue.leaving import leave
from flows.dialogue.start import anew
from flows.dialogue.state import Draft, Spot
from flows.dialogue.visit import Screen, Shown, Visit

CONTINUE: Final = "1"
AGAIN: Final = "2"


def _options(visit: Visit) -> dict[str, str]:
    return {CONTINUE: visit.say("resume.yes"), AGAIN: visit.say("resume.no")}


def pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """The title of what was begun, and the two ways."""
    draft = visit.draft(spot.about)
    flow = visit.office.known[draft.run.revision].flow if draft else None
    title = flow.title.say(flow.language(visit.language)) if flow else ""
    return visit.sheet([visit.say("resume.ask", title=title)], _options(visit))


def press(visit: Visit, spot: Spot, text: str) -> Shown:
    """1 goes on where it stopped, 2 begins anew (with the digits that came with the dial string)."""
    draft = visit.draft(spot.about)
    if draft is None:
        return visit.open(Spot("front"))
    match visit.pick(_options(visit), text):
        case "1":
            return go_on(visit, draft)
        case "2":
            return _again(visit, spot)
        case _:
            return visit.open(spot)


def go_on(visit: Visit, draft: Draft) -> Shown:
    """The question at which it stopped; what was wrong with an answer of yesterday says nothing today."""
    return running.go_on(visit, replace(draft, run=replace(draft.run, refusal=None)))


def _again(visit: Visit, spot: Spot) -> Shown:
    draft = visit.draft(spot.about)
    live = visit.office.live.get(draft.service) if draft else None
    if draft is None or live is None:
        return visit.open(Spot("front"))
    case = draft.key if draft.run.case else ""
    revision = visit.office.known[draft.run.revision] if case else live
    if not visit.moment.full and draft.service not in visit.office.paused:
        leave(visit, draft)
        visit.talk = replace(visit.talk, drafts=tuple(one for one in visit.talk.drafts if one.key != spot.about))
    return anew(visit, revision, spot.held, case)


RESUME: Final = Screen(pages, press)
