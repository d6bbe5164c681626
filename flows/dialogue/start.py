"""How a service begins: refused politely when it may not, offered to go on when it was begun, else by its notice."""

from msgspec.structs import replace

from flows.dialogue import running
from flows.dialogue.consent import read_lately
from flows.dialogue.leaving import leave
from flows.dialogue.state import Draft, Spot
from flows.dialogue.visit import Shown, Visit
from flows.revision import Revision


def may_resume(visit: Visit, draft: Draft) -> bool:
    """Whether a begun service may be offered again: in time, of a known revision, answered, never a sensitive one."""
    fresh = draft.until > visit.moment.now and draft.run.answered
    return fresh and not (draft.sensitive or draft.sent) and draft.run.revision in visit.office.known


def newest(visit: Visit) -> Draft | None:
    """The last begun service that may be offered again."""
    return next((draft for draft in reversed(visit.talk.drafts) if may_resume(visit, draft)), None)


def forget_stale(visit: Visit, *, session: bool) -> None:
    """Drop what may not be gone on with: expired drafts and, when a USSD session begins, sensitive ones of the last."""
    kept = tuple(
        draft
        for draft in visit.talk.drafts
        if draft.until > visit.moment.now
        and draft.run.revision in visit.office.known
        and not (session and draft.channel == "ussd" and (draft.sensitive or draft.sent or not draft.run.answered))
    )
    if len(kept) != len(visit.talk.drafts):
        for draft in visit.talk.drafts:
            if draft not in kept:
                leave(visit, draft)
        visit.talk = replace(visit.talk, drafts=kept)


def begin(visit: Visit, service: str, held: tuple[str, ...] = ()) -> Shown:
    """Open a service: with an offer to go on when it was begun before."""
    revision = visit.office.live.get(service)
    if revision is None:
        return visit.open(Spot("front"))
    draft = visit.draft(service)
    if draft is not None and may_resume(visit, draft):
        return visit.open(Spot("resume", about=service, held=held))
    return anew(visit, revision, held)


def anew(visit: Visit, revision: Revision, held: tuple[str, ...] = (), case: str = "") -> Shown:
    """Begin at the notice: whole, or its one line when this number has just read these words."""
    flow = revision.flow
    if flow.id in visit.office.paused and not case:
        said = visit.office.said.get(flow.id, {}).get(visit.language, "")
        return visit.tell(said or visit.say("front.paused", title=flow.title.say(flow.language(visit.language))))
    if visit.moment.full:
        return visit.close(visit.say("later.full"))
    if flow.notice is None:
        return running.start(visit, revision, held=held, case=case)
    if not read_lately(visit, revision):
        return visit.open(Spot("notice", about=revision.digest, held=held, case=case))
    return running.under(visit, running.start(visit, revision, held=held, case=case), visit.say("notice.same"))
