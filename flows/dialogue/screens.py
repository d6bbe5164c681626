"""The table of the channel's own screens, and what the keys that work everywhere do on them."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from flows.dialogue import arrival, asides, casekey, front, notice, requests, resume, running
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
    "help": asides.HELP,
    "note": asides.NOTE,
    "profile": asides.PROFILE,
    "stop": asides.STOP,
}


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
    return screen.press(visit, spot, key)
