"""The words of a notice: its screens, the mark that says which words were shown, and whether they were just read."""

import hashlib
from typing import Final

from flows.dialogue.state import NOTICE_SECONDS
from flows.dialogue.visit import Visit
from flows.phrases import Phrases
from flows.revision import Revision
from flows.text.measure import Budget
from flows.text.paging import Line, paginate

AGREE: Final = "1"
REFUSE: Final = "2"
SCREENS: Final = 2
"""At most so many screens may a notice take on USSD; `sala flow check` holds the authors to it."""


def notice_pages(revision: Revision, language: str, phrases: Phrases, budget: Budget) -> tuple[str, ...]:
    """The screens of a revision's notice in one language; () when it has none.

    Raises nothing: a notice too long for two screens comes back with more, for no word of it may be left out.
    """
    flow = revision.flow
    if flow.notice is None:
        return ()
    asked = flow.notice.basis == "consent"
    yes, no = ("agree", "disagree") if asked else ("go_on", "stop")
    say = phrases.say
    lines = [
        flow.notice.purpose.say(language),
        say(language, "notice.kept", days=flow.notice.keep_days),
        say(language, "notice.rights", contact=flow.notice.contact),
        # Where it depends on an answer, the flow says it itself once it is known.
        say(language, "notice.anonymous") if flow.anonymous is not None and not flow.anonymous.names else "",
    ]
    refuse = f"{REFUSE} {say(language, f'notice.{no}')}"
    return paginate(
        [Line(line) for line in lines if line],
        budget,
        more=f"{AGREE} {say(language, 'notice.next')} {refuse}",
        last=f"{AGREE} {say(language, f'notice.{yes}')}\n{refuse}",
    )


def fingerprint(language: str, pages: tuple[str, ...]) -> str:
    """The sha256 of a notice as shown: language tag, then the pages, all joined by LF, in UTF-8."""
    return "sha256:" + hashlib.sha256("\n".join((language, *pages)).encode()).hexdigest()


def pages_of(visit: Visit, revision: Revision) -> tuple[str, ...]:
    """The notice as this channel shows it in the person's language."""
    language = revision.flow.language(visit.language)
    return notice_pages(revision, language, visit.office.phrases, visit.budget)


def shown_now(visit: Visit, revision: Revision) -> str:
    """The fingerprint of the notice as this channel shows it in the person's language; "" without a notice."""
    pages = pages_of(visit, revision)
    return fingerprint(revision.flow.language(visit.language), pages) if pages else ""


def discreet(revision: Revision) -> bool:
    """Whether nothing may be remembered that tells of the service having been opened."""
    return revision.sensitive or revision.flow.anonymous is not None


def read_lately(visit: Visit, revision: Revision) -> bool:
    """Whether this number has seen exactly these words within the last 24 hours."""
    seen = visit.person.seen.get(shown_now(visit, revision), 0)
    return not discreet(revision) and visit.moment.now - seen < NOTICE_SECONDS
