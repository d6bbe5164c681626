"""The figures of the store at one moment, for `/metrics`, `sync status` and `doctor`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.turn import Clock as Quality
from store.copying.copier import Copies
from store.values import Traffic


@dataclass(frozen=True, slots=True)
class Readings:
    """Figures; times are epoch seconds, 0 for never.

    Attributes:
        counts: since the start: turns, messages, again (identical calls), failed, dropped, batches, commits (batches
            that wrote), retried, busy.
        rows: since the start: rows written, by table.
        waiting: turns that wait for the writer. cached: rows in memory.
        messages: on their way out, by state. oldest_message_at: since when the oldest is due.
        unknown_messages: that may not have arrived and that nobody will repeat.
        roads: to each agency. memos: lines in the officer's inbox.
        feedback: since the start: people `asked` how a request went, and those of them who `answered`.
        free: bytes left on the disk. reserve: whether the disk reserve is there. full: new dialogues are refused.
        writable: whether a turn would be taken now.
        copies: the second copy; None when there is to be none.
    """

    epoch: str
    schema: int
    clock: Quality
    counts: Mapping[str, int]
    rows: Mapping[str, int]
    waiting: int
    cached: int
    messages: Mapping[str, int]
    oldest_message_at: int
    unknown_messages: int
    roads: Sequence[Traffic]
    memos: int
    feedback: Mapping[str, int]
    free: int
    reserve: bool
    full: bool
    writable: bool
    copies: Copies | None = None
