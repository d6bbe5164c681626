"""Remembers which records failed alone, so that one of them cannot be an away agency's only probe for ever."""

from collections.abc import Sequence
from typing import Final

from store.values import Offer

LIKELY: Final = 20
"""The weight of a failure that the record itself may well have caused: the agency failed, or broke off."""

UNLIKELY: Final = 3
"""The weight of one that the link explains better: no answer came."""

PATIENCE: Final = 60
"""The weight after which another record is tried as well: three likely failures, or twenty unlikely ones."""


class Suspects:
    """Counts failures of single records since the last good answer; kept in memory, for it only orders probes."""

    def __init__(self) -> None:
        """Suspect nobody."""
        self._failures: dict[int, int] = {}

    def add(self, seq: int, *, likely: bool) -> None:
        """Note that this record failed alone."""
        self._failures[seq] = self._failures.get(seq, 0) + (LIKELY if likely else UNLIKELY)

    def clear(self) -> None:
        """Forget all: the agency has answered."""
        self._failures.clear()

    def probe(self, offers: Sequence[Offer]) -> tuple[int, ...]:
        """Choose the one record of a probe: the oldest, unless it has used up its patience and another has not."""
        if not offers:
            return ()
        best = min(offers, key=lambda offer: self._failures.get(offer.seq, 0) // PATIENCE)
        return (best.seq,)
