"""The bytes of a submission: a CloudEvent, fixed at intake and sent unchanged by whatever road."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
import pyrage

from flows.turn import Submit
from store.clock import iso

TYPE: Final = "sala.submission.v1"
COARSE: Final = 3600
"""Seconds to which the time of an anonymous submission is cut: the operator knows to the second who called."""


def event_time(submit: Submit, now: int) -> int:
    """When the submission was taken in, as precisely as it may be told."""
    return now - now % COARSE if submit.anonymous else now


def event_bytes(
    submit: Submit,
    *,
    node: str,
    epoch: str,
    sequence: int,
    msisdn: str,
    now: int,
    seal_to: Sequence[str] = (),
) -> bytes:
    """Return the event. With `seal_to` (age public keys) its data are readable to their owners only.

    Raises:
        TypeError: an answer is not a JSON value.
    """
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": submit.submission_id,
        "source": f"urn:sala:node:{node}",
        "type": TYPE,
        "subject": submit.reference,
        "time": iso(event_time(submit, now)),
        "datacontenttype": "application/json",
        "sequence": str(sequence),
        "epoch": epoch,
        "clock": submit.clock,
    }
    data = _data(submit, msisdn)
    if seal_to:
        event["datacontenttype"] = "application/age"
        event |= {"salaservice": submit.service, "salarevision": submit.revision}
        event["data_base64"] = base64.b64encode(_sealed(orjson.dumps(data), seal_to)).decode()
    else:
        event["data"] = data
    return orjson.dumps(event)


def _data(submit: Submit, msisdn: str) -> dict[str, Any]:
    applicant = {} if submit.anonymous else {"msisdn": msisdn}
    return (
        {
            "service": submit.service,
            "submission": submit.kind,
            "revision": submit.revision,
            "reference": submit.reference,
            "channel": submit.channel,
            "language": submit.language,
            "applicant": applicant,
            "case": {"id": submit.case_id, "revision": submit.case_revision}
            | ({"partial": True} if submit.partial else {}),
            "answers": dict(submit.answers),
            "consent": dict(submit.consent),
            "place": {"pcode": submit.place},
        }
        | ({"flags": list(submit.flags)} if submit.flags else {})
        | ({"trial": True} if submit.trial else {})
    )


def _sealed(data: bytes, keys: Sequence[str]) -> bytes:
    recipients = [pyrage.x25519.Recipient.from_str(key) for key in keys]
    return bytes(pyrage.encrypt(data, recipients))


def answers_of(event: bytes | None) -> Mapping[str, Any]:
    """The answers in an event; empty when they are sealed or no longer kept."""
    if not event:
        return {}
    found: Mapping[str, Any] = orjson.loads(event).get("data", {}).get("answers", {})
    return found
