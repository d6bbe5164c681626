"""A service under way: the engine is handed the world and one input, and what it says goes into the talk.

The engine knows one session in one flow; here it is kept, parked, dropped, or left for the front menu.
"""

from typing import Any

from msgspec.structs import replace

from flows import engine
from flows.dialogue.consent import shown_now
from flows.dialogue.leaving import leave
from flows.dialogue.state import Draft, Kept, Spot
from flows.dialogue.visit import AskingError, Shown, Visit
from flows.revision import Revision
from flows.session import Case, Run, Step, World
from flows.turn import Need, Request, Submit

MAX_DRAFTS = 3
"""Begun services kept for one number; the oldest makes room."""
MAX_READ = 50
"""Pages of text that are passed on the way from the dial string to the first question."""


def world(visit: Visit, revision: Revision, shown: str) -> World:
    """All that the engine may look at in this turn."""
    node, moment = visit.office.node, visit.moment
    basis = revision.flow.notice.basis if revision.flow.notice else ""
    return World(
        today=moment.today,
        tables=visit.office.tables,
        phrases=visit.office.phrases,
        budget=node.sms if visit.sms else node.ussd,
        channel=visit.channel,
        reference=moment.reference,
        ids=moment.ids,
        dial=node.dial,
        short=node.short,
        district=node.district,
        country=node.country,
        clock=moment.clock,
        consent={"basis": basis, "shown": shown} if basis else {},
        profile={name: kept.value for name, kept in visit.person.profile.items()},
        known=moment.known,
    )


def start(visit: Visit, revision: Revision, *, held: tuple[str, ...] = (), case: str = "") -> Shown:
    """Begin a flow and hand it the digits that came with the dial string; with `case`, correct that request."""
    shown = shown_now(visit, revision)
    language = revision.flow.language(visit.language)
    around = world(visit, revision, shown)
    if case:
        request = visit.known(Need("request", (case,)))
        if request is None or request.status != "needs_correction":
            return visit.note("requests.unknown" if request is None else "requests.closed")
        step = answered(_reopen(revision, language, request, around))
    else:
        step = answered(engine.open(revision, language, around))
    draft = Draft(revision.flow.id, run_of(step), 0, visit.channel, revision.sensitive, shown)
    for text in held:
        if step.left or step.run is None:
            break
        step = _type(revision, step.run, text, around)
        if step.refused:
            break
    return absorb(visit, draft, step)


def _type(revision: Revision, run: Run, text: str, around: World) -> Step:
    """Hand an input to the next question, past the texts that only wait to be read."""
    for _ in range(MAX_READ):
        if not engine.reading(revision, run, around):
            break
        step = answered(engine.press(revision, run, engine.NEXT, around))
        if step.left or step.run is None:
            return step
        run = step.run
    return answered(engine.press(revision, run, text, around))


def _reopen(revision: Revision, language: str, request: Request, around: World) -> Step | Need:
    case = Case(request.case_id, request.case_revision, request.reference)
    return engine.reopen(revision, language, request.answers, request.fields, around, case)


def run_of(step: Step) -> Run:
    """The state after an opening, which always has one: nothing ends before its first screen was composed."""
    return step.run or Run(b"", "")


def answered(outcome: Step | Need) -> Step:
    """The step; a question to the store leaves the turn until it is answered."""
    if isinstance(outcome, Need):
        raise AskingError(outcome)
    return outcome


def go_on(visit: Visit, draft: Draft) -> Shown:
    """Show the question at which a begun service stands, in the language the person has now."""
    revision = visit.office.known[draft.run.revision]
    run = replace(draft.run, language=revision.flow.language(visit.language))
    return absorb(visit, draft, answered(engine.show(revision, run, world(visit, revision, draft.shown))))


def press(visit: Visit, spot: Spot, text: str) -> Shown:
    """One input to the service that is open."""
    draft = visit.draft(spot.about)
    revision = visit.office.known.get(draft.run.revision) if draft else None
    if draft is None or revision is None:
        return visit.open(Spot("front"))
    step = answered(engine.press(revision, draft.run, text, world(visit, revision, draft.shown)))
    return absorb(visit, draft, step)


def absorb(visit: Visit, draft: Draft, step: Step) -> Shown:
    """Keep what the engine's step left to keep, and show what it shows."""
    visit.effects.extend(step.effects)
    for effect in step.effects:
        if isinstance(effect, Submit):
            draft = replace(draft, sent=True)
            _after_submission(visit, effect)
    match step.left:
        case "back":
            leave(visit, draft)
            _drop(visit, draft)
            return visit.open(Spot("front"))
        case "menu":
            _keep(visit, draft, step.run, gone=draft.sensitive)
            return visit.open(Spot("front"))
        case "parked":
            _keep(visit, draft, step.run, gone=draft.sensitive)
        case "ended":
            leave(visit, draft, ended=True)
            _drop(visit, draft)
        case _:
            _keep(visit, draft, step.run)
    over = step.screen.end or bool(step.left)
    visit.stand(Spot() if over else Spot("flow", about=draft.key))
    return Shown(step.screen.text, end=over, told=step.told)


def _drop(visit: Visit, draft: Draft) -> None:
    visit.talk = replace(visit.talk, drafts=tuple(one for one in visit.talk.drafts if one.key != draft.key))


def _keep(visit: Visit, draft: Draft, run: Run | None, *, gone: bool = False) -> None:
    """The draft becomes the newest; a sensitive one is not kept when its screen is left (`gone`)."""
    _drop(visit, draft)
    if run is None or gone:
        return
    flow = visit.office.known[run.revision].flow
    draft = replace(draft, run=run, until=visit.moment.now + flow.resume, channel=visit.channel)
    visit.talk = replace(visit.talk, drafts=(*visit.talk.drafts, draft)[-MAX_DRAFTS:])


def _after_submission(visit: Visit, sent: Submit) -> None:
    """What is worth asking later: a case key after a sensitive request, the yes to keep answers after any other."""
    if sent.anonymous or sent.corrects:
        return
    if sent.sensitive:
        visit.person = replace(visit.person, offer_key=True)
        return
    fields = visit.office.known[sent.revision].flow.fields
    now = visit.moment.now
    kept = {
        name: Kept(value, now)
        for name, value in sent.answers.items()
        if name in fields and fields[name].profile and value is not None and fields[name].sensitivity != "sensitive"
    }
    fresh = {name: one for name, one in kept.items() if not _holds(visit, name, one.value)}
    if fresh:
        visit.person = replace(visit.person, waiting=visit.person.waiting | fresh)


def _holds(visit: Visit, name: str, value: Any) -> bool:
    kept = visit.person.profile.get(name)
    return kept is not None and kept.value == value


def under(visit: Visit, shown: Shown, line: str) -> Shown:
    """The flow's first screen with a line above it, where both fit one page; else first the line on its own."""
    if shown.end or shown.told or visit.spot.screen != "flow":
        return shown
    text = f"{line}\n{shown.text}"
    if visit.sms or visit.office.node.ussd.fits(text):
        return replace(shown, text=text)
    return visit.open(Spot("same", about=visit.spot.about))
