"""Our own sender for Africa's Talking: one form for each message."""

from urllib.parse import urlencode

from sms.gateways.africastalking_wire import Settings, fields, is_premium
from sms.poster import Poster
from store.values import Outgoing


class HttpSender:
    """Sends by a `Poster`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._poster = Poster(settings.send_timeout)

    async def post(self, message: Outgoing) -> tuple[int, bytes]:
        """The answer's status and body; raises SendError when there is none."""
        settings = self._settings
        base = settings.content_url if is_premium(settings, message) else settings.base_url
        form = urlencode(fields(settings, message)).encode()
        status, body, _ = await self._poster.request(
            "POST", f"{base}/version1/messaging", body=form, headers=self._headers()
        )
        return status, body

    async def close(self) -> None:
        """Close the connections."""
        await self._poster.close()

    def _headers(self) -> dict[str, str]:
        return {
            "apiKey": self._settings.api_key.get_secret_value(),
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "sala",
        }
