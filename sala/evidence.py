"""Looks once more at the agencies' signed answers that were kept, for `sala prove`."""

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from flows.errors import Protocol
from store.values import Hop
from sync import signing, wire

Verdict = Literal["good", "relayed", "silent", "bad", "keyless"]
"""Signed and names the request; so by a hub that passed the agency's word on; signed, but does not name it; not signed
with today's key; no key to check it with."""

_GZIP = b"\x1f\x8b"


def looked_at(hops: Sequence[Hop], keys: Mapping[str, bytes], through: Collection[str] = ()) -> list[Hop]:
    """The same hops; to each kept answer `looked_at` is added.

    `keys` are those of each agency's road; the agencies in `through` are reached through a hub.
    """
    ids = {hop.details["sequence"]: hop.details["id"] for hop in hops if hop.kind == "submission"}
    return [_looked_at(hop, ids, keys, through) if "answer" in hop.details else hop for hop in hops]


def _looked_at(hop: Hop, ids: Mapping[int, str], keys: Mapping[str, bytes], through: Collection[str]) -> Hop:
    verdict = check(hop.details, ids.get(hop.details["sequence"], ""), keys.get(hop.agency))
    if verdict == "good" and hop.agency in through:
        verdict = "relayed"
    return replace(hop, details={**hop.details, "looked_at": verdict})


def check(kept: Mapping[str, str], submission: str, key: bytes | None) -> Verdict:
    """Say whether a kept answer is signed with `key` and settles the submission of this id."""
    if key is None:
        return "keyless"
    headers = {
        signing.ID: kept["webhook_id"],
        signing.TIMESTAMP: kept["webhook_timestamp"],
        signing.SIGNATURE: kept["webhook_signature"],
    }
    body = base64.b64decode(kept["answer"])
    if not signing.verify(key, headers, body):
        return "bad"
    try:
        plain = wire.unpack(body, "gzip" if body.startswith(_GZIP) else "")
        named = {one.id for one in wire.read_results(plain).outcomes}
    except (ValueError, Protocol):
        return "silent"
    return "good" if submission in named else "silent"
