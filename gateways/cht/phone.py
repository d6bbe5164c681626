"""The side of the messages: one address that a phone asks, with what it has received and how what it sent went.

Source: the README and the source of medic/cht-gateway 1.x (034e76a). A request carries at most 10 messages and 20
updates; a duplicate `id` is not sent again, and its last status is told once more; what is a week old is forgotten.
Beyond the README an update may say `UNSENT`: the phone has it, and will try, or will try again.
"""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal

import structlog

from flows.errors import CallFault, SendError
from gateways.cht.settings import Settings as Own
from sms import port
from sms.reading import international, is_name, is_number, token
from store.values import Answer, Health, Inbound, Malformed, OptOut, Outgoing, Received, Report, Sent

_State = Literal["sent", "delivered", "failed", "unknown"]

STATES: Final[dict[str, _State]] = {
    "PENDING": "sent",
    "SENT": "sent",
    "DELIVERED": "delivered",
    "FAILED": "failed",
}

_AWAY: Final = 300.0
"""Seconds without a request after which the phone is away."""

_MOST: Final = 500
"""Messages and updates that are read of one request."""

_GATHER: Final = 0.1
"""Seconds for which more is gathered once there is something to offer."""

log = structlog.get_logger("cht")


@dataclass(slots=True)
class _Offer:
    """A message that waits for the phone. `offered`: when last, 0: not yet."""

    message: Outgoing
    offered: float = 0.0
    taken: asyncio.Event = field(default_factory=asyncio.Event)


class Phone:
    """Messages of one phone."""

    Settings: ClassVar[type[port.Settings]] = Own
    capabilities = port.Capabilities(port=1, long="whole", reports=True, idempotent=True)

    def __init__(self, channel: str, settings: Own) -> None:
        self._channel = channel
        self._settings = settings
        self._offers: dict[str, _Offer] = {}
        self._news = asyncio.Event()
        self._asked = 0.0
        self._health = Health("unknown")
        words = f"{settings.username}:{settings.password.get_secret_value()}".encode()
        self._basic = b"Basic " + base64.b64encode(words)

    # What the port asks for of those that are called for each message.

    def read(self, received: Received) -> Inbound | Malformed:
        """The phone never sends one message alone."""
        del received
        return Malformed("no-such-request")

    def read_report(self, received: Received) -> Report | Malformed:
        """Nor a report."""
        del received
        return Malformed("no-such-request")

    def read_optout(self, received: Received) -> OptOut | Malformed:
        """It knows none."""
        del received
        return Malformed("no-such-request")

    def accept(self) -> Answer:
        """What tells the phone that it need not say it again, with nothing to send."""
        return _json(200, {"messages": []})

    async def send(self, message: Outgoing) -> Sent:
        """Offer it to the phone until the phone says that it has it.

        Raises:
            SendError: the phone did not ask (`no-poll`), or did not say whether it has it.
        """
        offer = self._offers[message.mark] = _Offer(message)
        self._news.set()
        try:
            async with asyncio.timeout(self._settings.patience):
                await offer.taken.wait()
        except TimeoutError as late:
            if offer.offered:
                raise SendError("not-confirmed", unknown=True) from late
            raise SendError("no-poll", retry=True) from late
        finally:
            self._offers.pop(message.mark, None)
        return Sent("")

    async def close(self) -> None:
        """There is nothing to give back."""

    async def poll(self, received: Received, commits: port.Commits) -> Answer | Malformed:
        """One request of the phone."""
        if not hmac.compare_digest(_header(received), self._basic):
            return _json(401, {"error": True, "message": "wrong name or password"}, ("WWW-Authenticate", "Basic"))
        self._stand()
        if received.method == "GET":
            return _json(200, {"medic-gateway": True})
        body = _object(received.body)
        if body is None:
            return Malformed("not-ours")
        messages, updates = list(self._messages(body)), list(self._updates(body))
        try:
            for message in messages:
                await _commit(commits.inbound(message))
            for report in updates:
                await _commit(commits.report(report))
                self._confirm(report)
        except Exception:  # noqa: BLE001 - the door has logged it; the phone shall say all of it again
            return _json(503, {"error": True, "message": "not now"})
        if messages:
            await self._gathered()
        return _json(200, {"messages": self._offered()})

    def health(self) -> Health:
        """Whether the phone has asked lately."""
        if self._asked and time.monotonic() - self._asked > _AWAY and self._health.state == "up":
            self._health = Health("down", int(time.time()), "no-poll")
        return self._health

    def _stand(self) -> None:
        self._asked = time.monotonic()
        if self._health.state != "up":
            self._health = Health("up", int(time.time()), self._health.fault)

    def _messages(self, body: dict[str, Any]) -> Iterator[Inbound]:
        """What can be a message; one that cannot would come for ever, with all that is behind it."""
        for one in _list(body, "messages"):
            name, text = one.get("id"), one.get("content")
            number = international(str(one.get("from", "")), self._settings.national)
            if not isinstance(name, str) or not is_name(name):
                log.warning("message not taken", channel=self._channel, reason="message-id")
            elif not is_number(number):
                log.warning("message not taken", channel=self._channel, reason="not-a-phone")
            else:
                yield Inbound(self._channel, name, number, "", text if isinstance(text, str) else "")

    def _updates(self, body: dict[str, Any]) -> Iterator[Report]:
        for one in _list(body, "updates"):
            mark = one.get("id")
            if isinstance(mark, str) and is_name(mark):
                state = STATES.get(str(one.get("status")), "unknown")
                reason = token(str(one.get("reason", ""))) if state == "failed" else ""
                yield Report(self._channel, "", state, reason, mark)

    def _confirm(self, report: Report) -> None:
        """Whatever the phone says of a message, it has it."""
        if offer := self._offers.get(report.mark):
            offer.taken.set()

    async def _gathered(self) -> None:
        """Wait for the answers to what has just been heard: the next time is a minute away."""
        self._news.clear()
        if self._due():
            return
        try:
            async with asyncio.timeout(self._settings.linger):
                await self._news.wait()
        except TimeoutError:
            return
        await asyncio.sleep(_GATHER)

    def _due(self) -> list[_Offer]:
        before = time.monotonic() - self._settings.offer_again
        return [offer for offer in self._offers.values() if not offer.offered or offer.offered < before]

    def _offered(self) -> list[dict[str, str]]:
        due = self._due()
        for offer in due:
            offer.offered = time.monotonic()
        return [{"id": one.message.mark, "to": one.message.msisdn, "content": one.message.text} for one in due]


async def _commit(work: Any) -> None:
    """A message that will never be taken need not come again."""
    try:
        await work
    except CallFault as fault:
        log.warning("message not taken", reason=fault.code)


def _header(received: Received) -> bytes:
    return received.headers.get("Authorization", "").encode("utf-8", "replace")


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _list(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A list may be absent, null or empty; what is no object in it is passed over."""
    found = body.get(name)
    return [one for one in found[:_MOST] if isinstance(one, dict)] if isinstance(found, list) else []


def _json(status: int, body: Any, *headers: tuple[str, str]) -> Answer:
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Answer(status, content, "application/json", headers)
