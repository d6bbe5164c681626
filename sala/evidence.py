"""Looks once more at the agencies' answers that were kept, signed or sealed as they came, for `sala prove`."""

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from flows.errors import Protocol
from store.values import Hop
from sync import signing, wire
from sync.bearer import acks, frame
from sync.bearer.coder import Unfit
from sync.bundle import container
from sync.bundle.keys import keys_of

Verdict = Literal["good", "relayed", "silent", "bad", "keyless"]
"""Signed and names the request; so by a hub that passed the agency's word on; signed, but does not name it; not signed
with today's key; no key to check it with."""

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Submitted:
    """What an answer may name a submission by: its id, or its number in its epoch ("": the body is gone)."""

    id: str
    sequence: int = 0
    epoch: str = ""


def looked_at(hops: Sequence[Hop], keys: Mapping[str, bytes], through: Collection[str] = ()) -> list[Hop]:
    """The same hops; to each kept answer `looked_at` is added.

    `keys` are those of each agency's road; the agencies in `through` are reached through a hub.
    """
    ours = {
        hop.details["sequence"]: Submitted(hop.details["id"], hop.details["sequence"], hop.details.get("epoch", ""))
        for hop in hops
        if hop.kind == "submission"
    }
    return [_looked_at(hop, ours, keys, through) if "answer" in hop.details else hop for hop in hops]


def _looked_at(hop: Hop, ours: Mapping[int, Submitted], keys: Mapping[str, bytes], through: Collection[str]) -> Hop:
    verdict = check(hop.details, ours.get(hop.details["sequence"], Submitted("")), keys.get(hop.agency))
    if verdict == "good" and hop.agency in through:
        verdict = "relayed"
    return replace(hop, details={**hop.details, "looked_at": verdict})


def check(kept: Mapping[str, str], submitted: Submitted, key: bytes | None) -> Verdict:
    """Say whether a kept answer is signed with `key` and settles this submission."""
    if key is None:
        return "keyless"
    return _CHECKS[kept.get("answer_road", "http")](kept, base64.b64decode(kept["answer"]), submitted, key)


def _http(kept: Mapping[str, str], body: bytes, submitted: Submitted, key: bytes) -> Verdict:
    if not _signed(kept, body, key):
        return "bad"
    return _named(lambda: {one.id for one in wire.read_results(_plain(body)).outcomes}, submitted)


def _feed(kept: Mapping[str, str], body: bytes, submitted: Submitted, key: bytes) -> Verdict:
    if not _signed(kept, body, key):
        return "bad"
    return _named(lambda: {one.id for one in wire.read_events(_plain(body), hub=True).outcomes}, submitted)


def _signed(kept: Mapping[str, str], body: bytes, key: bytes) -> bool:
    headers = {
        signing.ID: kept["webhook_id"],
        signing.TIMESTAMP: kept["webhook_timestamp"],
        signing.SIGNATURE: kept["webhook_signature"],
    }
    return signing.verify(key, headers, body)


def _plain(body: bytes) -> bytes:
    return wire.unpack(body, "gzip" if body.startswith(_GZIP) else "")


def _named(ids: Callable[[], set[str]], submitted: Submitted) -> Verdict:
    try:
        return "good" if submitted.id in ids() else "silent"
    except (ValueError, Protocol):
        return "silent"


def _bundle(kept: Mapping[str, str], body: bytes, submitted: Submitted, key: bytes) -> Verdict:
    try:
        (part,) = container.unpack(body)
        plain = part.opened(keys_of(key))
    except (container.BundleFault, ValueError):
        return "bad"
    facts = (part.header.bundle, str(part.header.created), part.signature)
    if facts != (kept["webhook_id"], kept["webhook_timestamp"], kept["webhook_signature"]):
        return "bad"

    def ids() -> set[str]:
        said = {one.id for one in wire.read_results(plain, hub=True).outcomes}
        return said | {one.id for one in wire.read_events(plain, hub=True).outcomes}

    return _named(ids, submitted)


def _sms(kept: Mapping[str, str], body: bytes, submitted: Submitted, key: bytes) -> Verdict:
    try:
        sealed = frame.from_text(body.decode())
        header = frame.Header.of(sealed)
        opened = frame.unseal(frame.keys_of(key).down, sealed)
    except (frame.FrameFault, ValueError):
        return "bad"
    if f"{header.epoch}-{header.number}" != kept["webhook_id"]:
        return "bad"
    try:
        answer = acks.Answer.of(opened)
    except (Unfit, ValueError, LookupError):
        return "silent"
    named = {(run.epoch, number) for run in answer.runs for number in run.accepted()}
    named |= {(verdict.epoch, verdict.sequence) for verdict in answer.verdicts}
    ours = any(number == submitted.sequence and submitted.epoch in {"", epoch} for epoch, number in named)
    return "good" if ours else "silent"


_CHECKS: Final[Mapping[str, Callable[[Mapping[str, str], bytes, Submitted, bytes], Verdict]]] = {
    "http": _http,
    "feed": _feed,
    "bundle": _bundle,
    "sms": _sms,
}
