"""What a node offers, as the dialogue sees it: its services, tables, phrases and settings. Changed only as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.phrases import Phrases

Revision = Any


@dataclass(frozen=True, slots=True)
class Node:
    """The settings that a citizen meets.

    Attributes:
        dial: the service code. short: the SMS short code. contact: a number or place where a person answers.
        district: the node's own place, default for places. country: ISO 3166, for phone numbers.
    """

    dial: str = "*999#"
    short: str = ""
    contact: str = ""
    district: str = ""
    country: str = "LA"


@dataclass(frozen=True, slots=True)
class Office:
    """What a node offers.

    Attributes:
        live: service id -> its live revision. known: digest -> every revision that a session may still be on.
        paused: ids of services that take no new requests; what is begun may be finished.
        languages: as configured; the language screen offers these.
    """

    live: Mapping[str, Revision]
    known: Mapping[str, Revision]
    tables: Any
    phrases: Phrases
    languages: tuple[str, ...] = ("lo", "en")
    paused: frozenset[str] = frozenset()
    node: Node = field(default_factory=Node)
