"""The `gammu` gateway: one modem, which has a side for messages only."""

from typing import TYPE_CHECKING, ClassVar

import gateways.port
from gateways.gammu.modem import Modem
from gateways.gammu.settings import Settings as Own

if TYPE_CHECKING:
    import sms.port as sms_port
    import ussd.port as ussd_port
    from store.values import Health


class Gateway:
    """One channel over a local modem."""

    Settings: ClassVar[type[gateways.port.Settings]] = Own
    called: ClassVar[bool] = False

    def __init__(self, channel: str, settings: Own) -> None:
        self._modem = Modem(channel, settings)
        self.sms: sms_port.Gateway | None = self._modem
        # A modem cannot answer a service code: it is a phone itself.
        self.ussd: ussd_port.Gateway | None = None

    async def run(self, sink: gateways.port.Sink) -> None:
        """Look into the spool until cancelled."""
        await self._modem.run(sink)

    def health(self) -> "Health":
        """Down while the spool is away, or a message has been waiting for the modem too long."""
        return self._modem.health()
