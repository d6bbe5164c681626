"""What the agency owes its nodes by SMS, put into as few messages as possible and queued to be sent."""

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from sync import signing
from sync.agency.ledger import SUBMISSION, UNREADABLE
from sync.bearer.acks import SPAN, Answer, Partly, Run, Told, Verdict, filled, mark_of, runs_over
from sync.bearer.frame import Header, Kind, PairKeys, keys_of, seal, to_text
from sync.bearer.long import bitmap

LONELY: Final = 7 * 86_400
"""Seconds since its last frame for which a node is told statuses by SMS, if it has not been online since."""

PARTS_KEPT: Final = 30 * 86_400
PARTS_PATIENCE: Final = 6
"""How many times as long an answer waits for the other parts of a long request."""

_AT_ONCE: Final = 64


@dataclass(frozen=True, slots=True)
class _Owed:
    node: str
    number: str
    counter: int
    told: int


def compose(connection: Any, life: str, now: int, patience: int) -> int:
    """Write one message to each node that is owed one, at least `patience` seconds after what it is for; how many."""
    connection.execute("DELETE FROM bearer_part WHERE at < ?", (now - PARTS_KEPT,))
    rows = connection.execute("SELECT node, number, counter, told FROM bearer_node WHERE number <> ''").fetchall()
    return sum(_compose(connection, _Owed(*row), life, now, patience) for row in rows)


def _compose(connection: Any, owed: _Owed, life: str, now: int, patience: int) -> bool:
    frames = connection.execute(
        "SELECT epoch, number, outcome, at FROM bearer_frame WHERE node = ? AND owed = 1 ORDER BY at LIMIT ?",
        (owed.node, SPAN),
    ).fetchall()
    # Parts come one after the other: those of a long request that are on their way are not yet missing.
    frames = [row for row in frames if row[2] or row[3] <= now - PARTS_PATIENCE * patience]
    ripe = len(frames) == SPAN or any(at <= now - patience for *_, at in frames)
    told = _told_already(connection, owed)
    news = _news(connection, owed.node, told) if ripe or _lonely(connection, owed.node, now) else []
    ripe = ripe or any(at <= now - patience for _, at in news)
    keys = _keys(connection, owed.node)
    if not ripe or keys is None:
        return False
    answer = filled(_answer(connection, owed.node, frames), [one for one, _ in news], told)
    if answer == Answer():
        return False
    _send(connection, keys, replace(owed, told=answer.news[-1].seq if answer.news else told), answer, life, now)
    for epoch, number in _spoken_of(answer, frames):
        connection.execute(
            "UPDATE bearer_frame SET owed = 0, answers = answers + 1, at = ? WHERE node = ? AND kind = ? AND epoch = ?"
            " AND number = ?",
            (now, owed.node, SUBMISSION, epoch, number),
        )
    return True


def _answer(connection: Any, node: str, frames: list[tuple[str, int, str, int]]) -> Answer:
    """Say of as many frames as one message holds what became of them, those that wait longest first."""
    for count in range(len(frames), 0, -1):
        answer = _said(connection, node, frames[:count])
        if answer.fits:
            return answer
    return _said(connection, node, frames[:1], plain=True) if frames else Answer()


def _said(connection: Any, node: str, frames: list[tuple[str, int, str, int]], *, plain: bool = False) -> Answer:
    bits: dict[tuple[str, int], bool] = {}
    verdicts: list[Verdict] = []
    partly: list[Partly] = []
    for epoch, number, outcome, _ in frames:
        if not outcome:
            partly.append(Partly(epoch, number, _there(connection, node, epoch, number)))
            continue
        result = {"status": outcome} if outcome == UNREADABLE else json.loads(outcome)
        if result["status"] in {"accepted", "duplicate"}:
            bits[epoch, number] = True
        else:
            fields = () if plain else tuple(result.get("fields", ()))
            verdicts.append(Verdict(epoch, number, result["status"], result.get("reason", ""), fields))
    runs = tuple(
        Run(
            run.epoch,
            run.first,
            bitmap([number - run.first for epoch, number in bits if epoch == run.epoch and run.holds(number)]),
        )
        for run in runs_over([(epoch, number) for epoch, number, *_ in frames])
    )
    return Answer(runs, tuple(verdicts), tuple(partly))


def _there(connection: Any, node: str, epoch: str, number: int) -> int:
    asked = "SELECT place FROM bearer_part WHERE node = ? AND epoch = ? AND number = ?"
    return bitmap([row[0] for row in connection.execute(asked, (node, epoch, number))])


def _spoken_of(answer: Answer, frames: list[tuple[str, int, str, int]]) -> list[tuple[str, int]]:
    named = {(run.epoch, number) for run in answer.runs for number in run.accepted()}
    named |= {(verdict.epoch, verdict.sequence) for verdict in answer.verdicts}
    named |= {(part.epoch, part.sequence) for part in answer.partly}
    return [(epoch, number) for epoch, number, *_ in frames if (epoch, number) in named]


def _told_already(connection: Any, owed: _Owed) -> int:
    """Return up to which status the node was told by SMS, or could hear while it was online."""
    asked = (
        "SELECT MAX(s.seq) FROM status s JOIN bearer_node b ON b.node = s.node WHERE s.node = ? AND s.at <= b.online_at"
    )
    return max(owed.told, connection.execute(asked, (owed.node,)).fetchone()[0] or 0)


def _lonely(connection: Any, node: str, now: int) -> bool:
    asked = "SELECT 1 FROM bearer_node WHERE node = ? AND heard_at > online_at AND heard_at > ?"
    return connection.execute(asked, (node, now - LONELY)).fetchone() is not None


def _news(connection: Any, node: str, told: int) -> list[tuple[Told, int]]:
    rows = connection.execute(
        "SELECT seq, id, reference, status, reason, fields, params, at FROM status WHERE node = ? AND seq > ?"
        " ORDER BY seq LIMIT ?",
        (node, told, _AT_ONCE),
    ).fetchall()
    return [
        (
            Told(seq, reference, mark_of(event), status, reason, tuple(json.loads(fields)), json.loads(params) or None),
            at,
        )
        for seq, event, reference, status, reason, fields, params, at in rows
    ]


def _keys(connection: Any, node: str) -> PairKeys | None:
    """Return the keys of the secret that the node's last frame was sealed with."""
    (pair,) = connection.execute("SELECT pair FROM bearer_node WHERE node = ?", (node,)).fetchone()
    secrets = connection.execute("SELECT secret FROM node WHERE name = ?", (node,)).fetchall()
    found = [keys for (secret,) in secrets if (keys := keys_of(signing.key_of(secret))).pair == pair]
    return found[0] if found else None


def _send(connection: Any, keys: PairKeys, owed: _Owed, answer: Answer, life: str, now: int) -> None:
    """Draw the next number, seal, and queue the message: the number is durable before a byte leaves."""
    header = Header(Kind.TALK, keys.pair, life, owed.counter + 1)
    text = to_text(seal(keys.down, header, answer.to_bytes()))
    connection.execute(
        "UPDATE bearer_node SET counter = ?, told = ?, told_at = CASE WHEN told < ? THEN ? ELSE told_at END"
        " WHERE node = ?",
        (owed.counter + 1, owed.told, owed.told, now, owed.node),
    )
    connection.execute(
        "INSERT INTO bearer_out (node, number, text, tries, due_at, at) VALUES (?, ?, ?, 0, ?, ?)",
        (owed.node, owed.number, text, now, now),
    )


def waiting(connection: Any, now: int) -> list[tuple[int, str, str, int]]:
    """Return the messages that are due: id, number, text, tries."""
    asked = "SELECT id, number, text, tries FROM bearer_out WHERE due_at <= ? ORDER BY id LIMIT 32"
    rows: list[tuple[int, str, str, int]] = connection.execute(asked, (now,)).fetchall()
    return rows


def gone(connection: Any, id_: int) -> None:
    """Forget a message that the gateway has taken."""
    connection.execute("DELETE FROM bearer_out WHERE id = ?", (id_,))


def later(connection: Any, id_: int, due_at: int) -> None:
    """Try a message again."""
    connection.execute("UPDATE bearer_out SET tries = tries + 1, due_at = ? WHERE id = ?", (due_at, id_))
