"""The key-press door: what reaches the store, what goes back, and what no citizen may ever meet."""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import pytest

from flows.errors import Busy, DiskFull, WrongNumber
from store.values import Call, Received, Reply
from ussd.door import Door
from ussd.gateways.africastalking import Gateway, Settings
from ussd.patience import Patience


class Turns:
    """Stands for the store: answers with what the test says."""

    def __init__(self, answer: Callable[[Call], Awaitable[Reply]]) -> None:
        self._answer = answer
        self.calls: list[Call] = []
        self.closed: list[tuple[str, str]] = []

    async def take(self, call: Call) -> Reply:
        self.calls.append(call)
        return await self._answer(call)

    async def ended(self, channel: str, session: str, *, whole: bool = False) -> None:
        self.closed.append((channel, session))


def sorry(key: str, msisdn: str) -> str:
    return f"{key} {msisdn[-2:]}"


def door(turns: Turns, deadline: float = 5.0) -> Door:
    return Door("at", Gateway("at", Settings(service_codes=["*999#"])), turns, sorry, deadline=deadline)


def form(**fields: str) -> Received:
    whole = {
        "sessionId": "s1",
        "phoneNumber": "+8562055512345",
        "networkCode": "99999",
        "serviceCode": "*999#",
        "text": "",
    }
    return Received(urlencode({**whole, **fields}).encode(), tail="ussd")


async def hello(call: Call) -> Reply:
    return Reply("ສະບາຍດີ", end=False)


async def test_a_press_reaches_the_store_and_its_screen_goes_back() -> None:
    turns = Turns(hello)
    answer = await door(turns).press(form(text="1*ນາງ ຄຳ"))
    assert answer.status == 200
    assert answer.body.decode() == "CON ສະບາຍດີ"
    assert turns.calls == [Call("at", "s1", "+8562055512345", "1*ນາງ ຄຳ", "*999#", "99999")]


async def test_the_last_screen_ends_the_session() -> None:
    async def bye(call: Call) -> Reply:
        return Reply("Bye", end=True)

    assert (await door(Turns(bye)).press(form())).body == b"END Bye"


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (Busy(), 200, b"END try_later 45"),
        (DiskFull(), 200, b"END full 45"),
        (RuntimeError("+8562055512345"), 200, b"END try_later 45"),
        (WrongNumber(), 400, b""),
    ],
)
async def test_a_fault_is_a_screen_and_never_a_5xx(fault: Exception, status: int, body: bytes) -> None:
    async def fail(call: Call) -> Reply:
        raise fault

    answer = await door(Turns(fail)).press(form())
    assert (answer.status, answer.body) == (status, body)


async def test_a_slow_store_gets_a_polite_end_before_the_operator_gives_up() -> None:
    async def slow(call: Call) -> Reply:
        await asyncio.sleep(30)
        raise AssertionError

    one = door(Turns(slow), deadline=0.05)
    answer = await asyncio.wait_for(one.press(form()), 2)
    assert answer.body == b"END try_later 45"
    assert one.counts["late"] == 1


async def test_one_who_no_longer_waits_is_not_taken_for_lateness() -> None:
    turns = Turns(hello)
    one = door(turns)
    answer = asyncio.ensure_future(one.press(form()))
    answer.cancel()
    await asyncio.sleep(0.01)
    assert len(turns.calls) == 1
    assert (one.counts["answered"], one.counts["late"]) == (1, 0)


async def test_patience_serves_many_and_keeps_nothing() -> None:
    patience = Patience(0.15)

    async def work(seconds: float) -> None:
        task = asyncio.ensure_future(asyncio.sleep(seconds))
        patience.watch(task)
        task.add_done_callback(patience.forget)
        await task

    ends = await asyncio.gather(*(work(30 if n % 2 else 0.01) for n in range(100)), return_exceptions=True)
    assert sum(isinstance(end, asyncio.CancelledError) for end in ends) == 50
    assert sum(end is None for end in ends) == 50
    await asyncio.sleep(0.25)
    assert not patience._waiting
    assert patience._timer is None


async def test_an_end_event_closes_the_session_each_time_it_comes() -> None:
    turns = Turns(hello)
    event = urlencode({"sessionId": "s1", "status": "Incomplete", "cost": "KES 0.10", "errorMessage": ""}).encode()
    for _ in range(2):
        assert (await door(turns).end(Received(event, tail="ussd/end"))).status == 200
    assert turns.closed == [("at", "s1"), ("at", "s1")]


@pytest.mark.parametrize(
    "bad",
    [
        form(sessionId=""),
        form(sessionId="a b"),
        form(sessionId="x" * 129),
        form(phoneNumber="1999"),
        form(phoneNumber="LaoTelecom"),
        form(phoneNumber="+8562055512345678"),
        form(serviceCode="*998#"),
        Received(b"sessionId=s1&phoneNumber=%2B8562055512345&serviceCode=*999%23", tail="ussd"),
        Received(b'{"sessionId": "s1"}', tail="ussd"),
        Received(b"", tail="ussd"),
        Received(b"\xff\x00\xfe", tail="ussd"),
        Received(b"&".join(b"a=1" for _ in range(1000)), tail="ussd"),
    ],
)
async def test_a_bad_form_is_400_and_never_reaches_the_store(bad: Received) -> None:
    turns = Turns(hello)
    assert (await door(turns).press(bad)).status == 400
    assert turns.calls == []


@pytest.mark.parametrize(
    ("raw", "heard"),
    [
        (b"1*%ED%A0%80", "1*\ufffd\ufffd\ufffd"),
        (b"%FF", "\ufffd"),
        (b"%F0%9F%98", "\ufffd"),
        (b"1**", "1**"),
        (b"%E0%BB%91", "໑"),
        (b"%F0%9F%98%80", "😀"),
        (b"a%00b", "a\x00b"),
        (b"1*a%2Ab", "1*a*b"),
        (b"9" * 100_000, "9" * 100_000),
    ],
)
async def test_whatever_was_typed_gets_in_as_text_without_half_surrogates(raw: bytes, heard: str) -> None:
    turns = Turns(hello)
    body = b"sessionId=s1&phoneNumber=%2B8562055512345&serviceCode=%2A999%23&networkCode=&text=" + raw
    assert (await door(turns).press(Received(body, tail="ussd"))).status == 200
    assert turns.calls[0].text == heard
    turns.calls[0].text.encode()


async def test_a_dialled_extension_of_our_code_is_ours() -> None:
    turns = Turns(hello)
    assert (await door(turns).press(form(serviceCode="*999*1#", text="1"))).status == 200
    assert (await door(turns).press(form(serviceCode="*9991#"))).status == 400


async def test_an_unescaped_plus_is_still_a_number() -> None:
    turns = Turns(hello)
    body = b"sessionId=s1&phoneNumber=+8562055512345&serviceCode=*999%23&text="
    assert (await door(turns).press(Received(body, tail="ussd"))).status == 200
    assert turns.calls[0].msisdn == "+8562055512345"
