"""The `cht` gateway: one phone, which has a side for messages only."""

from typing import TYPE_CHECKING, ClassVar

import gateways.port
from gateways.cht.phone import Phone
from gateways.cht.settings import Settings as Own

if TYPE_CHECKING:
    import sms.port as sms_port
    import ussd.port as ussd_port
    from store.values import Health


class Gateway:
    """One channel over a phone that asks."""

    Settings: ClassVar[type[gateways.port.Settings]] = Own
    called: ClassVar[bool] = True

    def __init__(self, channel: str, settings: Own) -> None:
        self._phone = Phone(channel, settings)
        self.sms: sms_port.Gateway | None = self._phone
        # A phone cannot answer a service code.
        self.ussd: ussd_port.Gateway | None = None

    def health(self) -> "Health":
        """Whether the phone has asked lately."""
        return self._phone.health()
