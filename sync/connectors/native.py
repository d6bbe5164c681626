"""The native agency protocol: signed batches of CloudEvents out, signed results and statuses back."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import ClassVar

import aiohttp
import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from uuid_utils.compat import uuid7

from flows.errors import Protocol, RoadFault
from store.values import SignedAnswer
from sync import heartbeat, signing, wire
from sync.bearer.settings import BearerSettings
from sync.faults import Away, Lost, fault_of
from sync.port import Batch, Events, Results

_CONNECT = 10.0
_PATIENCE = 15.0  # what a long poll may last beyond the wait that was asked for
_CHUNK = 65_536


class NativeSettings(BaseModel):
    """One `[agencies.<id>]` block with `connector = "native"`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https?://[^\s?#]+$", description="where the agency serves /submissions and /statuses")
    secret: SecretStr = Field(description="this node's own, from the agency's enrolment: whsec_...")
    seal_to: list[str] = Field(default_factory=list, description="public keys that bodies are sealed to at intake")
    timeout: float = Field(default=50.0, ge=1.0, le=55.0, description="seconds for one batch; a lease lasts 60")
    bearer: BearerSettings | None = Field(default=None, description="requests by SMS while there is no link")

    @field_validator("secret")
    @classmethod
    def _is_a_secret(cls, value: SecretStr) -> SecretStr:
        signing.key_of(value.get_secret_value())
        return value


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes
    sent: int
    received: int
    signed: SignedAnswer
    their_time: int


class _Known(msgspec.Struct):
    pages: list[str]


class Connector:
    """One agency that speaks the native protocol."""

    Settings: ClassVar[type[BaseModel]] = NativeSettings
    hub: ClassVar[bool] = False
    """Whether the other side may answer that it has taken something into custody."""

    def __init__(self, agency: str, node: str, settings: NativeSettings) -> None:
        """Keep the address and the key; the connection is made with the first request."""
        self.agency = agency
        self._node = node
        self._url = settings.url.rstrip("/")
        self._key = signing.key_of(settings.secret.get_secret_value())
        self._timeout = settings.timeout
        self.bearer = settings.bearer
        self._zstd = False
        self._headers: dict[str, str] = {}
        self.pulse: Callable[[], str] | None = None
        """Gives the heartbeat that goes with every request; None: none goes."""
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, batch: Batch) -> Results:
        """Post the batch, signed as it travels; raises a `RoadFault` unless signed results came back."""
        plain = wire.batch_of(offer.event for offer in batch.offers)
        body, encoding = wire.pack(plain, zstd=self._zstd)
        headers = {"Content-Type": wire.BATCH_TYPE}
        if encoding:
            headers["Content-Encoding"] = encoding
        # A key press may go in between: each of these steps takes most of a millisecond for two hundred requests.
        await asyncio.sleep(0)
        answer = await self._ask("POST", "/submissions", batch.id, self._timeout, headers, body)
        await asyncio.sleep(0)
        return replace(
            wire.read_results(answer.body, hub=self.hub),
            bytes_out=answer.sent,
            bytes_in=answer.received,
            answer=answer.signed,
            their_time=answer.their_time,
        )

    async def statuses(self, cursor: str, wait: int) -> Events | None:
        """Long-poll the status feed for up to `wait` seconds."""
        query = {"wait": str(wait)} | ({"after": cursor} if cursor else {})
        answer = await self._ask("GET", "/statuses", str(uuid7()), wait + _PATIENCE, {}, b"", query)
        events = wire.read_events(answer.body, hub=self.hub)
        signed = replace(answer.signed, road="feed")
        return replace(events, bytes_in=answer.received, their_time=answer.their_time, answer=signed)

    async def pages(self, number: str, bodies: Sequence[bytes]) -> frozenset[str]:
        """Bring pages for the SMS bearer; returns the digests of all that the agency has."""
        parts = [b'{"number":', msgspec.json.encode(number), b',"pages":[', b",".join(bodies), b"]}"]
        body, encoding = wire.pack(b"".join(parts), zstd=False)
        headers = {"Content-Type": wire.JSON_TYPE} | ({"Content-Encoding": encoding} if encoding else {})
        answer = await self._ask("POST", "/bearer/pages", str(uuid7()), self._timeout, headers, body)
        try:
            return frozenset(msgspec.json.decode(answer.body, type=_Known).pages)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Protocol("the signed answer names no pages") from None

    def pushed(self, headers: Mapping[str, str], body: bytes) -> Events:
        """Read statuses that the agency posted to us."""
        if not signing.verify(self._key, headers, body):
            raise Protocol("the statuses are not signed with this agency's secret")
        try:
            events = wire.read_events(wire.unpack(body, headers.get("content-encoding", "")))
        except ValueError as fault:
            raise Protocol(str(fault)) from fault
        return replace(events, their_time=signing.time_of(headers))

    def answer(self, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        """Sign our answer to a push, echoing its id."""
        return signing.sign(self._key, headers.get(signing.ID, ""), int(time.time()), body)

    def bundle_secret(self) -> bytes:
        """Return the key of this node's enrolment."""
        return self._key

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(
        self,
        method: str,
        path: str,
        message_id: str,
        seconds: float,
        headers: dict[str, str],
        body: bytes,
        query: Mapping[str, str] | None = None,
    ) -> _Answer:
        signed = signing.sign(self._key, message_id, int(time.time()), body)
        if self.pulse is not None:
            signed |= heartbeat.signed(self._key, signed, self.pulse())
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=min(_CONNECT, seconds))
        try:
            async with self._open().request(
                method,
                self._url + path,
                params=query,
                data=body or None,
                headers=headers | self._headers | signed,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                return self._check(response, message_id, await _read(response), len(body))
        except RoadFault as fault:
            fault.bytes_out = len(body)
            raise
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as fault:
            raise Away(f"cannot reach the agency: {_why(fault)}") from fault
        except TimeoutError as fault:
            raise _lost(f"no answer within {seconds:.0f} s", body, cut=False) from fault
        except (aiohttp.ClientError, ConnectionError, asyncio.IncompleteReadError) as fault:
            raise _lost(f"the connection broke: {type(fault).__name__}", body, cut=True) from fault

    def _check(self, response: aiohttp.ClientResponse, message_id: str, body: bytes, sent: int) -> _Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        signed = headers.get(signing.ID) == message_id and signing.verify(self._key, headers, body)
        if response.status != 200:  # noqa: PLR2004 - the one code that has results
            self._zstd = self._zstd and response.status != 415  # noqa: PLR2004 - it does not read zstd after all
            raise fault_of(response.status, signed=signed, retry_after=_seconds(headers.get("retry-after", "")))
        if not signed:
            raise Protocol("the answer is not signed by the agency: a captive portal, or a stranger")
        self._zstd = "zstd" in headers.get("accept-encoding", "").lower()
        try:
            plain = wire.unpack(body, headers.get("content-encoding", ""))
        except ValueError as fault:
            raise Protocol(str(fault)) from fault
        kept = SignedAnswer(message_id, headers[signing.TIMESTAMP], headers[signing.SIGNATURE], body)
        return _Answer(plain, sent, len(body), kept, signing.time_of(headers))

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # One request at a time and one long poll: a session of its own keeps a dead agency from the others.
                connector=aiohttp.TCPConnector(limit=4),
                auto_decompress=False,
                headers={"Accept": wire.JSON_TYPE, "Accept-Encoding": "gzip", "User-Agent": f"sala ({self._node})"},
            )
        return self._session


def _lost(message: str, body: bytes, *, cut: bool) -> Lost:
    fault = Lost(message, cut=cut)
    fault.bytes_out = len(body)
    return fault


def _why(fault: Exception) -> str:
    """Why there was no connection, in the operating system's words; no address is in them."""
    if isinstance(fault, aiohttp.ClientConnectorDNSError):
        return "its name is not known here"
    if isinstance(fault, aiohttp.ConnectionTimeoutError):
        return "no connection in time"
    number = fault.os_error.errno if isinstance(fault, aiohttp.ClientConnectorError) else None
    return os.strerror(number).lower() if number else type(fault).__name__


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    length = 0
    async for part in response.content.iter_chunked(_CHUNK):
        parts.append(part)
        length += len(part)
        if length > wire.LONGEST:
            raise Protocol("the answer is too long")
    return b"".join(parts)


def _seconds(text: str) -> float:
    """Read a Retry-After, in seconds or as an HTTP date; 0 when there is none to read."""
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
