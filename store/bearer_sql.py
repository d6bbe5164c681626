"""The statements of the SMS bearer."""

from typing import Final

FRAMES: Final = (
    "SELECT seq, epoch, number, page, texts, arrived, sends, due_at FROM bearer_frame"
    " WHERE agency = ? AND seq IN (SELECT value FROM json_each(?))"
)

BY_NUMBER: Final = (
    "SELECT seq, epoch, number, page, texts, arrived, sends, due_at FROM bearer_frame"
    " WHERE agency = ? AND epoch = ? AND number IN (SELECT value FROM json_each(?))"
)

PUT_FRAME: Final = (
    "INSERT INTO bearer_frame (agency, seq, epoch, number, page, texts, arrived, sends, due_at, at)"
    " VALUES (?, ?, ?, ?, ?, ?, 0, 1, ?, ?) ON CONFLICT (agency, seq) DO UPDATE SET epoch = excluded.epoch,"
    " number = excluded.number, arrived = CASE WHEN page = excluded.page THEN arrived ELSE 0 END,"
    " page = excluded.page, texts = excluded.texts, sends = sends + 1, due_at = excluded.due_at, at = excluded.at"
)

ARRIVED: Final = "UPDATE bearer_frame SET arrived = arrived | ?, due_at = ? WHERE agency = ? AND seq = ?"

WAIT: Final = "UPDATE bearer_frame SET due_at = ? WHERE agency = ? AND seq = ?"

DROP_FRAMES: Final = "DELETE FROM bearer_frame WHERE agency = ? AND seq IN (SELECT value FROM json_each(?))"

OLD_FRAMES: Final = "DELETE FROM bearer_frame WHERE agency = ? AND at < ?"

ROAD: Final = "SELECT heard, counter, asked_at FROM bearer_road WHERE agency = ?"

OPEN_ROAD: Final = "INSERT INTO bearer_road VALUES (?, 0, 0, 0) ON CONFLICT (agency) DO NOTHING"

ASK: Final = "UPDATE bearer_road SET counter = counter + 1, asked_at = ? WHERE agency = ? RETURNING counter"

HEARD_UP_TO: Final = "UPDATE bearer_road SET heard = max(heard, ?) WHERE agency = ?"

PAGES: Final = "SELECT digest FROM bearer_page WHERE agency = ?"

ADD_PAGE: Final = "INSERT INTO bearer_page VALUES (?, ?) ON CONFLICT (agency, digest) DO NOTHING"

DROP_PAGE: Final = "DELETE FROM bearer_page WHERE agency = ? AND digest = ?"

WAS_HEARD: Final = "SELECT 1 FROM bearer_heard WHERE agency = ? AND life = ? AND number = ?"

ADD_HEARD: Final = "INSERT INTO bearer_heard VALUES (?, ?, ?, ?) ON CONFLICT (agency, life, number) DO NOTHING"

ADD_ANSWER: Final = (
    "INSERT INTO attempt (agency, seq, at, road, outcome, bytes_out, bytes_in, milliseconds, http_status)"
    " VALUES (?, ?, ?, 'sms', ?, 0, 0, 0, 0)"
)
"""What an agency said by SMS, for the trail: it is no attempt of ours, but stands among them."""

ADD_TEXT: Final = "INSERT INTO bearer_inbox (msisdn, text, at) VALUES (?, ?, ?)"

TEXTS: Final = "SELECT id, text FROM bearer_inbox WHERE msisdn = ? ORDER BY id LIMIT ?"

DROP_TEXT: Final = "DELETE FROM bearer_inbox WHERE id = ?"

IDS: Final = (
    "SELECT id FROM submission WHERE seq = (SELECT seq FROM request WHERE reference = ?1)"
    " UNION ALL SELECT id FROM submission WHERE request = (SELECT seq FROM request WHERE reference = ?1)"
    " AND case_revision > 1"
)
"""Every submission of one request: a first one has the request's own number."""
