"""The channel around the services: from dial to END on USSD, and the same over SMS.

`hear` is pure: the same office, talk, person, input and moment give the same `Turn`. What only the store knows it asks
for with a `Need`; the caller answers in `Moment.known` and calls again.
"""

from flows.dialogue.leaving import Stop, stops
from flows.dialogue.office import Node, Office
from flows.dialogue.rating import DECIDED, LOW, REASONS, awaits, question
from flows.dialogue.state import Person, Talk, decode_person, decode_talk, encode, may_text
from flows.dialogue.status import status_text
from flows.dialogue.turns import hear
from flows.dialogue.words import full, try_later

__all__ = [
    "DECIDED",
    "LOW",
    "REASONS",
    "Node",
    "Office",
    "Person",
    "Stop",
    "Talk",
    "awaits",
    "decode_person",
    "decode_talk",
    "encode",
    "full",
    "hear",
    "may_text",
    "question",
    "status_text",
    "stops",
    "try_later",
]
