"""The `smpp` gateway: one line to an SMSC, with a side for messages and a side for key presses."""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import ClassVar

import structlog

import gateways.port
import sms.port as sms_port
import ussd.port as ussd_port
from flows.errors import CallFault, SendError
from gateways.smpp.line import Line
from gateways.smpp.numbers import Status
from gateways.smpp.options import Options
from gateways.smpp.pdu import Pdu, answer
from gateways.smpp.presses import Presses
from gateways.smpp.receipts import is_receipt
from gateways.smpp.session import Reply
from gateways.smpp.texts import Texts
from store.values import Call, Ended, Health, Malformed
from store.values import Reply as Screen

log = structlog.get_logger("smpp")


class Gateway:
    """One channel over SMPP."""

    Settings: ClassVar[type[gateways.port.Settings]] = Options
    called: ClassVar[bool] = False

    def __init__(self, channel: str, settings: Options) -> None:
        self._channel = channel
        self.line = Line(channel, settings)
        self._texts = Texts(channel, settings, self.line) if settings.messages else None
        self._presses = Presses(channel, settings) if settings.ussd != "none" else None

    @property
    def sms(self) -> sms_port.Gateway | None:
        """The side of the messages; None with `messages = false`."""
        return self._texts

    @property
    def ussd(self) -> ussd_port.Gateway | None:
        """The side of the key presses; None with `ussd = "none"`."""
        return self._presses

    async def run(self, sink: gateways.port.Sink) -> None:
        """Hold the line until cancelled."""
        serving = []
        if self._texts is not None:
            self._texts.attend(sink)
            serving.append(self.line.serve("sms", partial(self._text, self._texts, sink)))
        if self._presses is not None:
            serving.append(self.line.serve("ussd", partial(self._press, self._presses, sink)))
        try:
            await asyncio.gather(*serving)
        finally:
            if self._texts is not None:
                self._texts.attend(None)

    def health(self) -> Health:
        """How the line stands."""
        return self.line.health()

    def figures(self) -> Iterable[tuple[gateways.port.Kind, str, float]]:
        """What the line has done."""
        return self.line.figures()

    async def _text(self, texts: Texts, sink: sms_port.Sink, pdu: Pdu) -> Reply:
        known = None
        try:
            if is_receipt(pdu):
                report = texts.report_of(pdu)
                if isinstance(report, Malformed):
                    return self._refused(pdu, report)
                await sink.report(report)
            else:
                message = texts.message_of(pdu)
                if isinstance(message, Malformed):
                    return self._refused(pdu, message)
                known = await sink.anonymous(message)
        except CallFault as fault:
            return self._refused(pdu, Malformed(fault.code))
        except Exception:  # noqa: BLE001 - the door has logged it; it is not committed, so it must come again
            return Reply(answer(pdu, Status.APP_TEMPORARY))
        return Reply(answer(pdu), known)

    async def _press(self, presses: Presses, sink: ussd_port.Sink, pdu: Pdu) -> Reply:
        call = presses.call_of(pdu)
        if isinstance(call, Malformed):
            return self._refused(pdu, call)
        if isinstance(call, Ended):
            return await self._end(sink, call, pdu)
        try:
            screen = await sink.call(call)
        except ussd_port.Unanswered as fault:
            screen = fault.reply
        except CallFault as fault:
            return self._refused(pdu, Malformed(fault.code))
        except Exception:  # whatever it is, nothing is committed: it may come again
            log.exception("key press not answered", channel=self._channel)
            return Reply(answer(pdu, Status.APP_TEMPORARY))
        # The screen is a request of our own, behind the acknowledgement. A press that could not be acknowledged comes
        # again by the next line, and gets its screen there, once.
        return Reply(
            answer(pdu),
            lambda read: presses.heard(call, read=read),
            lambda: self.line.spawn(self._show(presses, screen, call)),
        )

    async def _end(self, sink: ussd_port.Sink, ended: Ended, pdu: Pdu) -> Reply:
        try:
            await sink.ended(ended)
        except Exception:  # closing may be said again
            log.exception("end of session not noted", channel=self._channel)
            return Reply(answer(pdu, Status.APP_TEMPORARY))
        return Reply(answer(pdu))

    async def _show(self, presses: Presses, screen: Screen, call: Call) -> None:
        """Send the screen; if it cannot go the citizen dials again, and finds what she has answered."""
        try:
            await self.line.submit(*presses.submit_of(screen, call), urgent=True)
        except SendError as fault:
            log.warning("screen not sent", channel=self._channel, reason=fault.code)

    def _refused(self, pdu: Pdu, bad: Malformed) -> Reply:
        """For good; what is only nobody's (status 200) is taken and forgotten."""
        log.warning("PDU not taken", channel=self._channel, reason=bad.reason)
        taken = bad.status == 200  # noqa: PLR2004 - HTTP's word for it, which the port's value speaks
        return Reply(answer(pdu, Status.OK if taken else Status.APP_REJECTED))
