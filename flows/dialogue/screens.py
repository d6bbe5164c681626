"""The table of the channel's own screens, and what the keys that work everywhere do on them."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from flows.dialogue import arrival, asides, casekey, front, notice, rating, requests, resume, running
from flows.dialogue.keys import BACK, MENU, NEXT, key_of
from flows.dialogue.state import Spot
from flows.dialogue.visit import Screen, Shown, Visit

SCREENS: Final[Mapping[str, Screen]] = {
    "language": asides.LANGUAGE,
    "front": front.FRONT,
    "resume": resume.RESUME,
    "notice": notice.NOTICE,
    "same": notice.SAME,
    "requests": requests.REQUESTS,
    "request": requests.REQUEST,
    "key_new": casekey.KEY_NEW,
    "key_again": casekey.KEY_AGAIN,
    "key_drop": casekey.KEY_DROP,
    "key_offer": casekey.KEY_OFFER,
    "rate": rating.RATE,
    "rate_why": rating.WHY,
    "help": asides.HELP,
    "note": asides.NOTE,
    "profile": asides.PROFILE,
    "stop": asides.STOP,
}


_MENUS: Final = frozenset({"front", "resume", "notice", "requests", "key_offer", "profile", "stop", "rate", "rate_why"})
"""Screens on which only the keys shown mean anything."""


def press(visit: Visit, spot: Spot, text: str) -> Shown:
    """One input to the screen that is open: a flow's goes to the engine, one of the channel's own is answered here."""
    if spot.screen == "flow":
        return running.press(visit, spot, text)
    screen = SCREENS[spot.screen]
    key = key_of(text)
    if key == MENU and spot.about != arrival.FIRST:
        return visit.open(Spot("front"))
    if key == NEXT and spot.page < len(visit.pages(spot)) - 1:
        return visit.open(replace(spot, page=spot.page + 1))
    if key == BACK and spot.page > 0:
        return visit.open(replace(spot, page=spot.page - 1))
    if key == BACK:
        return screen.back(visit, spot) if screen.back else visit.open(Spot("front"))
    shown = screen.press(visit, spot, key)
    return _refused(visit, shown) if spot.screen in _MENUS and _same(visit.spot, spot) else shown


def _same(now: Spot, before: Spot) -> bool:
    return replace(now, until=0) == replace(before, until=0)


def _refused(visit: Visit, shown: Shown) -> Shown:
    """The screen again, with a word on why where it has room for one: a second page would hide what can be pressed."""
    text = f"{visit.say('flow.key')}\n{shown.text}"
    return replace(shown, text=text) if visit.budget.fits(text) else shown
