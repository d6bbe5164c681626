"""The statements of messages after they were claimed: how a send went, its parts, reports, and another channel."""

from typing import Final

STANDING: Final = "SELECT channel, state, tried, kind, cut FROM message WHERE id = ?"

WAITING: Final = "SELECT channel, count(*), min(due_at) FROM message_queue GROUP BY channel ORDER BY channel"

NEWEST: Final = "SELECT coalesce(max(id), 0) FROM message"

TRIED: Final = "SELECT state, reason, at, settled_at, attempts FROM message WHERE id = ? AND channel = ? AND kind = ?"

STATES: Final = "SELECT state FROM message ORDER BY id"

PRICED: Final = (
    "UPDATE message SET price = price + ?, reserved = 0, settled_at = ? WHERE id = ?"
    " RETURNING channel, state, tried, kind, cut, number, done"
)
"""The price, and how the message stands: all that settling it asks, in one statement."""

SENT: Final = "UPDATE message SET state = 'sent', gateway_id = ?, cost = ? WHERE id = ?"

NAMED: Final = "UPDATE message SET gateway_id = ?, cost = ? WHERE id = ?"
"""Sent after all: its report was quicker and stays the last word."""
NAME: Final = "UPDATE message SET gateway_id = ? WHERE id = ? AND gateway_id IS NULL"

LATER: Final = "UPDATE message_queue SET state = 'queued', due_at = ? WHERE id = ?"

AFTER_IT: Final = (
    "UPDATE message_queue SET due_at = ? WHERE number = (SELECT number FROM message_queue WHERE id = ?)"
    " AND spare >= (SELECT spare FROM message_queue WHERE id = ?) AND state = 'queued' AND due_at < ? AND id > ?"
)
"""What the same number is to get after a message that was put off waits with it, so that the order is kept.

Nothing waits with one that is only `spare`.
"""

MOVED: Final = "UPDATE message SET channel = ?, tried = ?, link_id = '' WHERE id = ?"

HERE_ONLY: Final = "="
"""In place of the channels that a message has tried: its own may have it, so it never goes by another."""

BIND: Final = "UPDATE message SET tried = ? WHERE id = ?"

TRIED_ALL: Final = "UPDATE message SET tried = '' WHERE id = ?"

MOVE: Final = (
    "UPDATE message_queue SET channel = ? WHERE channel = ? AND state = 'queued' AND id > ?"
    " AND number = (SELECT number FROM message_queue WHERE id = ?)"
    " AND NOT EXISTS (SELECT 1 FROM message m WHERE m.id = message_queue.id AND m.tried = '=') RETURNING id"
)
"""What the same number is to get after it goes by the other channel too, so that the order is kept."""

AGAIN: Final = (
    "INSERT INTO message_queue (id, channel, number, due_at, state, spare) SELECT id, channel, number, ?, 'queued',"
    " CASE WHEN kind = 'feedback' THEN 1 ELSE 0 END FROM message"
    " WHERE channel = ? AND state = 'unknown' AND number IS NOT NULL AND at >= ? RETURNING id"
)
"""What nobody knows, and a gateway that takes each mark once can be asked."""

TAKE_ALONG: Final = "UPDATE message_queue SET channel = ?, state = 'queued', due_at = ? WHERE id = ?"

FOLLOW: Final = "UPDATE message SET channel = ? WHERE id IN (SELECT value FROM json_each(?))"

SPENT: Final = "SELECT coalesce(sum(price + reserved), 0) FROM message WHERE channel = ? AND settled_at >= ?"
"""Asked once a day and at a start."""

STARTED: Final = (
    "UPDATE message SET state = 'sending', attempts = attempts + 1, price = price + reserved, reserved = ?,"
    " settled_at = ? WHERE id = ? RETURNING channel, number"
)
"""What an attempt reserved that nobody has settled was spent, as far as anybody knows."""

OFTEN: Final = (
    "INSERT INTO often (key, channel, count, at) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE"
    " SET count = excluded.count, at = excluded.at"
)

OFTEN_SINCE: Final = "SELECT key, count, at FROM often WHERE channel = ? AND at > ?"

OLD_OFTEN: Final = "DELETE FROM often WHERE at < ?"

SETTLED: Final = "UPDATE message SET state = ?, reason = ?, number = NULL WHERE id = ?"
"""Nothing more will happen to this message: whose it was is forgotten."""

# --- parts of long messages ------------------------------------------------------------------------------------------

ADD_PART: Final = (
    "INSERT INTO message_part (message, part, gateway_id, state) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (message, part) DO UPDATE SET gateway_id = excluded.gateway_id"
)
"""Of a part that was reported before its send returned only the gateway's id is news."""

REPORT_PART: Final = (
    "INSERT INTO message_part (message, part, gateway_id, state) VALUES (?, ?, '', ?)"
    " ON CONFLICT (message, part) DO UPDATE SET state = excluded.state"
)

DONE: Final = (
    "UPDATE message SET done = ?, cut = ?, price = price + ?, reserved = max(0, reserved - ?), settled_at = ?"
    " WHERE id = ?"
)

FORGET_PARTS: Final = "DELETE FROM message_part WHERE message = ?"

PARTS: Final = "SELECT part, state FROM message_part WHERE message = ?"

# --- reports ---------------------------------------------------------------------------------------------------------

EARLY: Final = "DELETE FROM early_report WHERE channel = ? AND gateway_id = ? RETURNING state, reason"

KEPT_EARLY: Final = "SELECT state FROM early_report WHERE channel = ? AND gateway_id = ?"

ADD_EARLY: Final = (
    "INSERT INTO early_report (channel, gateway_id, state, reason, at) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (channel, gateway_id) DO UPDATE SET state = excluded.state, reason = excluded.reason"
)
"""A report that comes before the send has returned."""

BY_GATEWAY: Final = (
    "SELECT id, 0 AS part FROM message WHERE gateway_id = ? AND channel = ? UNION ALL SELECT m.id, p.part"
    " FROM message_part p JOIN message m ON m.id = p.message WHERE p.gateway_id = ? AND m.channel = ?"
    " ORDER BY id DESC"
)
"""The message, and the part that the report is of (0: of the whole), the newest first: an SMSC that was restarted may
give its ids again."""

BY_MARK: Final = "SELECT id FROM message WHERE id = ? AND at = ? AND channel = ?"

# --- where a number comes from ---------------------------------------------------------------------------------------

CAME: Final = "SELECT key, channel FROM came WHERE key IN (SELECT unhex(value) FROM json_each(?))"

ADD_CAME: Final = (
    "INSERT INTO came (key, channel, day) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE"
    " SET channel = excluded.channel, day = excluded.day"
    " WHERE came.channel <> excluded.channel OR came.day < excluded.day - 30"
)
"""Written at a dial or message, and only when it is news: a month is near enough for the sweep."""
