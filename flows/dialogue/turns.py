"""One turn from what was heard to what is written: USSD and SMS each in their order, then the same bookkeeping."""

from typing import Final

from msgspec.structs import replace

from flows.dialogue import arrival, screens
from flows.dialogue.office import Office
from flows.dialogue.sms import read
from flows.dialogue.start import forget_stale
from flows.dialogue.state import Draft, Person, Spot, Talk, aged, may_text
from flows.dialogue.visit import AskingError, Shown, Visit
from flows.phrases import fill
from flows.turn import Heard, Moment, Need, Screen, Submit, Text, Turn

_NOBODY: Final = Person()
_NOTHING: Final = Talk()


def hear(office: Office, talk: Talk | None, person: Person | None, heard: Heard, moment: Moment) -> Turn | Need:
    """One key press or message: what the citizen gets, and what is to be written with it.

    `talk` and `person` are as the number's last turn left them, None when nothing was kept; `moment.known` holds the
    answers to the questions that this turn has already asked.

    Returns:
        A `Need` when the store must be asked first (then call again with the same input), else the turn.
    """
    visit = Visit(office, talk or _NOTHING, _known(office, person, moment.now), heard, moment, screens.SCREENS)
    try:
        shown = read(visit) if visit.sms else _key_press(visit)
    except AskingError as asking:
        return asking.need
    return _turn(visit, person, shown)


def _known(office: Office, person: Person | None, now: int) -> Person:
    """The person without what has expired; a language that the node no longer speaks is asked for again."""
    if person is None:
        return _NOBODY
    if person.profile or person.waiting:
        person = aged(person, now)
    return person if person.language in ("", *office.languages) else replace(person, language="")


def _key_press(visit: Visit) -> Shown:
    spot = visit.talk.ussd
    if visit.heard.fresh or not (spot.screen == "flow" or spot.screen in screens.SCREENS):
        return arrival.dial(visit)
    return screens.press(visit, spot, visit.heard.text)


def _turn(visit: Visit, before: Person | None, shown: Shown | None) -> Turn:
    if visit.sms:
        _answer(visit, shown)
        visit.talk = replace(visit.talk, opened=())
    elif shown is not None and shown.end:
        visit.talk = replace(visit.talk, ussd=Spot(), opened=())
    forget_stale(visit, session=False)
    until = _keep_until(visit)
    idle = until == 0 and not visit.talk.ussd.screen and not visit.talk.gone
    return Turn(
        screen=None if visit.sms or shown is None else Screen(shown.text, shown.end),
        talk=None if idle else visit.talk,
        person=None if visit.person is before or visit.person == (before or _NOBODY) else visit.person,
        effects=tuple(visit.effects),
        keep_until=until,
        dropped=_dropped(visit),
        forget=any(isinstance(effect, Submit) and effect.anonymous for effect in visit.effects),
    )


def _answer(visit: Visit, shown: Shown | None) -> None:
    """On SMS the answer goes out as a message, written with the turn."""
    if shown is not None and shown.text and not shown.told:
        visit.effects.append(Text("answer", shown.text, visit.language))


def _keep_until(visit: Visit) -> int:
    """Until when something of the talk may be gone on with: a draft, or a question asked by SMS."""
    drafts = [draft.until for draft in visit.talk.drafts if _outlives(draft)]
    return max((until for until in (visit.talk.sms.until, *drafts) if until > visit.moment.now), default=0)


def _outlives(draft: Draft) -> bool:
    return draft.channel == "sms" or not (draft.sensitive or draft.sent or not draft.run.answered)


def _dropped(visit: Visit) -> str:
    """The text to send once if this session breaks: only where an answer would be lost, and nothing is given away."""
    spot = visit.talk.ussd
    draft = visit.draft(spot.about) if spot.screen == "flow" and not visit.sms else None
    if draft is None or draft.sensitive or draft.sent or not draft.run.answered:
        return ""
    revision = visit.office.known.get(draft.run.revision)
    text = revision.flow.messages.dropped if revision else None
    if revision is None or text is None or revision.flow.anonymous is not None:
        return ""
    if not may_text(visit.person, "dropped"):
        return ""
    node, language = visit.office.node, draft.run.language
    return visit.office.once(
        lambda: fill(text.say(language, "sms"), {"dial": node.dial, "short": node.short}),
        *("dropped", language, revision.digest),
    )
