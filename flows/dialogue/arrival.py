"""Where a dial leads: to its service when digits came with it, to what was begun, or to the front menu."""

from typing import Final

from flows.dialogue.office import Office
from flows.dialogue.start import begin, forget_stale, newest
from flows.dialogue.state import Spot, Talk
from flows.dialogue.visit import Shown, Visit

FIRST: Final = "first"
"""What the language screen is about when it stands before all else."""


def dial(visit: Visit) -> Shown:
    """The first key press of a session: the language once per number, then on."""
    before = visit.talk
    visit.talk = Talk(sms=before.sms, drafts=before.drafts, language=before.language, gone=before.gone)
    forget_stale(visit, session=True)
    if visit.moment.full and newest(visit) is None:
        return visit.close(visit.say("later.full"))
    if not visit.person.language and len(visit.office.languages) > 1:
        return visit.open(Spot("language", about=FIRST, held=visit.heard.dialled))
    return arrive(visit, visit.heard.dialled)


def arrive(visit: Visit, held: tuple[str, ...]) -> Shown:
    """On, once the language is known."""
    if held:
        return _direct(visit, held)
    draft = newest(visit)
    if draft is not None:
        return visit.open(Spot("resume", about=draft.key))
    return visit.open(Spot("front"))


def _direct(visit: Visit, held: tuple[str, ...]) -> Shown:
    service, used = match(visit.office, held)
    if service:
        return begin(visit, service, held[used:])
    return visit.screens["front"].press(visit, Spot("front"), held[0].strip())


def match(office: Office, dialled: tuple[str, ...]) -> tuple[str, int]:
    """The service that these digits dial, and how many of them named it; the longest code wins. ("", 0) for none.

    Only what follows the service code counts: `*999*1#` and `*123*1#` are the same place of two operators.
    """
    best = ("", 0)
    for service, entry in office.entries():
        for code in entry.ussd:
            tail = tuple(code.strip("*#").split("*")[1:])
            if tail and dialled[: len(tail)] == tail and len(tail) > best[1]:
                best = (service, len(tail))
    return best
