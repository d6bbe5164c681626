"""Every promise of the kits is broken once on purpose: in an adapter, or in the core behind it; the kit sees each."""

from pathlib import Path
from typing import Any

import pytest

import sms.kit.cases as texts
import ussd.kit.cases as presses
from flows.errors import SendError
from sala import kit
from sala.kit import Side
from sms.kit import hostile
from store.kit import Failed
from store.values import Answer
from tests.conformance.test_kits import SUBJECTS
from tests.sala.test_gateway_commands import BROKEN, begun, path

__all__ = ["path"]

FRESH = ', hop=__import__("os").urandom(4).hex()'
# In what `sala gateway new` writes: file, what stands there, what is wrong instead.
ADAPTER: list[tuple[str, str, str, Side, Any]] = [
    ("ussd.py", ", hop=step", FRESH, "ussd", presses.duplicate_hop),
    ("ussd.py", ", hop=step", FRESH, "ussd", presses.at_once),
    ("ussd.py", ", hop=step", FRESH, "ussd", presses.after_a_restart),
    ("ussd.py", 'op == "start" else text', 'op == "start" else text.strip("*")', "ussd", presses.odd_inputs),
    ("ussd.py", 'op == "start" else text', 'op == "start" else text[:300]', "ussd", presses.long_answer),
    ("ussd.py", '"more": not reply.end', '"more": True', "ussd", presses.not_committed),
    ("ussd.py", '"more": not reply.end', '"more": True', "ussd", presses.too_slow),
    ("ussd.py", "Call(self._channel, session", 'Call(self._channel, "s"', "ussd", presses.many_phones),
    ("ussd.py", 'return Malformed("number")', 'number = "+8562055512345"', "ussd", presses.strangers),
    ("sms.py", 'body["id"], _STATES', 'body["id"].upper(), _STATES', "sms", texts.early_report),
    ("sms.py", '_STATES.get(body.get("state", ""), "unknown")', '_STATES[body["state"]]', "sms", texts.unknown_report),
    ("sms.py", '"text": message.text}', '"text": message.text[:50]}', "sms", texts.long_lao),
    (
        "sms.py",
        'Inbound(self._channel, body["id"]',
        'Inbound(self._channel, body["text"][:1]',
        "sms",
        texts.out_of_order,
    ),
    (
        "sms.py",
        'OptOut(self._channel, body["from"])',
        'OptOut(self._channel, body["from"] + "0")',
        "sms",
        texts.opted_out,
    ),
    ("sms.py", "optouts=True)", "optouts=True, idempotent=True)", "sms", texts.each_way_to_fail),
]


async def accepted(*_: object) -> Answer:
    return Answer(200, b"")


async def nothing(*_: object) -> None:
    """What should have been done."""


async def funded(*_: object) -> bool:
    return True


def certain(_lane: object, error: SendError) -> SendError:
    return SendError(error.code, retry=True)


def final(_lane: object, error: SendError) -> SendError:
    return SendError(error.code)


AS_IT_IS = "UPDATE message_queue SET due_at = due_at WHERE due_at = ? AND id = ? AND due_at < ? AND id > ? AND id < 0"
# In the core: what is replaced, and the adapter that meets it.
CORE: list[tuple[str, Any, str, Side, Any]] = [
    ("store.crew.MOST_DIALLED", 0, "africastalking", "ussd", presses.dialled),
    ("store.heard.fit", lambda _kept, text: ("next", text), "africastalking", "ussd", presses.lost_hop),
    ("store.heard.fit", lambda _kept, text: ("next", text), "africastalking", "ussd", presses.duplicate_start),
    ("store.turns.pack_number", lambda _number: 8_562_055_512_345, "africastalking", "ussd", presses.own_number),
    ("sala.gate._is_one_of", lambda *_: True, "hubtel", "ussd", presses.wrong_secret),
    ("sala.gate._is_one_of", lambda *_: True, "jasmin", "sms", hostile.wrong_secret),
    ("sms.door.Door._commit", accepted, "jasmin", "sms", texts.not_committed),
    ("sms.lane.Lane._sure", certain, "jasmin", "sms", texts.never_answers),
    ("sms.lane.Lane._sure", final, "jasmin", "sms", texts.away),
    ("store.message_sql.AFTER_IT", AS_IT_IS, "jasmin", "sms", texts.in_order),
    ("sms.lane.Lane._funded", funded, "jasmin", "sms", texts.budget),
    ("sms.numbers.Numbers.wait", lambda *_: 0.0, "jasmin", "sms", texts.one_numbers_share),
    ("store.settling.leave", nothing, "jasmin", "sms", texts.killed_while_sending),
    ("sms.lane.Lane._refill", lambda _lane: 1000.0, "jasmin", "sms", texts.too_fast),
]


def test_no_promise_is_left_out() -> None:
    broken = {(side, case.__name__) for *_, side, case in (*BROKEN, *ADAPTER, *CORE)}
    promised = {("ussd", case.__name__) for case in presses.CASES} | {("sms", case.__name__) for case in texts.CASES}
    assert broken == promised


@pytest.mark.slow
@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("number", range(len(ADAPTER)), ids=lambda number: ADAPTER[number][-1].__name__)
async def test_an_adapter_that_breaks_it_is_seen(tmp_path: Path, number: int) -> None:
    file, old, new, side, case = ADAPTER[number]
    for folder in ("changed", "run"):
        (tmp_path / folder).mkdir()
    with pytest.raises((Failed, KeyError)):
        await kit.run(begun(tmp_path / "changed", f"broken{number}", (file, old, new)), side, case, tmp_path / "run")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(CORE)), ids=lambda number: CORE[number][-1].__name__)
async def test_a_core_that_breaks_it_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    target, instead, name, side, case = CORE[number]
    # The negative control, that the case passes as it is, is the run of the kits.
    monkeypatch.setattr(target, instead)
    with pytest.raises(Failed):
        await kit.run(SUBJECTS[name], side, case, tmp_path)
