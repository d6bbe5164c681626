"""The agency's end of the SMS bearer: frames into the inbox, and everything that it owes the nodes by SMS.

A frame that was seen before has no effect, whoever sends it again; it is answered again a few times and then once a
day, since the answer may have been lost. What cannot be opened with an enrolled node's key is dropped without a trace
but a log line.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from sync import signing
from sync.agency import intake, nodes
from sync.agency.nodes import Node
from sync.agency.sealed import Opener
from sync.bearer.acks import Question
from sync.bearer.coder import Unfit
from sync.bearer.frame import FrameFault, Header, Kind, from_text, keys_of, unseal
from sync.bearer.long import joined
from sync.bearer.packer import unpack
from sync.bearer.page import NO_PAGE, Page, PageFault

TABLES: Final = """
CREATE TABLE IF NOT EXISTS bearer_page (
  node TEXT NOT NULL, digest TEXT NOT NULL, id BLOB NOT NULL, body BLOB NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (node, digest)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bearer_frame (
  node TEXT NOT NULL, kind INTEGER NOT NULL, epoch TEXT NOT NULL, number INTEGER NOT NULL, outcome TEXT NOT NULL,
  owed INTEGER NOT NULL, answers INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (node, kind, epoch, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS bearer_owed ON bearer_frame (node, at) WHERE owed = 1;
CREATE TABLE IF NOT EXISTS bearer_part (
  node TEXT NOT NULL, epoch TEXT NOT NULL, number INTEGER NOT NULL, page BLOB NOT NULL, place INTEGER NOT NULL,
  last INTEGER NOT NULL, body BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (node, epoch, number, page, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bearer_node (
  node TEXT PRIMARY KEY, number TEXT NOT NULL, fixed INTEGER NOT NULL, pair BLOB NOT NULL,
  counter INTEGER NOT NULL, told INTEGER NOT NULL,
  told_at INTEGER NOT NULL, heard_at INTEGER NOT NULL, online_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bearer_out (
  id INTEGER PRIMARY KEY AUTOINCREMENT, node TEXT NOT NULL, number TEXT NOT NULL, text TEXT NOT NULL,
  tries INTEGER NOT NULL, due_at INTEGER NOT NULL, at INTEGER NOT NULL
);
"""

MOST_ANSWERS: Final = 8
"""Times that one frame is answered soon: after that whoever replays it costs one message a day, and no more."""

ANSWER_AGAIN: Final = 60
"""Seconds within which a frame that comes again is not answered again."""

ANSWER_STILL: Final = 86_400
"""The same for a frame that was answered so often: its node may still wait for the word, after weeks of bad air."""

TELL_AGAIN: Final = 600
"""Seconds after which a status that a node says it has not heard is told once more."""

PAGES: Final = 400
"""Pages that one node may have here."""

UNREADABLE: Final = "unreadable"
AGAIN: Final = frozenset({"again", "known"})
"""What `take` says of a frame that somebody has sent before: answered once more, or not even that."""

SUBMISSION: Final = 0
_QUESTION: Final = 1

_log = structlog.get_logger("agency")


@dataclass(frozen=True, slots=True)
class Heard:
    """What one message was: the node ("" when it is nobody's), and a word for the log."""

    node: str
    word: str


def prepare(connection: Any) -> None:
    """Make the tables where they are not yet."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            connection.execute(statement)


def identify(connection: Any, headers: Mapping[str, str], body: bytes, now: int) -> Node | None:
    """Return the node that signed a request, and note that it has a link."""
    node = nodes.identify(connection, headers, body)
    if node is not None:
        connection.execute("UPDATE bearer_node SET online_at = ? WHERE node = ?", (now, node.name))
    return node


def keep_pages(connection: Any, node: Node, number: str, bodies: Sequence[bytes], now: int) -> list[str]:
    """Keep a node's pages and the number that its answers go to ("" as it was); returns all it has here by digest.

    Raises:
        PageFault: one of them is none, or another node's.
    """
    pages = [Page.read(body) for body in bodies]
    if any(page.node != node.name and not node.hub for page in pages):
        raise PageFault("the page is another node's")
    _open(connection, node.name)
    connection.execute("UPDATE bearer_node SET pair = ? WHERE node = ?", (keys_of(node.key).pair, node.name))
    if number:
        connection.execute("UPDATE bearer_node SET number = ?, fixed = 1 WHERE node = ?", (number, node.name))
    for page in pages:
        row = (node.name, page.digest, page.id, page.body, now)
        connection.execute("INSERT OR IGNORE INTO bearer_page VALUES (?, ?, ?, ?, ?)", row)
    known = connection.execute(
        "SELECT digest FROM bearer_page WHERE node = ? ORDER BY at DESC LIMIT ?", (node.name, PAGES)
    )
    return [row[0] for row in known]


def take(connection: Any, opener: Opener, text: str, sender: str, now: int) -> Heard:
    """Take one message in: a submission, a part of one, or a question; anything else changes nothing."""
    try:
        frame = from_text(text)
        header = Header.of(frame)
    except FrameFault:
        return Heard("", "no-frame")
    for node in _nodes(connection):
        keys = keys_of(node.key)
        if keys.pair != header.pair:
            continue
        try:
            body = unseal(keys.up, frame)
        except FrameFault:
            continue
        _open(connection, node.name)
        if header.kind == Kind.TALK:
            word = _question(connection, node, header, body, now)
        else:
            word = _submission(connection, opener, node, header, body, now)
        if word not in AGAIN:
            _answer_to(connection, node.name, keys.pair, sender, now)
        return Heard(node.name, word)
    return Heard("", "not-opened")


def _nodes(connection: Any) -> list[Node]:
    rows = connection.execute("SELECT name, secret, hub FROM node ORDER BY at DESC").fetchall()
    return [Node(name, signing.key_of(secret), bool(hub)) for name, secret, hub in rows]


def _open(connection: Any, node: str) -> None:
    connection.execute("INSERT OR IGNORE INTO bearer_node VALUES (?, '', 0, x'', 0, 0, 0, 0, 0)", (node,))


def _answer_to(connection: Any, node: str, pair: bytes, sender: str, now: int) -> None:
    """Answer where the last frame that nobody had sent before came from, unless the node has said where."""
    connection.execute(
        "UPDATE bearer_node SET number = CASE WHEN fixed THEN number ELSE ? END, heard_at = ?, pair = ? WHERE node = ?",
        (sender, now, pair, node),
    )


def _question(connection: Any, node: Node, header: Header, body: bytes, now: int) -> str:
    """Note how far a node has heard; what it has missed is told again."""
    if _seen(connection, node.name, _QUESTION, header) is not None:
        return "again"
    try:
        heard = Question.of(body).heard
    except Unfit:
        return "unreadable"
    _write(connection, node.name, _QUESTION, header, "heard", owed=0, now=now)
    # An agency restored from a backup has not made yet what the node has heard.
    heard = min(heard, connection.execute("SELECT coalesce(max(seq), 0) FROM status").fetchone()[0])
    connection.execute(
        "UPDATE bearer_node SET told = ? WHERE node = ? AND told > ? AND told_at <= ?",
        (heard, node.name, heard, now - TELL_AGAIN),
    )
    connection.execute("UPDATE bearer_node SET told = max(told, ?) WHERE node = ?", (heard, node.name))
    return "question"


def _submission(connection: Any, opener: Opener, node: Node, header: Header, body: bytes, now: int) -> str:
    seen = _seen(connection, node.name, SUBMISSION, header)
    owed = int(seen is None or now - seen[2] >= (ANSWER_AGAIN if seen[1] < MOST_ANSWERS else ANSWER_STILL))
    known = "again" if owed else "known"
    if seen is not None and _is_final(seen[0]):
        return _note(connection, node, header, seen[0], now, owed=owed, word=known)
    whole = body
    if header.kind != Kind.WHOLE:
        fresh = _keep_part(connection, node.name, header, body, now)
        found = _gathered(connection, node.name, header)
        if found is None:
            return _note(connection, node, header, "", now, owed=int(fresh or owed), word="part" if fresh else known)
        whole = found
    event = _rebuilt(connection, node, header, whole)
    if event is None:
        _forget_parts(connection, node.name, header)
        return _note(connection, node, header, UNREADABLE, now, owed=owed, word=UNREADABLE if owed else known)
    try:
        (record,) = intake.read(b"[" + event + b"]")
        (result,) = intake.take(connection, node, [record], now, opener)
    except (intake.Unreadable, intake.Stranger) as fault:
        _log.warning("frame_refused", node=node.name, fault=type(fault).__name__)
        return "refused"
    _forget_parts(connection, node.name, header)
    return _note(connection, node, header, json.dumps(result), now, owed=1, word=str(result["status"]))


def _is_final(outcome: str) -> bool:
    """Say whether the same frame can come to nothing else later (a page may still come, a version be brought up)."""
    return outcome not in {"", UNREADABLE} and json.loads(outcome)["status"] != "too_new"


def _note(connection: Any, node: Node, header: Header, outcome: str, now: int, *, owed: int, word: str) -> str:
    if owed:
        _write(connection, node.name, SUBMISSION, header, outcome, owed=1, now=now)
    return word


def _seen(connection: Any, node: str, kind: int, header: Header) -> tuple[str, int, int] | None:
    """Return (outcome, answers, time) of a frame that was here before."""
    asked = "SELECT outcome, answers, at FROM bearer_frame WHERE node = ? AND kind = ? AND epoch = ? AND number = ?"
    found: tuple[str, int, int] | None = connection.execute(asked, (node, kind, header.epoch, header.number)).fetchone()
    return found


def _write(connection: Any, node: str, kind: int, header: Header, outcome: str, *, owed: int, now: int) -> None:
    connection.execute(
        "INSERT INTO bearer_frame VALUES (?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT (node, kind, epoch, number)"
        " DO UPDATE SET outcome = excluded.outcome, owed = excluded.owed, at = excluded.at",
        (node, kind, header.epoch, header.number, outcome, owed, now),
    )


def _keep_part(connection: Any, node: str, header: Header, body: bytes, now: int) -> bool:
    """Keep one part; returns whether it was not here yet."""
    last = int(header.kind == Kind.LAST)
    row = (node, header.epoch, header.number, header.page, header.index, last, body, now)
    added = connection.execute("INSERT OR IGNORE INTO bearer_part VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    return bool(added.rowcount)


def _gathered(connection: Any, node: str, header: Header) -> bytes | None:
    """Return the whole body once none of its parts is missing."""
    rows = connection.execute(
        "SELECT place, last, body FROM bearer_part WHERE node = ? AND epoch = ? AND number = ? AND page = ?",
        (node, header.epoch, header.number, header.page),
    ).fetchall()
    return joined({place: part for place, _, part in rows}, next((place for place, end, _ in rows if end), None))


def _forget_parts(connection: Any, node: str, header: Header) -> None:
    connection.execute(
        "DELETE FROM bearer_part WHERE node = ? AND epoch = ? AND number = ?", (node, header.epoch, header.number)
    )


def _rebuilt(connection: Any, node: Node, header: Header, body: bytes) -> bytes | None:
    """Return the event's bytes by the page that gives exactly what was packed; None when there is none."""
    for page in _pages(connection, node.name, header.page):
        try:
            return unpack(body, header.epoch, header.number, page)
        except (Unfit, PageFault):
            continue
    return None


def _pages(connection: Any, node: str, page_id: bytes) -> list[Page | None]:
    if page_id == NO_PAGE:
        return [None]
    rows = connection.execute("SELECT body FROM bearer_page WHERE node = ? AND id = ?", (node, page_id)).fetchall()
    return [Page.read(body) for (body,) in rows]
