"""Our requests to an operator's HTTP API, with the moments told apart at which they can fail."""

from collections.abc import Mapping
from typing import Final

import aiohttp
from pydantic import Field
from yarl import URL

from flows.errors import SendError
from sms import port

# Seconds. Until the connection stands nothing has been sent; after that the message may be on its way.
_CONNECT: Final = 10.0
_LARGEST_ANSWER: Final = 64 * 1024

_AUTH: Final = frozenset({401, 403})
_TOO_MANY: Final = 429
_GATEWAY_TIMEOUT: Final = 504
_SERVER_FAULTS: Final = 500
_LONGEST_PAUSE: Final = 3600


class Settings(port.Settings):
    """What every gateway has that sends over HTTP.

    Attributes:
        send_timeout: seconds after which nobody knows whether a message was taken.
    """

    send_timeout: float = Field(default=30.0, gt=0, le=120)


class Poster:
    """Sends over a connection of its own for each message.

    A kept connection may be closed by the other side just while a request is written to it. That could not be told from
    a message taken and not acknowledged, and would leave it unsent for ever; a handshake for each is the price.
    """

    def __init__(self, whole: float = 30.0) -> None:
        """Wait at most `whole` seconds for an answer."""
        self._whole = whole
        self._http: aiohttp.ClientSession | None = None

    async def request(
        self, method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """The answer's status, its first 64 KiB, and its headers. `url` goes as it stands. Redirects are not followed.

        Raises:
            SendError: `retry` when nothing was sent, `unknown` when it was.
        """
        try:
            async with self._session().request(
                method, URL(url, encoded=True), data=body or None, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status, await answer.content.read(_LARGEST_ANSWER), answer.headers
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as away:
            raise SendError("no-connection", retry=True) from away
        except (TimeoutError, aiohttp.ClientError) as lost:
            raise SendError("no-answer", unknown=True) from lost

    async def close(self) -> None:
        """Close the session."""
        if self._http:
            await self._http.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None or self._http.closed:
            self._http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True),
                timeout=aiohttp.ClientTimeout(total=self._whole, sock_connect=_CONNECT),
                trust_env=True,
            )
            # It would repeat a GET whose connection broke by itself, and the message may have been taken already.
            self._http._retry_connection = False  # noqa: SLF001 - it has no argument for it
        return self._http


def refusal(status: int, headers: Mapping[str, str] | None = None) -> SendError:
    """What an HTTP status that is no success says of a message: mend the account, later, never, or nobody knows."""
    if status in _AUTH:
        return SendError(f"http-{status}", retry=True, ours=True)
    if status == _GATEWAY_TIMEOUT:
        return SendError("http-504", unknown=True)
    later = status == _TOO_MANY or status >= _SERVER_FAULTS
    asked = (headers or {}).get("Retry-After", "")
    pause = min(int(asked), _LONGEST_PAUSE) if later and asked.isascii() and asked.isdecimal() and len(asked) < 6 else 0  # noqa: PLR2004 - digits
    return SendError(f"http-{status}", retry=later, ours=not later, retry_after=pause)
