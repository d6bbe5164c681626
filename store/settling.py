"""How a message went, written: sent, put off, moved to another channel, unknown; its parts and its reports joined."""

import json
from collections.abc import Sequence
from typing import Final, Literal

from flows.errors import SendError
from store import message_sql, sql
from store.database import Database
from store.numbers import unpack_number
from store.post import STAYS
from store.routes import Routes
from store.values import MessageState, Part, Report, Sent

FINAL: Final[frozenset[MessageState]] = frozenset({"delivered", "failed", "expired", "replaced"})

# A report never takes a message back: `delivered` after `failed` is news, `sent` after `delivered` is late.
_RANK: Final = {"sending": 0, "claimed": 0, "queued": 0, "unknown": 1, "sent": 2, "failed": 3, "delivered": 4}

_State = Literal["sent", "delivered", "failed", "unknown"]


def mark(id_: int, at: int) -> str:
    """Our own name of a message: its row and its time, so that a restored disk never takes another's report for it."""
    return f"{id_:x}-{at:x}"


async def settle(
    database: Database,
    routes: Routes,
    row: int,
    outcome: Sent | SendError,
    now: int,
    again_at: int,
    price: int,
) -> str:
    """Write the outcome; the caller commits. Returns the channel that the message was moved to, if it was."""
    rows = await database.rows(message_sql.PRICED, (price, now, row))
    if not rows:
        return ""
    channel, state, tried, kind, cut, number, done = rows[0]
    if state in FINAL or state == "sent":
        # Its report was quicker than the answer, and is the better witness.
        if isinstance(outcome, Sent):
            await database.rows(message_sql.NAMED, (outcome.gateway_id or None, outcome.cost, row))
            await _join_early(database, row, channel, outcome)
        return ""
    if isinstance(outcome, Sent):
        await _sent(database, row, channel, outcome, whole=not cut)
    elif outcome.unknown and not outcome.retry:
        await leave(database, [row], "unknown")
    elif outcome.retry:
        if outcome.unknown:
            tried = message_sql.HERE_ONLY
            await database.rows(message_sql.BIND, (tried, row))
        stays = done or tried == message_sql.HERE_ONLY or outcome.code in KEPT or kind in STAYS
        other = "" if stays else routes.after(channel, tried, unpack_number(number))
        await _put_off(database, row, channel, tried, other, now, again_at)
        return other
    else:
        await finish(database, [row], "failed", outcome.code)
    return ""


KEPT: Final = frozenset({"budget", "number-rate", "stopped"})
"""Ways to fail that are this node's own rule or end, and no word of the channel's: the message waits where it is."""


async def _put_off(database: Database, row: int, channel: str, tried: str, other: str, now: int, again_at: int) -> None:
    if other:
        moved = await database.rows(message_sql.MOVE, (other, channel, row, row))
        ids = [id_ for (id_,) in moved]
        # The message itself is still marked as under way, so it is not among them.
        await database.rows(message_sql.FOLLOW, (other, json.dumps(ids)))
        await database.rows(message_sql.MOVED, (other, f"{tried}{channel},", row))
        # No part has left, so what was said of one was said by the channel that it did not go by.
        await database.rows(message_sql.FORGET_PARTS, (row,))
        await database.rows(message_sql.TAKE_ALONG, (other, now, row))
    else:
        # All have refused it: when its time comes, it begins anew with the one it is at.
        if tried != message_sql.HERE_ONLY:
            await database.rows(message_sql.TRIED_ALL, (row,))
        await database.rows(message_sql.LATER, (again_at, row))
        await database.rows(message_sql.AFTER_IT, (again_at, row, row, again_at, row))
    await database.rows(sql.SET_MESSAGE_STATE, ("queued", json.dumps([row])))


async def leave(database: Database, ids: Sequence[int], state: MessageState) -> None:
    """Take messages out of the queue; whose they are stays until the report or the sweep."""
    if ids:
        listed = json.dumps(list(ids))
        await database.rows(sql.UNQUEUE, (listed,))
        await database.rows(sql.SET_MESSAGE_STATE, (state, listed))


async def finish(database: Database, ids: Sequence[int], state: MessageState, reason: str) -> None:
    """Nothing more will happen to these messages."""
    if ids:
        await database.rows(sql.UNQUEUE, (json.dumps(list(ids)),))
        await database.many(message_sql.SETTLED, [(state, reason, id_) for id_ in ids])


async def _sent(database: Database, id_: int, channel: str, sent: Sent, *, whole: bool) -> None:
    # One without a name of its gateway's would be found by every report that names none.
    named = (sent.gateway_id or None, sent.cost, id_)
    await database.together([(sql.UNQUEUE, [(json.dumps([id_]),)]), (message_sql.SENT, [named])])
    await _join_early(database, id_, channel, sent)
    if not whole:
        await _whole(database, id_, "")


async def _join_early(database: Database, id_: int, channel: str, sent: Sent) -> None:
    if not sent.gateway_id:
        return
    for state, reason in await database.rows(message_sql.EARLY, (channel, sent.gateway_id)):
        await _reported(database, id_, state, reason)


async def part_sent(database: Database, row: int, part: Part, sent: Sent, *, now: int, price: int) -> None:
    """Note one part as sent; the caller commits."""
    channel = (await database.rows(message_sql.STANDING, (row,)))[0][0]
    await database.rows(message_sql.DONE, (part.number, part.total, price, price, now, row))
    await database.rows(message_sql.ADD_PART, (row, part.number, sent.gateway_id, "sent"))
    for state, reason in await database.rows(message_sql.EARLY, (channel, sent.gateway_id)):
        await _part_reported(database, row, part.number, state, reason)


async def report(database: Database, report: Report, now: int) -> None:
    """Join a report to its message, or keep it for one that is still being sent; the caller commits."""
    if not report.mark and not report.gateway_id:
        return
    if report.mark:
        found = await _by_mark(database, report)
        if report.gateway_id:
            await _late_name(database, report, found)
    else:
        pair = (report.gateway_id, report.channel)
        rows = await database.rows(message_sql.BY_GATEWAY, (*pair, *pair))
        found = [(row[0], row[1]) for row in rows if row[0] == rows[0][0]]
        if not found:
            await _keep(database, report, now)
    for id_, part in found:
        if part:
            await _part_reported(database, id_, part, report.state, report.reason)
        else:
            await _reported(database, id_, report.state, report.reason)


async def _keep(database: Database, report: Report, now: int) -> None:
    """For a message whose send has not returned; of several reports the one that says most."""
    known = await database.rows(message_sql.KEPT_EARLY, (report.channel, report.gateway_id))
    if not known or _RANK[report.state] > _RANK[known[0][0]]:
        row = (report.channel, report.gateway_id, report.state, report.reason, now)
        await database.rows(message_sql.ADD_EARLY, row)


async def _late_name(database: Database, report: Report, found: Sequence[tuple[int, int]]) -> None:
    """The gateway says after all by which id it will report, and may have done so already."""
    for id_, part in found:
        if part:
            await database.rows(message_sql.ADD_PART, (id_, part, report.gateway_id, "sent"))
        else:
            await database.rows(message_sql.NAME, (report.gateway_id, id_))
        for state, reason in await database.rows(message_sql.EARLY, (report.channel, report.gateway_id)):
            await (
                _part_reported(database, id_, part, state, reason) if part else _reported(database, id_, state, reason)
            )


async def _by_mark(database: Database, report: Report) -> list[tuple[int, int]]:
    words = report.mark.split("-")
    try:
        id_, at = int(words[0], 16), int(words[1], 16)
        part = int(words[2]) if words[2:] else 0
        rows = await database.rows(message_sql.BY_MARK, (id_, at, report.channel))
    except (ValueError, IndexError, OverflowError):
        return []
    return [(row[0], part) for row in rows]


async def _part_reported(database: Database, id_: int, part: int, new: _State, reason: str) -> None:
    if new == "unknown":
        return
    states: dict[int, str] = dict(await database.rows(message_sql.PARTS, (id_,)))
    if _RANK[new] > _RANK.get(states.get(part, "queued"), 0):
        await database.rows(message_sql.REPORT_PART, (id_, part, new))
    await _whole(database, id_, reason)


async def _whole(database: Database, id_: int, reason: str) -> None:
    """A long message is as far as the part that is least far, once all are known to have left.

    Until then it stands as the sender has left it: parts that were reported say nothing of one that nobody knows of.
    """
    states = [state for _, state in await database.rows(message_sql.PARTS, (id_,))]
    if "failed" in states:
        await _reported(database, id_, "failed", reason)
        return
    cut = (await database.rows(message_sql.STANDING, (id_,)))[0][4]
    if cut and len(states) == cut:
        await _reported(database, id_, "delivered" if set(states) == {"delivered"} else "sent", reason)


async def _reported(database: Database, id_: int, new: _State, reason: str) -> None:
    # A status that nobody knows changes nothing, least of all the place in the queue of one that is being sent.
    state = (await database.rows(message_sql.STANDING, (id_,)))[0][1]
    if new == "unknown" or _RANK[new] <= _RANK.get(state, 9):
        return
    if new in FINAL:
        await finish(database, [id_], new, reason)
    else:
        await leave(database, [id_], new)
