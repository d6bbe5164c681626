"""What a node offers, as the dialogue sees it: its services, tables, phrases and settings. Changed only as a whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from flows.model import Entry
from flows.phrases import Phrases
from flows.revision import Revision
from flows.tables import Tables
from flows.text.measure import SMS, USSD, Budget

T = TypeVar("T")

_LAST: Final = 99
"""Sorts after every number that a menu may have."""
MESSAGE: Final = Budget(153 * 3, 67 * 3)
"""What the channel itself says in one SMS, in its parts: a notice or a list is not torn into a conversation."""


@dataclass(frozen=True, slots=True)
class Node:
    """The settings that a citizen meets.

    Attributes:
        dial: the service code. short: the SMS short code. contact: a number or place where a person answers.
        district: the node's own place, default for places. country: ISO 3166, for phone numbers.
        ussd, sms: what one screen of a flow holds. message: what the channel's own SMS holds.
    """

    dial: str = "*999#"
    short: str = ""
    contact: str = ""
    district: str = ""
    country: str = "LA"
    ussd: Budget = USSD
    sms: Budget = SMS
    message: Budget = MESSAGE


@dataclass(frozen=True, slots=True)
class Office:
    """What a node offers.

    Attributes:
        live: service id -> its live revision. known: digest -> every revision that a session may still be on.
        paused: ids of services that take no new requests; what is begun may be finished.
        said: what is read of a paused service, by language; where there is none, the channel's own words.
        languages: as configured; the language screen offers these.
        made: what was worked out of all this and nothing else, by what it is. It dies with the office, never old.
    """

    live: Mapping[str, Revision]
    known: Mapping[str, Revision]
    tables: Tables
    phrases: Phrases
    languages: tuple[str, ...] = ("lo", "en")
    paused: frozenset[str] = frozenset()
    said: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    node: Node = field(default_factory=Node)
    made: dict[tuple[str, ...], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, make: Callable[[], T], *key: str) -> T:
        """What `make` gives, made once for this key: for menus and notices, the same for all who speak a language."""
        found: T | None = self.made.get(key)
        if found is None:
            found = self.made[key] = make()
        return found

    def entries(self) -> list[tuple[str, Entry]]:
        """(service, its way in) of every live service, in the order of the front menu; those without a number last."""
        return self.once(self._entries, "entries")

    def _entries(self) -> list[tuple[str, Entry]]:
        found = [(service, one.flow.entry) for service, one in self.live.items() if one.flow.entry is not None]
        return sorted(found, key=lambda pair: (pair[1].menu or _LAST, pair[0]))
