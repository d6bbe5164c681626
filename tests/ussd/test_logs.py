"""What the doors and the lane log: where it went wrong, and never whose it was or what was said."""

from typing import Any
from urllib.parse import urlencode

import pytest
import structlog
from structlog.testing import capture_logs

import sms.door
from flows.errors import SendError
from gateways.http.gateway import Gateway as HttpGateway
from gateways.http.kit import sms_wires, ussd_wires
from gateways.http.model import Taken
from gateways.http.settings import Settings as HttpSettings
from gateways.http.sms import outcome
from sala.log import FIGURES, TOKENS
from sms.gateways.africastalking import Gateway as SmsGateway
from sms.gateways.africastalking_wire import Settings as SmsSettings
from sms.lane import Lane, Rules
from store.values import Call, Outgoing, Received
from ussd.door import Door
from ussd.gateways.africastalking import Gateway, Settings
from ussd.kit.wire import Press
from ussd.port import Unanswered

CANARIES = ("2055512345", "canary", "whsec")
MAY = TOKENS | FIGURES | {"event", "log_level", "exc_info"}


class Broken:
    """Stands for a store and a gateway that fail with everything in their message that must not be logged."""

    def __getattr__(self, name: str) -> Any:
        async def fail(*_: object, **__: object) -> None:
            raise RuntimeError("canary +8562055512345")

        return fail


def assert_safe(entries: Any, count: int) -> None:
    assert len(entries) >= count
    for entry in entries:
        assert set(entry) <= MAY, entry
        said = {key: value for key, value in entry.items() if key != "exc_info"}
        assert not any(canary in str(said) for canary in CANARIES), entry


async def test_the_key_press_door_logs_no_number_and_no_text() -> None:
    one = Door("at", Gateway("at", Settings()), Broken(), lambda *_: "sorry", deadline=5)
    form = {"sessionId": "canary", "phoneNumber": "+8562055512345", "serviceCode": "*999#", "text": "1*canary"}
    with capture_logs() as entries:
        await one.press(Received(urlencode(form).encode(), tail="ussd"))
        await one.press(Received(urlencode({**form, "phoneNumber": "2055512345canary"}).encode(), tail="ussd"))
        await one.end(Received(urlencode(form).encode(), tail="ussd/end"))
    assert_safe(entries, 3)


async def test_the_message_door_and_the_lane_log_no_number_and_no_text() -> None:
    settings = SmsSettings.model_validate({"username": "canary", "api_key": "whsec", "base_url": "http://127.0.0.1:1"})
    gateway = SmsGateway("at", settings)
    one = sms.door.Door("at", gateway, Broken(), Broken())
    form = {"from": "+8562055512345", "id": "canary", "text": "canary", "status": "canary", "phoneNumber": "canary"}
    with capture_logs() as entries:
        for hook in one.hooks().values():
            await hook(Received(urlencode(form).encode()))
        lane = Lane("at", gateway, Broken(), rules=Rules.of(settings, "LA"))
        lane._note(SendError("http-401", retry=True, ours=True))
        await lane._carry(Outgoing(1, "at", "+8562055512345", "canary", 1, 1))
    await gateway.close()
    assert_safe(entries, 5)


@pytest.mark.parametrize("name", ["hubtel", "infobip", "comviva"])
async def test_a_channel_by_a_map_logs_no_number_and_no_text(name: str) -> None:
    wire = ussd_wires()[name]
    side = HttpGateway("at", HttpSettings.model_validate(wire.settings)).ussd
    assert side
    one = Door("at", side, Broken(), lambda *_: "sorry", deadline=5)
    with capture_logs() as entries:
        await one.press(wire.press(Press(("canary",), "canary")))
        for bad in wire.malformed:
            await one.press(bad)
        with pytest.raises(Unanswered):
            await one.call(Call("at", "canary", "+8562055512345", "canary", "*999#"))
    assert_safe(entries, 3)


async def test_what_an_operator_says_of_a_message_is_one_harmless_word() -> None:
    wire = sms_wires()["twilio"]
    side = HttpGateway("at", HttpSettings.model_validate(wire.settings("http://127.0.0.1:1"))).sms
    assert side
    one = sms.door.Door("at", side, Broken(), Broken())
    with capture_logs() as entries:
        for good in (wire.message("canary", "+8562055512345", "canary"), *wire.malformed):
            await one.message(good)
        lane = Lane("at", side, Broken(), rules=Rules.of(HttpSettings(map="hubtel"), "LA"))
        taken = Taken(field="code", taken=("0",), refused=("canary 8562055512345",))
        with pytest.raises(SendError) as refused:
            outcome(taken, 200, b'{"code": "8562055512345"}', {})
        lane._note(refused.value)
    await side.close()
    assert_safe(entries, 3)


def test_the_control_a_door_that_logged_a_number_would_be_seen() -> None:
    with capture_logs() as entries:
        structlog.get_logger().info("called", number="+8562055512345")
    with pytest.raises(AssertionError):
        assert_safe(entries, 1)
