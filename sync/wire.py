"""The bodies of the native protocol as bytes and back: bounded, tolerant of what is new, strict about what matters."""

import gzip
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Final, get_args

import msgspec
import zstandard

from flows.delivery import Said
from flows.errors import Protocol
from store.values import Outcome, StatusEvent
from sync.port import Events, Results

BATCH_TYPE: Final = "application/cloudevents-batch+json"
JSON_TYPE: Final = "application/json"

COMPRESS_ABOVE: Final = 1024
"""Bytes above which a body travels compressed."""

LONGEST: Final = 16 * 1024 * 1024
"""Bytes that any body may have when unpacked; more is not read."""

_GZIP_LEVEL: Final = 6
_ZSTD_LEVEL: Final = 3  # gzip's size at a fifth of the work
_SAID: Final = frozenset(get_args(Said)) - {"carried"}
_FINAL: Final = frozenset({"accepted", "invalid", "conflict", "forgotten"})


_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Result(msgspec.Struct):
    id: str
    status: str
    agency_ref: str = ""
    reason: str = ""
    fields: tuple[str, ...] = ()
    retry_after: _Count = 0


class _Results(msgspec.Struct):
    results: tuple[_Result, ...]
    max_batch: _Count = 0
    notices: tuple[str, ...] = ()
    held: Annotated[int, msgspec.Meta(ge=-1)] = -1


_plain: Final = msgspec.json.Decoder(_Results)


def batch_of(events: Iterable[bytes]) -> bytes:
    """Join events, each exactly as it was fixed at intake, to one JSON array."""
    return b"[" + b",".join(events) + b"]"


def pack(body: bytes, *, zstd: bool) -> tuple[bytes, str]:
    """Compress a long body; returns it with its Content-Encoding ("" when it stays as it is)."""
    if len(body) <= COMPRESS_ABOVE:
        return body, ""
    if zstd:
        return zstandard.compress(body, _ZSTD_LEVEL), "zstd"
    return gzip.compress(body, _GZIP_LEVEL, mtime=0), "gzip"


def unpack(body: bytes, encoding: str) -> bytes:
    """Undo a Content-Encoding; raises ValueError for an unknown one, broken bytes, or more than `LONGEST`."""
    match encoding.strip().lower():
        case "" | "identity":
            plain = body
        case "gzip" | "x-gzip":
            plain = _read(gzip.GzipFile(fileobj=io.BytesIO(body)))
        case "zstd":
            plain = _read(zstandard.ZstdDecompressor().stream_reader(body))
        case _:
            raise ValueError("unknown Content-Encoding")
    if len(plain) > LONGEST:
        raise ValueError("the body is too long")
    return plain


def _read(source: Any) -> bytes:
    try:
        return bytes(source.read(LONGEST + 1))
    except (OSError, EOFError, zstandard.ZstdError) as fault:
        raise ValueError("the body is not what its Content-Encoding says") from fault


def _object(body: bytes, member: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Protocol("the signed answer is not JSON") from None
    if not isinstance(found, dict) or not isinstance(found.get(member), list):
        raise Protocol(f"the signed answer has no list {member!r}")
    return found


def _whole(value: Any) -> int:
    """Read a count that may be absent, null or written as text; anything else is 0."""
    try:
        return max(0, int(value))
    except (TypeError, ValueError, OverflowError):
        return 0


def _count(value: Any) -> int:
    """Read a count that may be absent: -1 for anything that is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else -1


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def read_results(body: bytes, *, hub: bool = False) -> Results:
    """Read an answer to a batch; a record whose result cannot be understood counts as not mentioned.

    Only a `hub` may answer `carried`: an agency that did would have taken nothing.
    """
    said = _SAID | {"carried"} if hub else _SAID
    try:
        # As nearly every answer is: each record in the form that is documented. Anything else is read with patience.
        found = _plain.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _patiently(body, said)
    outcomes = tuple(
        Outcome(one.id, one.status, one.agency_ref, one.reason, one.fields, one.retry_after)  # type: ignore[arg-type]  # in `said`
        for one in found.results
        if one.status in said
    )
    return Results(outcomes, found.max_batch, notices=found.notices, held=found.held)


def _patiently(body: bytes, said: frozenset[str]) -> Results:
    found = _object(body, "results")
    outcomes = tuple(
        Outcome(
            id=result["id"],
            status=result["status"],
            agency_ref=_text(result.get("agency_ref")),
            reason=_text(result.get("reason")),
            fields=_texts(result.get("fields")),
            retry_after=_whole(result.get("retry_after")),
        )
        for result in found["results"]
        if isinstance(result, dict) and isinstance(result.get("id"), str) and _text(result.get("status")) in said
    )
    return Results(
        outcomes, _whole(found.get("max_batch")), notices=_texts(found.get("notices")), held=_count(found.get("held"))
    )


def read_events(body: bytes, *, hub: bool = False) -> Events:
    """Read one answer of a status feed; raises `Protocol` for an event without its identity, so none is skipped.

    A `hub` also tells in its feed what an agency said of each submission.
    """
    found = _object(body, "events")
    outcomes = []
    if hub:
        outcomes = [_outcome(event) for event in found["events"] if _is_final(event)]
    events = tuple(_event(event) for event in found["events"] if not (hub and _is_final(event)))
    following = found.get("next")
    return Events(
        events,
        str(following) if isinstance(following, str | int) else "",
        outcomes=tuple(outcomes),
        notices=_texts(found.get("notices")),
        held=_count(found.get("held")),
    )


def _is_final(event: Any) -> bool:
    return isinstance(event, dict) and _text(event.get("status")) in _FINAL


def _outcome(event: dict[str, Any]) -> Outcome:
    return Outcome(
        id=_text(event.get("id")),
        status=event["status"],
        agency_ref=_text(event.get("agency_ref")),
        reason=_text(event.get("reason")),
        fields=_texts(event.get("fields")),
        reference=_text(event.get("reference")),
    )


def _event(event: Any) -> StatusEvent:
    if not isinstance(event, dict) or _whole(event.get("seq")) < 1 or not _text(event.get("status")):
        raise Protocol("a signed status has no seq or no status")
    params = event.get("params")
    return StatusEvent(
        seq=_whole(event["seq"]),
        id=_text(event.get("id")),
        reference=_text(event.get("reference")),
        status=_text(event["status"]),
        reason=_text(event.get("reason")),
        fields=_texts(event.get("fields")),
        params=params if isinstance(params, dict) else {},
        source=_text(event.get("source")),
        at=_moment(event.get("at")),
    )


def _moment(value: Any) -> int:
    """Read an RFC 3339 time as epoch seconds; 0 for anything else."""
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        return 0
    return max(0, int(moment.timestamp())) if moment.tzinfo is not None else 0
