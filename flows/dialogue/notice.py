"""The notice screen: the citizen's yes or no before the flow begins."""

from typing import Final

from msgspec.structs import replace

from flows.dialogue import running
from flows.dialogue.consent import AGREE, REFUSE, answers, discreet, pages_of, shown_now
from flows.dialogue.state import NOTICE_SECONDS, Spot
from flows.dialogue.visit import Screen, Shown, Visit
from flows.revision import Revision


def pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """The notice of the revision that the spot is about."""
    revision = visit.office.known.get(spot.about)
    return pages_of(visit, revision) if revision else visit.sheet([visit.say("front.empty")])


def press(visit: Visit, spot: Spot, text: str) -> Shown:
    """1 goes on, and on the last page begins; 2 ends without anything kept."""
    revision = visit.office.known.get(spot.about)
    if revision is None:
        return visit.open(Spot("front"))
    sheet = pages_of(visit, revision)
    yes, no = answers(revision.flow, revision.flow.language(visit.language), visit.office.phrases)
    chosen = visit.pick({AGREE: yes, REFUSE: no}, text)
    if chosen == REFUSE:
        return visit.close(visit.say("notice.refused"))
    if chosen == AGREE and spot.page < len(sheet) - 1:
        return visit.open(replace(spot, page=spot.page + 1))
    if chosen == AGREE:
        _remember(visit, revision)
        return _agreed(visit, revision, spot)
    return visit.open(spot)


def _agreed(visit: Visit, revision: Revision, spot: Spot) -> Shown:
    """Begin; a draft whose notice was not shown yet is one that a form has begun."""
    draft = None if spot.case else visit.draft(revision.flow.id)
    if draft is None or draft.shown or draft.run.revision != revision.digest:
        return running.start(visit, revision, held=spot.held, case=spot.case)
    return running.go_on(visit, replace(draft, shown=shown_now(visit, revision)))


def _remember(visit: Visit, revision: Revision) -> None:
    if discreet(revision):
        return
    now = visit.moment.now
    recent = {mark: at for mark, at in visit.person.seen.items() if now - at < NOTICE_SECONDS}
    visit.person = replace(visit.person, seen=recent | {shown_now(visit, revision): now})


def same_pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """The one line, alone: for a flow whose first screen has no room for it."""
    del spot
    return visit.sheet([visit.say("notice.same")], {AGREE: visit.say("notice.go_on")})


def same_press(visit: Visit, spot: Spot, text: str) -> Shown:
    """Any key goes on."""
    del text
    draft = visit.draft(spot.about)
    return visit.open(Spot("front")) if draft is None else running.go_on(visit, draft)


NOTICE: Final = Screen(pages, press)
SAME: Final = Screen(same_pages, same_press)
