"""What happened to a request, hop by hop, in the words of whoever reads: the same trail that `sala prove` prints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flows.delivery import UNDELIVERED
from store.values import Hop

if TYPE_CHECKING:
    from console.reading import Reader
    from console.visit import Visit

_OUTCOMES: Final = frozenset(
    {
        "accepted", "duplicate", "carried", "on_stick", "sent",
        "invalid", "conflict", "permanent", "retry", "too_new", "missing",
        "unknown", "stopped", "away", "lost", "failed", "busy", "auth", "protocol",
    }
)  # fmt: skip
"""Outcomes of an attempt that have words, as `out_...`."""

_ROADS: Final = frozenset({"http", "bundle", "sms", "hub"})


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened; `proof` is what can be checked of it, for whoever doubts."""

    at: str
    text: str
    proof: str = ""


def steps(visit: "Visit", reader: "Reader", hops: Sequence[Hop]) -> Iterator[Step]:
    """The trail of one request, as far as the agencies of her scope are concerned."""
    for hop in hops:
        if hop.agency and not visit.scope.serves(hop.agency):
            continue
        if hop.kind == "delivery" and hop.what in UNDELIVERED:
            continue
        yield Step(visit.moment(hop.at), _words(visit, reader, hop), _proof(hop))


def on_stick(hop: Hop) -> bool:
    """Whether this is where it was written into a file for a stick."""
    return hop.kind == "attempt" and hop.what == "on_stick"


def _words(visit: "Visit", reader: "Reader", hop: Hop) -> str:
    say, facts = visit.say, hop.details
    match hop.kind:
        case "submission":
            by = say.get(f"by_{facts['by']}", "")
            doubt = f" {say['clock_doubtful']}" if facts["clock"] == "doubtful" else ""
            n = hop.what.removeprefix("revision ")
            taken = say["hop_taken"] if n == "1" else say["hop_anew"].format(n=n)
            return f"{taken} {by}{doubt}"
        case "attempt":
            road = say[f"road_{facts['road']}"] if facts["road"] in _ROADS else facts["road"]
            outcome = say[f"out_{hop.what}"] if hop.what in _OUTCOMES else hop.what
            return f"{hop.agency} · {road}: {outcome}"
        case "delivery":
            under = f" {say['hop_number'].format(n=facts['agency_ref'])}" if facts["agency_ref"] else ""
            why = reader.reason(facts["reason"])
            said = say[f"state_{hop.what}"]
            return f"{hop.agency}: {said}{under}{f' ({why})' if why else ''}"
        case "status":
            why = reader.reason(facts["reason"])
            late = "" if facts["applied"] else f" {say['hop_late']}"
            return f"{hop.agency}: {say.get(f'state_{hop.what}', hop.what)}{f' ({why})' if why else ''}{late}"
        case "officer":
            note = f": {facts['note']}" if facts["note"] else ""
            return f"{say[f'act_{hop.what}']} · {facts['by']}{note}"
        case "message":
            state = say.get(f"sms_{facts['state']}", facts["state"])
            return f"{say['hop_sms'].format(kind=say.get(f'kind_{hop.what}', hop.what))}: {state}"


def _proof(hop: Hop) -> str:
    """What was signed, and over what."""
    if hop.kind == "submission":
        return f"{hop.digest} · id {hop.details['id']} · {hop.details['sequence']}/{hop.details['epoch']}"
    if hop.kind == "delivery" and hop.details.get("webhook_id"):
        facts = hop.details
        return f"{facts['webhook_id']} · {facts['webhook_timestamp']} · {facts['webhook_signature']}"
    return ""
