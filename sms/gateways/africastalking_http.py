"""Our own sender for Africa's Talking: one form over aiohttp, with the moments told apart at which it can fail."""

from urllib.parse import urlencode

import aiohttp

from flows.errors import SendError
from sms.gateways.africastalking_wire import Settings, fields, is_premium
from store.values import Outgoing

# Seconds. Until the connection stands nothing has been sent; after that the message may be on its way.
_CONNECT = 10.0
_WHOLE = 30.0
_LARGEST_ANSWER = 64 * 1024


class HttpSender:
    """Sends over a connection of its own for each message.

    A kept connection may be closed by the other side just while a form is written to it. That could not be told from a
    message taken and not acknowledged, and would leave it unsent for ever; a handshake for each message is the price.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._http: aiohttp.ClientSession | None = None

    async def post(self, message: Outgoing) -> tuple[int, bytes]:
        """The answer's status and body.

        Raises:
            SendError: `retry` when nothing was sent, `unknown` when it was.
        """
        settings = self._settings
        base = settings.content_url if is_premium(settings, message) else settings.base_url
        try:
            async with self._session().post(
                f"{base}/version1/messaging",
                data=urlencode(fields(settings, message)).encode(),
                headers=self._headers(),
                allow_redirects=False,
            ) as answer:
                return answer.status, await answer.content.read(_LARGEST_ANSWER)
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
                timeout=aiohttp.ClientTimeout(total=_WHOLE, sock_connect=_CONNECT),
                trust_env=True,
            )
        return self._http

    def _headers(self) -> dict[str, str]:
        return {
            "apiKey": self._settings.api_key.get_secret_value(),
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "sala",
        }
