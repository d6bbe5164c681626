"""Everything that happened to one request, hop by hop, for `sala prove`; no answer and no number is in it."""

import base64
import hashlib
import json

import orjson

from store import road_sql
from store.database import Database
from store.numbers import pack_reference, unpack_id
from store.road import STATES
from store.values import Hop


async def trail(database: Database, reference: str) -> list[Hop]:
    """The hops of a request in the order of time; empty when the reference is unknown."""
    packed = pack_reference(reference)
    found = await database.rows(road_sql.REQUEST_SEQ, (packed,))
    if not found:
        return []
    request = found[0][0]
    submissions = await database.rows(road_sql.SUBMISSIONS_OF, (request, request))
    listed = json.dumps([row[0] for row in submissions])
    hops = [_submission(*row) for row in submissions]
    for agency, seq, at, road, outcome, out, in_, milliseconds, status in await database.rows(
        road_sql.ATTEMPTS_OF, (listed,)
    ):
        details = {"sequence": seq, "road": road, "bytes_out": out, "bytes_in": in_, "ms": milliseconds, "http": status}
        hops.append(Hop(at, "attempt", outcome or "unknown", agency, details=details))
    for agency, seq, state, attempts, code, agency_ref, reason, at, *answer in await database.rows(
        road_sql.DELIVERIES_OF, (listed,)
    ):
        details = {"sequence": seq, "attempts": attempts, "code": code, "agency_ref": agency_ref, "reason": reason}
        details |= _answer(*answer)
        hops.append(Hop(at, "delivery", STATES[state], agency, details=details))
    for agency, seq, status, reason, at, applied in await database.rows(road_sql.EVENTS_OF, (request,)):
        details = {"seq": seq, "reason": reason, "applied": bool(applied)}
        hops.append(Hop(at, "status", status, agency, details=details))
    for agency, seq, at, what, actor, note in await database.rows(road_sql.ACTS_OF, (request,)):
        hops.append(Hop(at, "officer", what, agency, details={"sequence": seq, "by": actor, "note": note}))
    for kind, state, at, attempts, reason, channel, settled_at in await database.rows(road_sql.MESSAGES_OF, (packed,)):
        details = {"state": state, "attempts": attempts, "reason": reason, "channel": channel, "settled_at": settled_at}
        hops.append(Hop(at, "message", kind, details=details))
    return sorted(hops, key=lambda hop: hop.at)


def _answer(message: str | None, stamp: str, signature: str, body: bytes, road: str) -> dict[str, str]:
    """The agency's signed answer, as it travelled; empty when none was kept."""
    if message is None:
        return {}
    travelled = base64.b64encode(body).decode()
    return {
        "webhook_id": message,
        "webhook_timestamp": stamp,
        "webhook_signature": signature,
        "answer": travelled,
        "answer_road": road,
    }


def _submission(
    seq: int, id_: bytes, case_revision: int, at: int, event: bytes | None, digest: bytes | None, under: str
) -> Hop:
    # After its retention the body is gone, and its digest stays.
    kept = hashlib.sha256(event).digest() if event else digest
    envelope = orjson.loads(event) if event else {}
    details = {
        "by": envelope.get("data", {}).get("channel", ""),
        "sequence": seq,
        "epoch": envelope.get("epoch", ""),
        "clock": envelope.get("clock", ""),
        "id": unpack_id(id_),
        "bytes": len(event or b""),
        "sealed": "yes" if "data_base64" in envelope else "",
        "body": "" if event else "gone after its retention",
        "trial": "yes, so it goes to nobody" if envelope.get("data", {}).get("trial") else "",
        "under": under,
    }
    return Hop(
        at, "submission", f"revision {case_revision}", digest=f"sha256:{kept.hex()}" if kept else "", details=details
    )
