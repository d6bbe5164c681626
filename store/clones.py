"""Whether two machines run under one name, from the runs of it that are heard in turn.

A node draws an epoch at every start and says it with everything it sends. After a restart the old epoch is never heard
again; two machines of one name are heard by turns. Pure; every receiving side, hub or agency, uses it.
"""

from dataclasses import dataclass
from typing import Final

LASTING: Final = 86_400
"""Seconds for which two machines are spoken of after they were last heard by turns."""

ENOUGH: Final = 20
_SURE = 10  # made after the other run had begun: a delayed copy cannot be
_WEAK = 1  # the two clocks differ, or a request was delayed on the way


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a node as it was heard: times by its own clock of its first and of its newest request."""

    first: int
    newest: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a name: the run heard last, how surely others came back, when it was last certain (0: never)."""

    epoch: str = ""
    returns: int = 0
    cloned_at: int = 0

    def cloned(self, now: int) -> bool:
        """Whether two machines run under this name."""
        return bool(self.cloned_at) and now - self.cloned_at < LASTING


def hear(before: Heard, current: Run | None, known: Run | None, epoch: str, stamp: int, now: int) -> Heard:
    """What is known after one more request.

    Args:
        before: what was known.
        current: the run heard last, None when nothing was.
        known: the run that `epoch` names, None when it is heard for the first time.
        epoch: of the run that made the request.
        stamp: when it was made, by its own clock, in epoch seconds.
        now: the same by ours.
    """
    if epoch == before.epoch:
        return before
    if known is None or current is None:
        # A start: whoever came before has ended, as far as anybody can tell.
        return Heard(epoch, 0, before.cloned_at)
    if stamp <= known.newest:
        return before
    sure = stamp > current.first
    returns = before.returns + (_SURE if sure else _WEAK)
    # What may be a delayed copy does not make the run that goes on look like one that came back.
    return Heard(epoch if sure else before.epoch, returns, now if returns >= ENOUGH else before.cloned_at)
