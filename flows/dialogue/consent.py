"""The words of a notice: its screens, the mark that says which words were shown, and whether they were just read."""

import hashlib
from collections.abc import Iterator
from typing import Final

from flows.dialogue.state import NOTICE_SECONDS
from flows.dialogue.visit import Visit
from flows.model import Flow, Notice
from flows.phrases import Phrases
from flows.revision import Revision
from flows.text.measure import Budget
from flows.text.paging import Line, paginate

AGREE: Final = "1"
REFUSE: Final = "2"
SCREENS: Final = 2
"""At most so many screens may a notice take on USSD; `sala flow check` holds the authors to it."""


def notice_pages(revision: Revision, language: str, phrases: Phrases, budget: Budget) -> tuple[str, ...]:
    """The screens of a revision's notice in one language; () when it has none."""
    return notice_of(revision.flow, language, phrases, budget)


def notice_of(flow: Flow, language: str, phrases: Phrases, budget: Budget) -> tuple[str, ...]:
    """The same of a flow that is no revision yet.

    One too long for two screens comes back with more, for no word of it may be left out.
    """
    if flow.notice is None:
        return ()
    agree, refuse = answers(flow, language, phrases)
    onward = f"{AGREE} {phrases.say(language, 'notice.next')}"
    no = f"{REFUSE} {refuse}"
    lines = [Line(line) for line in _lines(flow, flow.notice, language, phrases)]
    last = f"{AGREE} {agree}\n{no}"
    pages = paginate(lines, budget, more=f"{onward} {no}", last=last)
    # The refusal works on every page; where it takes the room of a third page it is named on the last one only.
    return pages if len(pages) <= SCREENS else paginate(lines, budget, more=onward, last=last)


def answers(flow: Flow, language: str, phrases: Phrases) -> tuple[str, str]:
    """How the two answers are called: agreeing, where consent is what the service rests on, else going on."""
    asked = flow.notice is not None and flow.notice.basis == "consent"
    yes, no = ("agree", "disagree") if asked else ("go_on", "stop")
    return phrases.say(language, f"notice.{yes}"), phrases.say(language, f"notice.{no}")


def _lines(flow: Flow, notice: Notice, language: str, phrases: Phrases) -> Iterator[str]:
    yield notice.purpose.say(language)
    yield phrases.say(language, "notice.kept", days=notice.keep_days)
    if flow.anonymous is None or flow.anonymous.names:
        # Who is never known can have nothing found again to correct or delete.
        yield phrases.say(language, "notice.rights", contact=notice.contact)
    if flow.anonymous is not None and not flow.anonymous.names:
        # Where it depends on an answer, the flow says it itself once it is known.
        yield phrases.say(language, "notice.anonymous")


def fingerprint(language: str, pages: tuple[str, ...]) -> str:
    """The sha256 of a notice as shown: language tag, then the pages, all joined by LF, in UTF-8."""
    return "sha256:" + hashlib.sha256("\n".join((language, *pages)).encode()).hexdigest()


def pages_of(visit: Visit, revision: Revision) -> tuple[str, ...]:
    """The notice as this channel shows it in the person's language."""
    language = revision.flow.language(visit.language)
    return visit.office.once(
        lambda: notice_pages(revision, language, visit.office.phrases, visit.budget),
        *("notice", visit.channel, language, revision.digest),
    )


def shown_now(visit: Visit, revision: Revision) -> str:
    """The fingerprint of the notice as this channel shows it in the person's language; "" without a notice."""
    language = revision.flow.language(visit.language)
    return visit.office.once(
        lambda: fingerprint(language, pages) if (pages := pages_of(visit, revision)) else "",
        *("fingerprint", visit.channel, language, revision.digest),
    )


def discreet(revision: Revision) -> bool:
    """Whether nothing may be remembered that tells of the service having been opened."""
    return revision.sensitive or revision.flow.anonymous is not None


def read_lately(visit: Visit, revision: Revision) -> bool:
    """Whether this number has seen exactly these words within the last 24 hours."""
    seen = visit.person.seen.get(shown_now(visit, revision), 0)
    return not discreet(revision) and visit.moment.now - seen < NOTICE_SECONDS
