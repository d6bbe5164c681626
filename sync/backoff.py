"""How long a failed delivery waits: full jitter over a doubling span, capped, for ever.

Source of the rule: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (full jitter).
"""

BASE = 2.0
"""Seconds that the span of the first failure has."""

CAP = 900.0
"""Seconds that no span exceeds: 15 minutes."""

_DOUBLINGS = 20  # far past the cap, and far below where a float overflows


def span(failures: int, cap: float = CAP) -> float:
    """Return the longest wait in seconds after `failures` failures in a row (1 for the first)."""
    return min(cap, BASE * 2.0 ** min(max(failures - 1, 0), _DOUBLINGS))


def wait(failures: int, chance: float, cap: float = CAP) -> float:
    """Return the wait in seconds; `chance` is a number from 0 to 1 that the caller has drawn."""
    return span(failures, cap) * chance
