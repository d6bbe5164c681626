"""How a decided request went: the one question some hours after it, by SMS or under "my requests", and why if badly.

It is about a reference and nothing else: whoever shares the phone learns neither the service nor what was decided.
"""

from typing import Final

from msgspec.structs import replace

from flows.dialogue.keys import key_of
from flows.dialogue.office import Office
from flows.dialogue.state import Spot, Talk
from flows.dialogue.visit import SMS_OPEN_SECONDS, Screen, Shown, Visit
from flows.reference import format_reference
from flows.revision import Revision
from flows.turn import Asked, Need, Rate

DECIDED: Final = frozenset({"approved", "rejected", "ready", "closed"})
"""Statuses after which it is asked: somebody has decided. What was withdrawn or passed on is nobody's decision."""

MARKS: Final = ("1", "2", "3", "4", "5")
LOW: Final = 3
"""The highest mark after which it is asked why."""

REASONS: Final = ("slow", "cost", "attitude", "unclear", "other")
"""Why a mark was low, in the order of their numbers: each is a phrase `rate.<word>`."""

LONGEST_MARK: Final = 2
"""Digits of what may be meant as a mark; a longer number is something else."""

_AROUND: Final = " .,:;!?()"


def question(office: Office, revision: Revision | None, language: str, reference: str, *, locked: bool) -> str:
    """The one SMS; "" where nothing is asked: of a sensitive service, one that may be anonymous, a case with a key."""
    if revision is None or revision.sensitive or revision.flow.anonymous is not None or locked:
        return ""
    return office.phrases.say(language, "rate.ask", ref=format_reference(reference))


def awaits(talk: Talk | None, now: int) -> bool:
    """Whether the number has been asked something by SMS that it may still answer."""
    return talk is not None and bool(talk.sms.screen) and talk.sms.until > now


def open_for(visit: Visit, reference: str, status: str) -> bool:
    """Whether this request of the calling number waits for a mark."""
    if status not in DECIDED:
        return False
    asked = _asked(visit)
    return asked is not None and asked.reference == reference and not asked.stars


def read(visit: Visit, text: str, *, busy: bool) -> Shown | None:
    """Take an SMS as the answer; None when it is none. `busy`: another question that was asked by SMS is open.

    A service's own question is never robbed of its answer; of the channel's own questions the newest is answered.
    """
    spot = visit.talk.sms
    if spot.screen == "rate_why" and busy:
        return _read_why(visit, spot, text)
    number = _number(text)
    if not number or (busy and spot.screen == "flow"):
        return None
    asked = _asked(visit)
    if asked is None or (busy and spot.until - SMS_OPEN_SECONDS >= asked.at):
        return None
    if asked.language in visit.office.languages and not (visit.person.language or visit.talk.language):
        visit.talk = replace(visit.talk, language=asked.language)
    if number not in MARKS:
        return None if asked.stars else _hint(visit, asked, "rate.hint")
    if asked.stars:
        # The first counts. What follows another question of the channel's is that one's answer.
        return None if busy else Shown(visit.say("rate.thanks"))
    return _marked(visit, asked.reference, number)


def _read_why(visit: Visit, spot: Spot, text: str) -> Shown | None:
    number = _number(text)
    if number in MARKS:
        return why_press(visit, spot, number)
    asked = _asked(visit) if number else None
    hinted = _hint(visit, asked, "rate.hint_why") if asked is not None else None
    if hinted is None:
        visit.stand(Spot())
    return hinted


def _number(text: str) -> str:
    found = key_of(text).strip(_AROUND)
    return found if found.isascii() and found.isdigit() and len(found) <= LONGEST_MARK else ""


def _hint(visit: Visit, asked: Asked, key: str) -> Shown | None:
    """What is meant, once for each question."""
    if visit.person.hinted == asked.at:
        return None
    visit.person = replace(visit.person, hinted=asked.at)
    return Shown(visit.say(key))


def _asked(visit: Visit) -> Asked | None:
    found: Asked | None = visit.known(Need("asked"))
    return found


def _marked(visit: Visit, reference: str, mark: str) -> Shown:
    visit.effects.append(Rate(reference, stars=int(mark)))
    if int(mark) <= LOW:
        return visit.open(Spot("rate_why", about=reference))
    return Shown(visit.say("rate.thanks")) if visit.sms else visit.note("rate.thanks")


def rate_pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """The same words as the SMS."""
    return visit.sheet([visit.say("rate.ask", ref=format_reference(spot.about))])


def rate_press(visit: Visit, spot: Spot, text: str) -> Shown:
    """Take the mark, if it is still waited for."""
    asked = _asked(visit)
    if asked is None or asked.reference != spot.about or asked.stars:
        return visit.open(Spot("request", about=spot.about))
    return _marked(visit, spot.about, text) if text in MARKS else visit.open(spot)


def _reasons(visit: Visit) -> dict[str, str]:
    return {key: visit.say(f"rate.{word}") for key, word in zip(MARKS, REASONS, strict=True)}


def why_pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """Why; whoever says nothing has said enough."""
    del spot
    return visit.sheet([visit.say("rate.why")], _reasons(visit))


def why_press(visit: Visit, spot: Spot, text: str) -> Shown:
    """Take the reason."""
    chosen = visit.pick(_reasons(visit), text)
    if not chosen:
        return visit.open(spot)
    visit.effects.append(Rate(spot.about, why=int(chosen)))
    return visit.note("rate.thanks")


def up(visit: Visit, spot: Spot) -> Shown:
    """0 leads back to the request."""
    return visit.open(Spot("request", about=spot.about))


RATE: Final = Screen(rate_pages, rate_press, up)
WHY: Final = Screen(why_pages, why_press, up)
