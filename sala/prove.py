"""`sala prove REF`: one request from the key press to the agency's signed answer, as a trail that a person can read."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flows.delivery import UNDELIVERED
from flows.errors import ConfigFault
from flows.reference import format_reference, is_reference
from sala import evidence, road
from sala.beside import beside
from sala.config import Config
from store.values import Hop

_BY: Final[Mapping[str, str]] = {
    "ussd": "the last key press (USSD)",
    "sms": "a message (SMS)",
    "counter": "the counter",
}
_ROAD: Final[Mapping[str, str]] = {"http": "by HTTP", "bundle": "in a bundle", "sms": "by SMS", "hub": "through a hub"}
_SAID: Final[Mapping[str, str]] = {
    "accepted": "accepted",
    "duplicate": "had it already",
    "carried": "in custody",
    "on_stick": "written into a file for a stick",
    "sent": "sent",
    "invalid": "refused",
    "conflict": "refused: other content under the same id",
    "permanent": "refused the request as a whole",
    "retry": "asked for it later",
    "too_new": "does not know the revision yet",
    "missing": "did not name it in the answer",
    "unknown": "nobody knows what came of it",
    "stopped": "the node was stopped meanwhile",
    "away": "not reached",
    "lost": "no answer",
    "failed": "the agency failed",
    "busy": "the agency was busy",
    "auth": "the agency does not know this node",
    "protocol": "the answer was not signed by the agency",
}
_STATE: Final[Mapping[str, str]] = {
    "queued": "waits for its turn",
    "leased": "is under way now",
    "in_doubt": "may be there; offered again until the agency says so",
    "retry_wait": "waits for another try",
    "carried": "is in custody, on a stick or on its way by SMS; offered again until the agency says so",
    "accepted": "the agency's signed answer: accepted",
    "officer_review": "refused, and with an officer",
    "amended": "refused, and gone on as the next revision",
    "withdrawn": "refused, and withdrawn by an officer",
}

_LOOKED: Final[Mapping[evidence.Verdict, str]] = {
    "good": "checked again just now: signed with the key shared with this agency, and it names this request",
    "relayed": "checked again just now: signed with the key shared with the hub, which passes the agency's word on,"
    " and it names this request",
    "silent": "checked again just now: signed, BUT IT DOES NOT NAME THIS REQUEST",
    "bad": "checked again just now: NOT SIGNED with the key that is shared with this agency today",
    "keyless": "not checked: this agency is not in the configuration",
}


def prove(config: Config, reference: str) -> str:
    """The trail in words; empty when nobody was told this reference.

    Raises:
        ConfigFault: it is no reference at all, or there is no database.
    """
    found = hops(config, reference)
    return "\n".join(told(found, reference, ZoneInfo(config.timezone))) if found else ""


def as_values(config: Config, reference: str) -> list[dict[str, Any]]:
    """The same as plain values; raises as `prove` does."""
    return [asdict(hop) for hop in hops(config, reference)]


def hops(config: Config, reference: str) -> Sequence[Hop]:
    """Everything that happened to it, in the order of time; raises as `prove` does."""
    digits = "".join(reference.split())
    if not is_reference(digits):
        raise ConfigFault(f"{reference}: its check digit is wrong", hint="a reference has nine digits; look again")
    return asyncio.run(_hops(config, digits))


async def _hops(config: Config, reference: str) -> Sequence[Hop]:
    async with beside(config) as memory:
        found = await memory.trail(reference)
    return evidence.looked_at(found, road.shared_keys(config), config.hub.agencies)


def told(found: Sequence[Hop], reference: str, zone: ZoneInfo) -> Iterator[str]:
    """One line for each thing that happened, then how it stands with each agency."""
    yield format_reference("".join(reference.split()))
    for hop in found:
        if hop.kind != "delivery" or hop.what not in UNDELIVERED:
            yield f"{_moment(hop.at, zone)}  {hop.kind:<10}  {_words(hop, zone)}"
    yield ""
    yield from _ends(found)


def _moment(at: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M:%S}"


def _words(hop: Hop, zone: ZoneInfo) -> str:
    match hop.kind:
        case "submission":
            return _submission(hop)
        case "attempt":
            return _attempt(hop)
        case "delivery":
            return f"{hop.agency}: {_delivery(hop)}{_kept(hop)}"
        case "status":
            return _status(hop)
        case "officer":
            note = f": {hop.details['note']}" if hop.details["note"] else ""
            return f"{hop.agency}: {hop.what} by {hop.details['by'] or 'an officer'}{note}"
        case "message":
            return _message(hop, zone)


def _submission(hop: Hop) -> str:
    facts = hop.details
    body = facts["body"] or f"{facts['bytes']} bytes{', sealed to the agency' if facts['sealed'] else ''}"
    clock = ", by a clock in doubt" if facts["clock"] == "doubtful" else ""
    by = _BY.get(facts["by"], "")
    taken = f"{hop.what} on disk{f' with {by}' if by else ''}{clock}; {body}"
    epoch = f" of epoch {facts['epoch']}" if facts["epoch"] else ""
    if facts.get("trial"):
        taken += "; made in a trial, so it goes to no agency"
    return f"{taken}{_under(facts.get('under', ''))}; number {facts['sequence']}{epoch}; id {facts['id']}; {hop.digest}"


def _under(told: str) -> str:
    """The tables and phrases that it was taken under, by the first digits of their digests."""
    if not told:
        return ""
    found = [(name, digest) for some in json.loads(told).values() for name, digest in some.items()]
    return "; under " + ", ".join(f"{name} {digest.partition(':')[2][:12]}" for name, digest in found)


def _attempt(hop: Hop) -> str:
    facts = hop.details
    road = _ROAD.get(facts["road"], facts["road"])
    travelled = f" ({facts['bytes_out']} bytes out, {facts['bytes_in']} back, {facts['ms']} ms, for the whole batch)"
    http = f", HTTP {facts['http']}" if facts["http"] else ""
    return f"{hop.agency} {road}: {_SAID.get(hop.what, hop.what)}{http}{travelled if facts['bytes_out'] else ''}"


def _delivery(hop: Hop) -> str:
    facts = hop.details
    under = f", under its number {facts['agency_ref']}" if facts["agency_ref"] else ""
    why = f" ({', '.join(filter(None, (facts['code'], facts['reason'])))})" if _refused(hop) else ""
    return f"{_STATE.get(hop.what, hop.what)}{why}{under}, after {_times(facts['attempts'])}"


def _kept(hop: Hop) -> str:
    """The agency's signed answer as it was kept, and what came of checking it once more."""
    facts = hop.details
    if not facts.get("webhook_id"):
        return ""
    said = _LOOKED[facts["looked_at"]]
    if facts.get("answer_road") == "sms":
        return f"; its message {facts['webhook_id']}, sealed, {said}"
    stamp = str(facts["webhook_timestamp"])
    when = f" of {datetime.fromtimestamp(int(stamp), UTC):%Y-%m-%d %H:%M:%SZ}" if _is_moment(stamp) else ""
    what = "receipt" if facts.get("answer_road") == "bundle" else "answer"
    return f"; its {what} {facts['webhook_id']}{when}, signature {facts['webhook_signature']}, {said}"


def _is_moment(stamp: str) -> bool:
    return stamp.isdecimal() and len(stamp) < 12  # noqa: PLR2004 - as far as calendars go


def _refused(hop: Hop) -> bool:
    return hop.what in {"officer_review", "amended", "withdrawn"} and bool(hop.details["code"])


def _times(count: int) -> str:
    return "1 attempt" if count == 1 else f"{count} attempts"


def _status(hop: Hop) -> str:
    facts = hop.details
    reason = f" ({facts['reason']})" if facts["reason"] else ""
    late = "" if facts["applied"] else "; too late to count, kept for the record"
    return f"{hop.agency}: {hop.what}{reason}, its event {facts['seq']}{late}"


def _message(hop: Hop, zone: ZoneInfo) -> str:
    facts = hop.details
    settled = facts["settled_at"] and facts["state"] != "queued"
    when = f" at {_moment(facts['settled_at'], zone)}" if settled else ""
    why = f" ({facts['reason']})" if facts["reason"] else ""
    return f"SMS to the citizen by {facts['channel']}, {hop.what}: {facts['state']}{when}{why}"


def _ends(found: Sequence[Hop]) -> Iterator[str]:
    """How it stands: the newest revision at each agency, and what the citizen was told last."""
    newest = {hop.agency: hop for hop in sorted(_of(found, "delivery"), key=lambda hop: int(hop.details["sequence"]))}
    for agency, hop in newest.items():
        statuses = [one for one in _of(found, "status") if one.agency == agency and one.details["applied"]]
        said = f"; it says: {statuses[-1].what}" if statuses else ""
        yield f"{agency}: {_delivery(hop)}{said}"
    messages = _of(found, "message")
    yield f"the citizen's last SMS: {messages[-1].what}, {messages[-1].details['state']}" if messages else "no SMS yet"


def _of(found: Sequence[Hop], kind: str) -> list[Hop]:
    return [hop for hop in found if hop.kind == kind]
