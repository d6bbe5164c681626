"""My requests: what this number has sent and how it stands; correcting what an agency asks for; deleting kept answers.

A request of a sensitive service is never named, and one that has a case key shows nothing before it was given.
"""

from typing import Final

from msgspec.structs import replace

from flows import engine
from flows.dialogue import rating
from flows.dialogue.keys import numbers
from flows.dialogue.start import anew, may_resume
from flows.dialogue.state import Spot
from flows.dialogue.visit import Screen, Shown, Visit
from flows.reference import format_reference
from flows.turn import Need, Request

LISTED: Final = 8
"""The newest requests that the list shows."""
_FORGET: Final = "profile.drop"
_KEEP: Final = "profile.keep"


def mine(visit: Visit) -> tuple[Request, ...]:
    """The newest requests of the calling number."""
    return tuple(visit.known(Need("requests"))[:LISTED])


def find(visit: Visit, reference: str) -> Request | None:
    """One request of the calling number."""
    found: Request | None = visit.known(Need("request", (reference,)))
    return found


def hidden(visit: Visit, request: Request) -> bool:
    """Whether nothing of the request may be shown before its case key was given in this session."""
    return request.locked and request.reference not in visit.talk.opened


def word(visit: Visit, request: Request) -> str:
    """How a request stands, in a word or two; "case key" for one that is hidden."""
    if hidden(visit, request):
        return visit.say("requests.locked")
    key = f"word.{request.status}"
    return visit.say(key if visit.office.phrases.has(visit.language, key) else "word.other")


def line(visit: Visit, request: Request) -> str:
    """Reference and status word, as the list and STATUS show it."""
    return f"{format_reference(request.reference)} {word(visit, request)}"


def details(visit: Visit, request: Request) -> list[str]:
    """What may be shown of a request that is not hidden."""
    reference = format_reference(request.reference)
    revision = visit.office.known.get(request.revision)
    named = revision is not None and (not request.sensitive or request.reference in visit.talk.opened)
    if revision is not None and named:
        title = revision.flow.title.say(revision.flow.language(visit.language))
        head = visit.say("requests.head", ref=reference, title=title)
    else:
        head = visit.say("requests.plain", ref=reference)
    reason = f"reason.{request.reason}"
    told = request.reason and named and visit.office.phrases.has(visit.language, reason)
    lines = [head, f"{word(visit, request)}. {visit.say(reason)}" if told else word(visit, request)]
    helpless = asked_back(request) and not correctable(visit, request)
    return [*lines, visit.say("requests.closed")] if helpless else lines


def _choices(visit: Visit) -> dict[str, tuple[str, str]]:
    """Key -> (what it is, label)."""
    keys = numbers()
    found = {next(keys): (request.reference, line(visit, request)) for request in mine(visit)}
    if visit.person.waiting:
        found[next(keys)] = (_KEEP, visit.say(_KEEP))
    if visit.person.profile:
        found[next(keys)] = (_FORGET, visit.say(_FORGET))
    return found


def list_pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """The references with their status words, and what concerns kept answers."""
    del spot
    none = [] if mine(visit) else [visit.say("requests.none")]
    return visit.sheet(none, {key: label for key, (_, label) in _choices(visit).items()})


def list_press(visit: Visit, spot: Spot, text: str) -> Shown:
    """Open the one that was chosen, by its number in the list or its reference."""
    chosen, _ = _choices(visit).get(text, ("", ""))
    typed = text.replace(" ", "")
    known = {request.reference for request in mine(visit)}
    chosen = chosen or (typed if typed in known else "")
    if chosen == _FORGET:
        forget(visit)
        return visit.note("profile.gone")
    if chosen == _KEEP:
        return visit.open(Spot("profile"))
    return visit.open(Spot("request", about=chosen)) if chosen else visit.open(spot)


def forget(visit: Visit) -> None:
    """Delete what was kept to be offered again."""
    visit.person = replace(visit.person, profile={}, waiting={})


def show(visit: Visit) -> Shown:
    """Open the list; once after a sensitive request, the offer of a case key comes first."""
    if visit.person.offer_key:
        visit.person = replace(visit.person, offer_key=False)
        open_ = next((one for one in mine(visit) if one.sensitive and not one.locked), None)
        if open_ is not None:
            return visit.open(Spot("key_offer", about=open_.reference))
    return visit.open(Spot("requests"))


def correctable(visit: Visit, request: Request) -> bool:
    """Whether the agency waits for fields to be corrected, and the service asks for one of them."""
    revision = visit.office.known.get(request.revision)
    return asked_back(request) and revision is not None and engine.corrects(revision, request.fields)


def asked_back(request: Request) -> bool:
    """Whether the agency waits for a correction at all; it may have named nothing that can be asked."""
    return request.status == "needs_correction"


def _actions(visit: Visit, request: Request) -> dict[str, tuple[str, str]]:
    actions = []
    if correctable(visit, request):
        actions.append("correct")
    if rating.open_for(visit, request.reference, request.status):
        actions.append("rate")
    actions.append("drop_key" if request.locked else "set_key")
    return {key: (action, visit.say(f"requests.{action}")) for key, action in zip(numbers(), actions, strict=False)}


def one_pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """One request: what it is, how it stands, what can be done; or the question for its case key."""
    request = find(visit, spot.about)
    if request is None:
        return visit.sheet([visit.say("requests.unknown")])
    if hidden(visit, request):
        asked = visit.say("requests.ask_key", ref=format_reference(request.reference))
        return visit.sheet([visit.say(spot.word) if spot.word else "", asked])
    labels = {key: label for key, (_, label) in _actions(visit, request).items()}
    return visit.sheet(details(visit, request), labels)


def one_press(visit: Visit, spot: Spot, text: str) -> Shown:
    """Take a case key, or do what was chosen."""
    request = find(visit, spot.about)
    if request is None:
        return visit.open(Spot("requests"))
    if hidden(visit, request):
        return _unlock(visit, spot, request, text)
    actions = _actions(visit, request)
    chosen = visit.pick({key: label for key, (_, label) in actions.items()}, text)
    match actions.get(chosen, ("", ""))[0]:
        case "correct":
            return _correct(visit, request)
        case "rate":
            return visit.open(Spot("rate", about=request.reference))
        case "set_key":
            return visit.open(Spot("key_new", about=request.reference))
        case "drop_key":
            return visit.open(Spot("key_drop", about=request.reference))
        case _:
            return visit.open(spot)


def _unlock(visit: Visit, spot: Spot, request: Request, text: str) -> Shown:
    digits = text.replace(" ", "")
    if not (digits.isascii() and digits.isdigit()):
        return visit.open(replace(spot, word=""))
    match visit.known(Need("case_key", (request.case_id, digits))):
        case "right":
            visit.talk = replace(visit.talk, opened=(*visit.talk.opened, request.reference))
            return visit.open(replace(spot, word=""))
        case "locked":
            return visit.note("requests.wait")
        case "officer":
            return visit.note("requests.officer")
        case _:
            return visit.open(replace(spot, word="requests.wrong"))


def _correct(visit: Visit, request: Request) -> Shown:
    """Ask the named fields again, on the revision on which the request was made."""
    revision = visit.office.known.get(request.revision)
    if revision is None:
        return visit.note("requests.closed")
    draft = visit.draft(request.reference)
    if draft is not None and may_resume(visit, draft):
        return visit.open(Spot("resume", about=request.reference))
    return anew(visit, revision, case=request.reference)


def up(visit: Visit, spot: Spot) -> Shown:
    """0 leads from one request to the list."""
    del spot
    return visit.open(Spot("requests"))


REQUESTS: Final = Screen(list_pages, list_press)
REQUEST: Final = Screen(one_pages, one_press, up)
