"""The channel around the services: from dial to END on USSD, and the same over SMS.

`hear` is pure: the same office, talk, person, input and moment give the same `Turn`. What only the store knows it asks
for with a `Need`; the caller answers in `Moment.known` and calls again.
"""

from flows.dialogue.office import Node, Office
from flows.dialogue.state import Person, Talk, decode_person, decode_talk, encode, may_text
from flows.dialogue.words import full, try_later
from flows.turn import Heard, Moment, Need, Screen, Turn

__all__ = [
    "Node",
    "Office",
    "Person",
    "Talk",
    "decode_person",
    "decode_talk",
    "encode",
    "full",
    "hear",
    "may_text",
    "try_later",
]


def hear(office: Office, talk: Talk | None, person: Person | None, heard: Heard, moment: Moment) -> Turn | Need:
    """One key press or message: what the citizen gets, and what is to be written with it."""
    del office, heard, moment
    return Turn(Screen(try_later(person.language if person else ""), end=True), talk)
