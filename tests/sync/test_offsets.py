"""The link dies at a byte of the request or of the answer, at every one of them: always one effect, never two."""

import asyncio
from collections import Counter

import pytest

from flows.errors import RoadFault
from sync.port import Batch
from tests.ports import free_port
from tests.sync.conftest import Agency, offer_of
from tests.sync.proxy import _closing, _request


class Shears:
    """A link that lets so many bytes of a request, or of its answer, pass and then breaks."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self.request_bytes = self.answer_bytes = 10**9
        self.seen = Counter[str]()
        self._target = target

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _request(reader)
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        whole = _closing(request)
        back.write(whole[: self.request_bytes])
        self.seen["request"] = max(self.seen["request"], len(whole))
        if self.request_bytes < len(whole):
            back.close()
        else:
            answer = await there.read()
            self.seen["answer"] = max(self.seen["answer"], len(answer))
            writer.write(answer[: self.answer_bytes])
            back.close()
        writer.close()


async def _cut_everywhere(agency: Agency, step: int) -> Counter[str]:
    shears = Shears(agency.port)
    server = await asyncio.start_server(shears.serve, "127.0.0.1", shears.port)
    connector = agency.connector(f"http://127.0.0.1:{shears.port}", timeout=50)
    counts: Counter[str] = Counter()

    async def deliver(seq: int) -> bool:
        try:
            results = await connector.deliver(Batch(f"b{seq}", (offers[seq],)))
        except RoadFault as fault:
            counts[fault.code] += 1
            return False
        counts[results.outcomes[0].status] += 1
        return True

    offers = {1: offer_of(1)}
    assert await deliver(1)
    lengths = {"request": shears.seen["request"], "answer": shears.seen["answer"]}
    seq = 1
    for part, length in lengths.items():
        for at in range(0, length, step):
            seq += 1
            offers[seq] = offer_of(seq)
            shears.request_bytes = at if part == "request" else 10**9
            shears.answer_bytes = at if part == "answer" else 10**9
            assert not await deliver(seq), (part, at)
            shears.request_bytes = shears.answer_bytes = 10**9
            assert await deliver(seq), (part, at)
    await connector.close()
    server.close()
    effects = await agency.effects()
    assert (len(effects), set(effects.values())) == (seq, {1})
    return counts


async def test_a_link_that_dies_at_some_bytes(agency: Agency) -> None:
    counts = await _cut_everywhere(agency, 61)
    # A request that was cut has left nothing; an answer that was cut has, and is known again.
    assert counts["accepted"] > 1
    assert counts["duplicate"] > 1


@pytest.mark.slow
async def test_a_link_that_dies_at_every_byte(agency: Agency) -> None:
    counts = await _cut_everywhere(agency, 1)
    assert counts["accepted"] > 500
    assert counts["duplicate"] > 300
