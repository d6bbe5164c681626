"""The operator's side for a node that has no operator: takes what is sent and keeps it for the phone in the browser.

It answers as Africa's Talking's `POST /version1/messaging` does, so that the channel's own sender works against it
unchanged, and reports the delivery through the channel's own callback. Nothing here is written to disk.
"""

import asyncio
import hmac
import itertools
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

MOST_NUMBERS: Final = 500
MOST_MESSAGES: Final = 50
# Seconds between the operator's yes and its delivery report, so that one sees the difference in a demonstration.
DELIVERY: Final = 1.0

Tell = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Message:
    """One message that has reached the phone."""

    seq: int
    text: str
    sender: str


class Air:
    """Holds the last messages of the last numbers."""

    def __init__(self, api_key: str, tell: Tell) -> None:
        """Take messages that come with this API key; `tell` carries a delivery report (id, number) to the channel."""
        self._api_key = api_key.encode()
        self._tell = tell
        self._inboxes: OrderedDict[str, deque[Message]] = OrderedDict()
        self._count = itertools.count(1)
        self._reports: set[asyncio.Task[None]] = set()

    def knows(self, api_key: str) -> bool:
        """Whether the sender may send, compared in constant time."""
        return hmac.compare_digest(api_key.encode("utf-8", "replace"), self._api_key)

    def take(self, form: dict[str, str]) -> dict[str, Any]:
        """Deliver one message; the API's answer."""
        number, seq = form.get("to", ""), next(self._count)
        inbox = self._inboxes.setdefault(number, deque(maxlen=MOST_MESSAGES))
        self._inboxes.move_to_end(number)
        if len(self._inboxes) > MOST_NUMBERS:
            self._inboxes.popitem(last=False)
        inbox.append(Message(seq, form.get("message", ""), form.get("from", "")))
        name = f"ATXid_{seq}"
        task = asyncio.get_running_loop().create_task(self._report(name, number))
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)
        recipient = {"statusCode": 101, "number": number, "status": "Success", "cost": "0", "messageId": name}
        return {"SMSMessageData": {"Message": "Sent to 1/1 Total Cost: 0", "Recipients": [recipient]}}

    def inbox(self, number: str, after: int) -> list[Message]:
        """What the number has got since then, oldest first."""
        return [message for message in self._inboxes.get(number, ()) if message.seq > after]

    async def close(self) -> None:
        """Forget the reports that are still on their way."""
        for task in tuple(self._reports):
            task.cancel()

    async def _report(self, name: str, number: str) -> None:
        await asyncio.sleep(DELIVERY)
        await self._tell(name, number)
