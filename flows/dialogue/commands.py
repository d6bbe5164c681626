"""What the reserved words of an SMS do: STOP START HELP CALL STATUS CONTINUE LANGUAGE FORGET, in every language."""

import re
from typing import Final

from msgspec.structs import replace

from flows.dialogue import requests, resume
from flows.dialogue.reserved import Said
from flows.dialogue.start import newest
from flows.dialogue.state import Spot
from flows.dialogue.visit import Shown, Visit
from flows.reference import LENGTH, is_reference
from flows.turn import Need, Note, Request

_BETWEEN: Final = re.compile(r"[\s./-]+")


def obey(visit: Visit, said: Said) -> Shown:
    """Do it, and say so."""
    match said.command:
        case "stop":
            visit.person = replace(visit.person, stopped=True)
            return visit.open(Spot("stop"))
        case "start":
            visit.person = replace(visit.person, stopped=False, quiet=False)
            return visit.close(visit.say("sms.started"))
        case "help":
            return Shown(help_text(visit))
        case "call":
            return _call(visit)
        case "status":
            return _status(visit, said.rest)
        case "continue":
            return _continue(visit)
        case "language":
            return visit.open(Spot("language"))
        case "forget":
            requests.forget(visit)
            return Shown(visit.say("profile.gone"))


def help_text(visit: Visit) -> str:
    """One keyword of each service in the person's script, and the words that always work."""
    latin = visit.office.phrases.names.get(visit.language, "").isascii()
    every = [entry.sms for _, entry in visit.office.entries() if entry.sms]
    words = [next((word for word in own if word.isascii() == latin), own[0]) for own in every]
    return visit.say("help.sms", list=" ".join(words))


def _call(visit: Visit) -> Shown:
    """A line in the officers' call list, at most one a day, so that a phone that hangs fills nobody's morning."""
    today = visit.moment.today.toordinal()
    if visit.person.called != today:
        visit.effects.append(Note("call_me"))
        visit.person = replace(visit.person, called=today)
    return Shown(visit.say("sms.call"))


def _continue(visit: Visit) -> Shown:
    """Show the question of what was begun last, on either channel."""
    draft = newest(visit) or (visit.draft(visit.talk.sms.about) if visit.talk.sms.screen == "flow" else None)
    return resume.go_on(visit, draft) if draft else Shown(visit.say("sms.nothing"))


def _status(visit: Visit, rest: str) -> Shown:
    """The answer to STATUS: of one request, or of all this number's; one that waits for a correction offers it."""
    if not rest:
        lines = [requests.line(visit, request) for request in requests.mine(visit)]
        return Shown("\n".join(lines) or visit.say("requests.none"))
    digits = _BETWEEN.sub("", rest)
    reference, key = digits[:LENGTH], digits[LENGTH:]
    if not is_reference(reference) or (key and not (key.isascii() and key.isdigit())):
        return Shown(visit.say("requests.mistyped"))
    found = _found(visit, reference, key)
    if isinstance(found, str):
        return Shown(found)
    if requests.correctable(visit, found) and not found.locked:
        return visit.open(Spot("request", about=reference))
    return Shown("\n".join(_told(visit, found, key)))


def _found(visit: Visit, reference: str, key: str) -> Request | str:
    """The request, when this number or this case key may read it; else the sentence that says why not."""
    own = requests.find(visit, reference)
    if own is not None and not own.locked:
        return own
    if not key:
        return visit.say("sms.status_key" if own is not None else "requests.unknown")
    if own is not None:
        verdict = visit.known(Need("case_key", (own.case_id, key)))
        return own if verdict == "right" else _refusal(visit, verdict, own=True)
    other = visit.known(Need("opened", (reference, key)))
    return other if isinstance(other, Request) else _refusal(visit, other, own=False)


def _refusal(visit: Visit, verdict: object, *, own: bool) -> str:
    """Why not; whether a stranger's number exists at all is never told apart from a wrong key."""
    if verdict in {"locked", "officer"}:
        return visit.say("requests.wait" if verdict == "locked" else "requests.officer")
    return visit.say("requests.wrong" if own else "requests.unknown")


def _told(visit: Visit, request: Request, key: str) -> list[str]:
    before = visit.talk
    visit.talk = replace(before, opened=(request.reference,) if request.locked and key else ())
    lines = requests.details(visit, request)
    visit.talk = before
    return lines
