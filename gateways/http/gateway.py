"""The generic HTTP gateway: both sides of an operator, as far as its map has them."""

from typing import TYPE_CHECKING, Any, ClassVar

from gateways import port
from gateways.http.loading import load
from gateways.http.settings import Settings
from gateways.http.sms import Side as SmsSide
from gateways.http.ussd import Side as UssdSide

if TYPE_CHECKING:
    import sms.port
    import ussd.port


class Gateway:
    """One operator by its map."""

    Settings: ClassVar[type[port.Settings]] = Settings
    called: ClassVar[bool] = True

    def __init__(self, channel: str, settings: Any) -> None:
        found = load(settings.map)
        self.ussd: ussd.port.Gateway | None = UssdSide(channel, settings, found, found.ussd) if found.ussd else None
        self.sms: sms.port.Gateway | None = SmsSide(channel, settings, found, found.sms) if found.sms else None
