"""What was collected, for an export: the newest revision of each case of one service, with a name for its sender."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from store.database import Database, Row
from store.hashing import Hashing
from store.numbers import pack_number, unpack_id
from store.scope import Scope

CHUNK: Final = 500
"""Requests read at a time, so that an export of millions holds neither memory nor a long transaction."""


@dataclass(frozen=True, slots=True)
class Collected:
    """One case as it stands.

    Attributes:
        id: of its newest submission. at: UTC epoch seconds. contact: the same for one number within one service, and
            tells nobody which; of an anonymous case its own. msisdn: "" where none was given.
        revision: the digest it was answered under. kind: what was sent (`birth`, `birth-help`).
        readable: False when the body is sealed to others, or gone after its retention; then the rest is empty.
    """

    id: str
    at: int
    contact: str
    msisdn: str = ""
    revision: str = ""
    kind: str = ""
    channel: str = ""
    language: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    readable: bool = True


class Results:
    """Reads requests for an export. Who may have which is the caller's to say, as a scope."""

    def __init__(self, reader: Database, hashing: Hashing) -> None:
        self._reader = reader
        self._hashing = hashing

    async def of(self, service: str, scope: Scope, since: int = 0, until: int = 2**62) -> AsyncIterator[Collected]:
        """Every case of a service taken in from `since` (inclusive) to `until` (exclusive), in the order of intake.

        Trials, and requests that were withdrawn, are not among them.
        """
        condition, values = scope.condition()
        after = 0
        while rows := await self._reader.rows(_statement(condition), (after, service, since, until, *values, CHUNK)):
            for row in rows:
                yield self._collected(service, row)
            after = rows[-1][0]

    def contact(self, service: str, who: str) -> str:
        """The name of a sender within one service: a keyed hash, so that no list of numbers can be tried against it."""
        return self._hashing.contact(service, who)

    def _collected(self, service: str, row: Row) -> Collected:
        _, at, id_, case, event = row
        envelope = orjson.loads(event) if event else {}
        data = envelope.get("data")
        if data is None:
            return Collected(unpack_id(id_), at, "", readable=False)
        msisdn = data.get("applicant", {}).get("msisdn", "")
        who = str(pack_number(msisdn)) if msisdn else bytes(case).hex()
        return Collected(
            unpack_id(id_),
            at,
            self.contact(service, who),
            msisdn,
            data["revision"],
            data["submission"],
            data["channel"],
            data["language"],
            data["answers"],
        )


def _statement(condition: str) -> str:
    return (
        "SELECT r.seq, s.at, s.id, r.case_id, s.event FROM request r JOIN submission s ON s.seq = r.latest"  # noqa: S608 - placeholders, by `Scope`
        " WHERE r.seq > ? AND r.service = ? AND s.at >= ? AND s.at < ? AND r.trial = 0 AND r.status <> 'withdrawn'"
        f" AND {condition} ORDER BY r.seq LIMIT ?"
    )
