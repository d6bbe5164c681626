"""A text message, read in a fixed order: a reserved word, a service's keyword or form, an answer to the open question.

The question how a decided request went is open beside it: see `rating.read`.

What none of these fits is answered with help once a day, and shown to an officer.
"""

from typing import Final

from msgspec.structs import replace

from flows import forms as engine_forms
from flows.dialogue import commands, forms, rating, running, screens
from flows.dialogue.consent import read_lately, shown_now
from flows.dialogue.reserved import said
from flows.dialogue.start import begin, forget_stale
from flows.dialogue.state import Draft, Spot
from flows.dialogue.visit import Shown, Visit
from flows.revision import Revision
from flows.session import Step
from flows.text.lao import clean, match_key
from flows.turn import Note

PUNCTUATION: Final = ".,:;!?"
"""What may hang on a keyword or a reserved word."""
LONGEST_NOTE: Final = 500
"""Characters of an unplaced message that an officer gets to see."""


def read(visit: Visit) -> Shown | None:
    """What is answered; None for nothing at all."""
    forget_stale(visit, session=False)
    text = clean(visit.heard.text)
    command = said(text.strip(PUNCTUATION + " "))
    if command is not None:
        _guess(visit, command.language)
        return commands.obey(visit, command)
    service, rest = keyword(visit, text)
    if service and not rest:
        return begin(visit, service)
    if service:
        shown = _form(visit, service, rest)
        if shown is not None:
            return shown
    busy = _is_open(visit)
    marked = rating.read(visit, text, busy=busy)
    if marked is not None:
        return marked
    if busy and visit.talk.sms.screen:
        return screens.press(visit, visit.talk.sms, visit.heard.text)
    return _unmatched(visit, text)


def keyword(visit: Visit, text: str) -> tuple[str, str]:
    """The live service whose keyword the text begins with, and the rest of the text; ("", "") for none."""
    first, _, rest = text.partition(" ")
    first = first.strip(PUNCTUATION)
    wanted = match_key(first)
    for service, entry in visit.office.entries():
        for word in entry.sms:
            if match_key(word) == wanted:
                _guess(visit, _of_script(visit, visit.office.live[service], word))
                return service, rest.strip()
    return "", ""


def _of_script(visit: Visit, revision: Revision, word: str) -> str:
    """The flow's first language that is written like this keyword, else its first."""
    names = visit.office.phrases.names
    spoken = [tag for tag in revision.flow.languages if tag in visit.office.languages] or revision.flow.languages[:1]
    return next((tag for tag in spoken if names.get(tag, tag).isascii() == word.isascii()), spoken[0])


def _guess(visit: Visit, language: str) -> None:
    if not visit.person.language and language in visit.office.languages:
        visit.talk = replace(visit.talk, language=language)


def _is_open(visit: Visit) -> bool:
    """Whether a question asked by SMS still waits; one that went on at the other door does not."""
    spot = visit.talk.sms
    if spot.until <= visit.moment.now:
        return False
    if spot.screen != "flow":
        return spot.screen in screens.SCREENS
    draft = visit.draft(spot.about)
    return draft is not None and draft.channel == "sms"


def _form(visit: Visit, service: str, rest: str) -> Shown | None:
    """A one-message form: sent at once when complete, else a conversation about what is missing.

    None when it is not complete while a question is open: then it is an answer that begins like a keyword.
    """
    revision = visit.office.live[service]
    flow = revision.flow
    fields = flow.entry.form if flow.entry else ()
    if flow.id in visit.office.paused or visit.moment.full:
        return begin(visit, service)
    if not fields:
        return None if _is_open(visit) else begin(visit, service)
    shown = shown_now(visit, revision) if read_lately(visit, revision) else ""
    language = flow.language(visit.language)
    around = running.world(visit, revision, shown)
    step = running.answered(engine_forms.fill(revision, language, forms.split(rest, len(fields)), around))
    if step.left == "ended" or step.run is None:
        return running.absorb(visit, Draft(flow.id, running.run_of(step), 0, "sms", revision.sensitive, shown), step)
    return None if _is_open(visit) else _ask_missing(visit, revision, step, shown)


def _ask_missing(visit: Visit, revision: Revision, step: Step, shown: str) -> Shown:
    """Keep the good values; the notice first, unless it was just read."""
    draft = Draft(revision.flow.id, running.run_of(step), 0, "sms", revision.sensitive, shown)
    asked = running.absorb(visit, draft, step)
    if revision.flow.notice is None or shown:
        return asked
    return visit.open(Spot("notice", about=revision.digest))


def _unmatched(visit: Visit, text: str) -> Shown | None:
    """Help, at most once a day, and a line in the officer's inbox."""
    visit.effects.append(Note("unmatched", text[:LONGEST_NOTE]))
    today = visit.moment.today.toordinal()
    if visit.person.helped == today:
        return None
    if not visit.talk.language:
        names = visit.office.phrases.names
        alike = (tag for tag in visit.office.languages if names.get(tag, tag).isascii() == text.isascii())
        _guess(visit, next(alike, ""))
    visit.person = replace(visit.person, helped=today)
    return Shown(visit.say("sms.unmatched"))
