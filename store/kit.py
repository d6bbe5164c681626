"""What the gateways' kits share: a dialogue that only counts, a clock whose hands are moved, a finding in plain words.

It ships with Sala, so that an operator's engineer can prove a gateway without the project's tests.
"""

import contextlib
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, runtime_checkable

import msgspec

from flows.turn import Heard, Moment, Screen, Text, Turn
from store.clock import Clock
from store.mind import Mind
from store.values import Received

NUMBER: Final = "+8562055512345"
"""An invented number, which the kits' phones have unless they say otherwise."""

NOON: Final = 1_795_410_000
"""2026-11-23, noon in Vientiane: no quiet hours come into it."""

GREETING: Final = "ສະບາຍດີ"
SILENCED: Final = "STOP"


class Failed(Exception):  # noqa: N818 - a finding of the kit's, which its reader reads
    """The gateway does not do what the port promises."""


def expect(found: object, wanted: object, what: str) -> None:
    """Raise `Failed` with both when they differ."""
    if found != wanted:
        raise Failed(f"{what}: expected {wanted!r}, got {found!r}")


class DoesNotApply(Exception):  # noqa: N818 - a finding of the kit's as well
    """This promise has no meaning for this gateway, and why."""


@runtime_checkable
class Rude(Protocol):
    """An operator that does not speak HTTP, and can send more than it may."""

    async def oversize(self) -> bool:
        """Send something far too large; whether it was refused."""


def applies(truth: object, otherwise: str) -> None:
    """Raise `DoesNotApply` with the reason when it is not so."""
    if not truth:
        raise DoesNotApply(otherwise)


def must(truth: object, what: str) -> None:
    """Raise `Failed` when it is not so."""
    if not truth:
        raise Failed(what)


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self._wall = float(NOON)
        self._ticks = 1000.0

    def go(self, seconds: float) -> None:
        """Let this much time pass."""
        self._wall += seconds
        self._ticks += seconds

    def clock(self) -> Clock:
        """A node's clock with these hands."""
        return Clock("Asia/Vientiane", lambda: self._wall, lambda: self._ticks)


class Inputs(msgspec.Struct, array_like=True):
    """All that the counting dialogue keeps."""

    heard: list[str] = []


def words(inputs: Sequence[str]) -> str:
    """What the counting dialogue says after these inputs: how many, and the last."""
    return f"{len(inputs)} {inputs[-1] if inputs else GREETING}"


def _hear(_office: Any, talk: Inputs | None, _person: Any, heard: Heard, _moment: Moment) -> Turn:
    """Say how much was heard and what came last; `bye` ends, `STOP` is answered by nothing."""
    inputs = list(heard.dialled) if heard.fresh else [*(talk.heard if talk else ()), heard.text]
    if heard.channel == "sms":
        if heard.text == "STOP":
            return Turn(None, talk, person=Inputs(["STOP"]))
        said = inputs[-1] if inputs[-1].startswith("SAY ") else ""
        text = said.removeprefix("SAY ") or words(inputs)
        return Turn(None, Inputs(inputs), effects=(Text("answer", text, "en"),), keep_until=2**40)
    end = bool(inputs) and inputs[-1] == "bye"
    return Turn(Screen(words(inputs), end), None if end else Inputs(inputs), dropped="" if end else "unfinished")


def counting_mind() -> Mind:
    """The counting dialogue in the form that the store asks for."""
    return Mind(
        compose=lambda _catalogue: None,
        hear=_hear,
        encode=msgspec.msgpack.encode,
        decode_talk=_decode,
        decode_person=_decode,
        may_text=lambda person, _kind: person is None,
        # By its language a kit sees that the person has said STOP.
        language=lambda person: SILENCED if person else "en",
        try_later=lambda _language: "try later",
        status_text=lambda _office, _news: "",
    )


def _decode(data: bytes | None) -> Inputs | None:
    return msgspec.msgpack.decode(data, type=Inputs) if data else None


_SAMPLES: Final = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b'{"a": {"b": [1]}}',
    b"<a/>",
    b"<!DOCTYPE a>",
    b"%",
    b"=&=",
    b"\xff\xfe",
)
_ODD: Final[tuple[Any, ...]] = (None, 5, -1.5, True, [], {}, "", "\ud800", "9" * 400, [{}], {"a": []})


def strange(good: Sequence[Received], sign: Callable[[Received], Received] | None = None) -> Iterator[Received]:
    """Requests that nobody should send: each good one cut, without a field, with a field of another kind; and noise.

    With `sign` each comes a second time, signed: a gateway that looks at the signature first would see nothing else.
    """
    for one in _strange(good):
        yield one
        if sign is not None:
            yield sign(one)


def _strange(good: Sequence[Received]) -> Iterator[Received]:
    heads: list[Mapping[str, str]] = [{}, {"Content-Type": "application/json"}, {"Content-Type": "text/xml"}]
    for one in good:
        yield from _mangled(one)
        heads.append(one.headers)
    chance = random.Random(7)  # noqa: S311 - the same noise each time
    for sample in (*_SAMPLES, *(chance.randbytes(chance.randrange(60)) for _ in range(100))):
        for head in heads:
            for method in ("POST", "GET"):
                yield Received(sample, method=method, tail="x", query=sample.decode("latin-1"), headers=head)


def _mangled(one: Received) -> Iterator[Received]:
    bodies = [one.body[:cut] for cut in range(0, len(one.body), 7)]
    queries = [one.query[:cut] for cut in range(0, len(one.query), 7)]
    pairs = one.body.split(b"&")
    bodies += [b"&".join([*pairs[:n], *pairs[n + 1 :]]) for n in range(len(pairs))]
    parts = one.query.split("&")
    queries += ["&".join([*parts[:n], *parts[n + 1 :]]) for n in range(len(parts))]
    with contextlib.suppress(ValueError):
        bodies += [json.dumps(value).encode() for value in _other(json.loads(one.body))]
    for body in bodies:
        yield _like(one, body, one.query)
    for query in queries:
        yield _like(one, one.body, query)
    for tail in (*one.tail.split("/"), f"{one.tail}/x", f"{one.tail}/%00"):
        yield Received(one.body, method=one.method, tail=tail, query=one.query, headers=one.headers)


def _other(value: Any) -> Iterator[Any]:
    """The value with one of its parts left out or made another kind."""
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        yield {name: one for name, one in value.items() if name != key}
        for odd in (*_ODD, *_other(inner)):
            yield {**value, key: odd}


def _like(one: Received, body: bytes, query: str) -> Received:
    return Received(body, method=one.method, tail=one.tail, query=query, headers=one.headers)
