"""What the agency hears of its nodes: their heartbeats, and whether two machines run under one name."""

from typing import Any, Final

from store import clones
from store.clones import Heard, Run
from sync.heartbeat import Heartbeat

CLONED: Final = "cloned"
"""The reason of a `conflict` that only two machines of one name can cause, and the notice to that node's desk."""


def hear(connection: Any, node: str, beat: Heartbeat, stamp: int, now: int) -> bool:
    """Keep what a node said of itself; returns whether two machines use its name."""
    before = _heard(connection, node)
    runs = {
        epoch: Run(first, newest)
        for epoch, first, newest in connection.execute(
            "SELECT epoch, first, newest FROM heartbeat_run WHERE node = ? AND epoch IN (?, ?)",
            (node, before.epoch, beat.epoch),
        )
    }
    after = clones.hear(before, runs.get(before.epoch), runs.get(beat.epoch), beat.epoch, stamp, now)
    connection.execute(
        "INSERT INTO heartbeat_run VALUES (?, ?, ?, ?) ON CONFLICT (node, epoch)"
        " DO UPDATE SET newest = max(newest, excluded.newest)",
        (node, beat.epoch, stamp, stamp),
    )
    _keep(connection, node, after, beat.text, now)
    return after.cloned(now)


def hear_late(connection: Any, node: str, beat: Heartbeat, stamp: int, now: int) -> None:
    """Keep what came on a stick, unless something newer of that node was heard: an old stick is no second machine."""
    newest = connection.execute("SELECT max(newest) FROM heartbeat_run WHERE node = ?", (node,)).fetchone()[0]
    if newest is None or stamp > newest:
        hear(connection, node, beat, stamp, now)


def found_cloned(connection: Any, node: str, now: int) -> None:
    """Two submissions came that only two machines can have made."""
    before = _heard(connection, node)
    _keep(connection, node, Heard(before.epoch, before.returns, now), "{}", now)


def cloned(connection: Any, node: str, now: int) -> bool:
    """Whether two machines use this name."""
    return _heard(connection, node).cloned(now)


def all_cloned(connection: Any, now: int) -> list[str]:
    """Every name that two machines use."""
    rows = connection.execute("SELECT node, epoch, returns, cloned_at FROM heartbeat ORDER BY node").fetchall()
    return [node for node, *heard in rows if Heard(*heard).cloned(now)]


def _heard(connection: Any, node: str) -> Heard:
    row = connection.execute("SELECT epoch, returns, cloned_at FROM heartbeat WHERE node = ?", (node,)).fetchone()
    return Heard(*row) if row else Heard()


def _keep(connection: Any, node: str, heard: Heard, body: str, now: int) -> None:
    connection.execute(
        "INSERT INTO heartbeat VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (node) DO UPDATE SET at = excluded.at,"
        " epoch = excluded.epoch, returns = excluded.returns, cloned_at = excluded.cloned_at, body = excluded.body",
        (node, now, heard.epoch, heard.returns, heard.cloned_at, body),
    )
