"""Random and broken bytes: never anything but our own fault, and nothing stays in memory.

`SMPP_FUZZ=1000000` says how many PDUs; `make fuzz-smpp` runs the million.
"""

import gc
import os
import random
import tracemalloc

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateways.smpp import coding, parts, receipts
from gateways.smpp.faults import PduFault
from gateways.smpp.framing import Frames
from gateways.smpp.numbers import RESPONSE
from gateways.smpp.pdu import Pdu, decode, encode
from tests.gateways.smpp.shapes import broken, pdus

WANTED = int(os.environ.get("SMPP_FUZZ", "4000"))
EACH = 100


def read_wholly(data: bytes) -> bool:
    """Read everything that can be read in a PDU; whether it was one."""
    try:
        pdu = decode(data)
    except PduFault:
        return False
    again = encode(pdu)
    # The one form that is mended: an answer whose last text has no end.
    assert again == data or (pdu.command & RESPONSE and len(again) == len(data) + 1)
    content = parts.content(pdu)
    receipts.is_receipt(pdu)
    receipts.read_receipt(pdu, content.octets, "hex-in-answer")
    shown = coding.read_text(getattr(pdu.body, "data_coding", 0), content.octets, after=content.header)
    shown.encode("utf-8")
    return True


def one_round(whole: Pdu, seed: int) -> int:
    chance = random.Random(seed)
    sent = encode(whole)
    good = 0
    for _ in range(EACH):
        data = broken(sent, chance)
        good += read_wholly(data)
        frames = Frames()
        try:
            for frame in frames.feed(data):
                read_wholly(frame)
        except PduFault:
            continue
        assert frames.kept <= len(data)
    return good


@given(pdus(), st.integers(0, 2**32))
@settings(max_examples=max(1, WANTED // EACH), deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_broken_pdus_are_faults_and_nothing_else(whole: Pdu, seed: int) -> None:
    one_round(whole, seed)


def test_the_breaker_breaks_and_spares() -> None:
    """The control: of the broken ones some are refused, and some are still PDUs."""
    whole = decode(bytes.fromhex("00000010000000150000000000000001"))
    good = sum(one_round(whole, seed) for seed in range(10))
    assert 0 < good < 10 * EACH


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_any_bytes_at_all(data: bytes) -> None:
    read_wholly(data)
    if len(data) >= 16:
        read_wholly(len(data).to_bytes(4, "big") + data[4:])


@given(st.integers(0, 255), st.binary(max_size=160), st.integers(0, 10), st.booleans())
@settings(max_examples=300)
def test_any_octets_are_some_text(data_coding: int, octets: bytes, after: int, ussd: bool) -> None:
    coding.read_text(data_coding, octets, after=after, ussd=ussd).encode("utf-8")


@pytest.mark.slow
def test_nothing_stays_in_memory() -> None:
    """What a tenth of the million left behind, after as many that warmed the caches."""
    whole = decode(
        bytes.fromhex("0000002e000000050000000000000001") + b"\0\0\0856205551\0\0\01600\0" + bytes(9) + b"\x02hi"
    )
    rounds = max(20, WANTED // EACH // 10)

    def run(first: int) -> None:
        for seed in range(first, first + rounds):
            one_round(whole, seed)
        gc.collect()

    run(0)
    process = psutil.Process()
    tracemalloc.start()
    before, resident = tracemalloc.get_traced_memory()[0], process.memory_info().rss
    run(rounds)
    after = tracemalloc.get_traced_memory()[0]
    kept = [bytes(100) for _ in range(3000)]
    seen = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 64 * 1024
    assert process.memory_info().rss - resident < 32 * 1024 * 1024
    # The control: a hundred octets for every thirty PDUs would have been seen.
    assert len(kept) == 3000
    assert seen - after > 64 * 1024
