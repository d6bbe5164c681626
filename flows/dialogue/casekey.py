"""The case key: four to six digits that the citizen may put before one of her requests, and take away again."""

from typing import Final

from msgspec.structs import replace

from flows.dialogue.requests import find, hidden
from flows.dialogue.state import Spot
from flows.dialogue.visit import Screen, Shown, Visit
from flows.reference import format_reference
from flows.turn import CaseKey

SHORTEST: Final = 4
LONGEST: Final = 6
_ROWS: Final = ("01234567890", "98765432109")
_YEARS: Final = ("19", "20")
YES: Final = "1"
NO: Final = "2"


def is_weak(digits: str) -> bool:
    """Whether these are no case key: not 4 to 6 digits, one digit or one pair repeated, a row like 1234, or a year."""
    if not (SHORTEST <= len(digits) <= LONGEST and digits.isascii() and digits.isdigit()):
        return True
    repeated = len(set(digits)) == 1 or (len(digits) % 2 == 0 and digits == digits[:2] * (len(digits) // 2))
    year = len(digits) == SHORTEST and digits.startswith(_YEARS)
    return repeated or year or any(digits in row for row in _ROWS)


def new_pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """The question for a new case key, under what was wrong with the last one."""
    return visit.sheet([visit.say(spot.word or "requests.new_key")])


def new_press(visit: Visit, spot: Spot, text: str) -> Shown:
    """Take the digits, and ask for them once more: a slip would lock her out."""
    digits = text.replace(" ", "")
    if is_weak(digits):
        return visit.open(replace(spot, word="requests.weak"))
    return visit.open(Spot("key_again", about=spot.about, digits=digits))


def again_pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """The same question again."""
    del spot
    return visit.sheet([visit.say("requests.again")])


def again_press(visit: Visit, spot: Spot, text: str) -> Shown:
    """Set the key when both were the same."""
    request = find(visit, spot.about)
    if request is None or hidden(visit, request):
        return visit.open(Spot("requests"))
    if text.replace(" ", "") != spot.digits:
        return visit.open(Spot("key_new", about=spot.about, word="requests.differs"))
    visit.effects.append(CaseKey(request.case_id, spot.digits))
    visit.talk = replace(visit.talk, opened=(*visit.talk.opened, request.reference))
    return visit.note("requests.key_set", ref=format_reference(request.reference))


def drop_pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """Whether the key is really to go."""
    text = f"{format_reference(spot.about)}: {visit.say('requests.drop_key')}?"
    return visit.sheet([text], _yes_no(visit))


def drop_press(visit: Visit, spot: Spot, text: str) -> Shown:
    """Take the key away: only in a session in which it was given."""
    request = find(visit, spot.about)
    chosen = visit.pick(_yes_no(visit), text)
    if request is None or hidden(visit, request) or chosen == NO:
        return visit.open(Spot("request", about=spot.about))
    if chosen != YES:
        return visit.open(spot)
    visit.effects.append(CaseKey(request.case_id, ""))
    return visit.note("requests.key_gone")


def offer_pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """The offer of a case key; it names no request."""
    del spot
    return visit.sheet([visit.say("requests.offer")], _yes_no(visit))


def offer_press(visit: Visit, spot: Spot, text: str) -> Shown:
    """1 sets one, 2 goes on to the list."""
    match visit.pick(_yes_no(visit), text):
        case "1":
            return visit.open(Spot("key_new", about=spot.about))
        case "2":
            return visit.open(Spot("requests"))
        case _:
            return visit.open(spot)


def _yes_no(visit: Visit) -> dict[str, str]:
    return {YES: visit.say("requests.yes"), NO: visit.say("requests.later")}


def up(visit: Visit, spot: Spot) -> Shown:
    """0 leads back to the request."""
    return visit.open(Spot("request", about=spot.about))


KEY_NEW: Final = Screen(new_pages, new_press, up)
KEY_AGAIN: Final = Screen(again_pages, again_press, up)
KEY_DROP: Final = Screen(drop_pages, drop_press, up)
KEY_OFFER: Final = Screen(offer_pages, offer_press)
