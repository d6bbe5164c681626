"""The life of one delivery as a table: which states a submission passes on its way to one agency, and on what event.

Pure, and below both the store and the road, so that the rows and the workers cannot disagree. docs/sync.md shows the
table as a picture made from it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

State = Literal[
    "queued",
    "leased",
    "in_doubt",
    "retry_wait",
    "accepted",
    "refused",
    "officer_review",
    "amended",
    "withdrawn",
    "carried",
]
Event = Literal[
    "lease", "give_back", "lose", "accept", "later", "refuse", "review", "amend", "withdraw", "carry", "forget"
]
Said = Literal["accepted", "duplicate", "invalid", "conflict", "retry", "too_new", "carried"]

MEANING: Final[Mapping[Event, str]] = MappingProxyType(
    {
        "lease": "a worker takes it; written before the first byte leaves",
        "give_back": "nothing left the node, or the agency would not look at it",
        "lose": "the outcome is unknown: no answer, a lapsed lease, or no result for it",
        "accept": "the agency's signed accepted or duplicate, by whatever road it comes",
        "later": "the agency asks for it again later (retry, too_new)",
        "refuse": "the agency's signed invalid or conflict",
        "review": "an officer's task is opened",
        "amend": "the case goes on as its next revision, under a new id",
        "withdraw": "the case ends here",
        "carry": "handed to a bundle, the SMS bearer or a hub; still resendable",
        "forget": "the agency has gone back to an older state and may have lost it",
    }
)

# An answer may come late or by another road than the last one tried, so every state in which the agency may have the
# bytes takes it. What an officer has settled, no late answer unsettles.
TABLE: Final[Mapping[tuple[State, Event], State]] = MappingProxyType(
    {
        ("queued", "lease"): "leased",
        ("retry_wait", "lease"): "leased",
        ("in_doubt", "lease"): "leased",
        ("carried", "lease"): "leased",
        ("leased", "give_back"): "queued",
        ("leased", "lose"): "in_doubt",
        ("leased", "accept"): "accepted",
        ("leased", "later"): "retry_wait",
        ("leased", "refuse"): "refused",
        ("queued", "accept"): "accepted",
        ("queued", "refuse"): "refused",
        ("retry_wait", "accept"): "accepted",
        ("retry_wait", "refuse"): "refused",
        ("in_doubt", "accept"): "accepted",
        ("in_doubt", "later"): "retry_wait",
        ("in_doubt", "refuse"): "refused",
        ("carried", "accept"): "accepted",
        ("carried", "later"): "retry_wait",
        ("carried", "refuse"): "refused",
        ("refused", "review"): "officer_review",
        ("officer_review", "amend"): "amended",
        ("officer_review", "withdraw"): "withdrawn",
        ("leased", "carry"): "carried",
        ("queued", "carry"): "carried",
        ("retry_wait", "carry"): "carried",
        ("in_doubt", "carry"): "carried",
        ("carried", "carry"): "carried",
        ("accepted", "forget"): "in_doubt",
    }
)

WAITING: Final[frozenset[State]] = frozenset({"queued", "retry_wait", "in_doubt", "carried"})
"""States from which a worker may take a delivery when it is due."""

UNDELIVERED: Final[frozenset[State]] = WAITING | {"leased"}
"""States in which the agency has not yet said that it has the submission."""

ENDED: Final[frozenset[State]] = frozenset({"amended", "withdrawn"})
"""States that nothing leaves."""

EVENT_OF: Final[Mapping[Said, Event]] = MappingProxyType(
    {
        "accepted": "accept",
        "duplicate": "accept",
        "invalid": "refuse",
        "conflict": "refuse",
        "retry": "later",
        "too_new": "later",
        "carried": "carry",
    }
)
"""What an agency's word for one record does to its delivery; the last one is a hub's alone."""


def move(state: State, event: Event) -> State | None:
    """Return the state after `event`, or None where the event has no arrow and changes nothing."""
    return TABLE.get((state, event))


def sources(event: Event) -> tuple[State, ...]:
    """Return the states that `event` may leave, in table order: what a WHERE clause needs."""
    return tuple(state for state, named in TABLE if named == event)
