"""A real Kannel between a real SMSC and a real node, each killed in mid-traffic: what is lost, and what comes twice."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from tests.gateways.kannel.rig import Rig, acknowledged, journal, number_of, rig, until, until_so

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PHONES: Final = 30
WINDOW: Final = 4
PENDING: Final = 10
"""submit_sm that Kannel has under way at most, by its default."""
EVERYBODY: Final = {number_of(phone) for phone in range(PHONES)}
LEAVING: Final = 8
"""Messages that the node hands over at once, by its default."""
SENT: Final = "SELECT number, state, parts FROM message"


@dataclass
class Verdict:
    """By phone, and for what came twice by part. `open`: the messages of which the node says that nobody knows."""

    lost_in: set[str] = field(default_factory=set)
    doubled_in: set[str] = field(default_factory=set)
    lost_out: set[str] = field(default_factory=set)
    doubled_out: int = 0
    open: int = 0


async def verdict(one: Rig) -> Verdict:
    found = Verdict()
    answers = [(str(number), state, parts) for number, state, parts in await one.rows(SENT)]
    heard = Counter(number for number, _, _ in answers)
    came = Counter((entry["number"], entry.get("udh", "")) for entry in journal(one) if "id" in entry)
    for phone in EVERYBODY:
        if not heard[phone]:
            found.lost_in.add(phone)
        if heard[phone] > 1:
            found.doubled_in.add(phone)
        settled = [parts for number, state, parts in answers if number == phone and state in {"sent", "delivered"}]
        # Parts are told apart by their header; answers of one part that say the same can only be counted.
        apart = sum(1 for number, udh in came if number == phone and udh) + came[phone, ""]
        if apart < sum(settled):
            found.lost_out.add(phone)
        found.doubled_out += max(0, came[phone, ""] - max(1, heard[phone]))
    found.doubled_out += sum(count - 1 for (_, udh), count in came.items() if udh)
    found.open = sum(state == "unknown" for _, state, _ in answers)
    return found


async def phones(one: Rig) -> set[str]:
    """Those that the node has answered."""
    return {str(number) for number, _, _ in await one.rows(SENT)}


async def count(one: Rig, statement: str) -> int:
    return int((await one.rows(f"SELECT count(*) FROM {statement}"))[0][0])  # noqa: S608 - a table of this test


async def heard(one: Rig, least: int) -> None:
    """Until the node has committed so many."""

    async def there() -> bool:
        return await count(one, "inbox") >= least

    await until_so(there)


async def over(one: Rig, expected: set[str]) -> None:
    """Until these phones were heard and answered, and nothing waits anywhere."""

    async def answered() -> bool:
        return expected <= await phones(one)

    async def idle() -> bool:
        return not await count(one, "message_queue")

    await until_so(answered)
    await until_so(idle)
    await until(lambda: "store size 0" in one.status())


def outbox(folder: Path) -> list[str]:
    """A message of each phone; the options of an SMSC that has them."""
    lines = [json.dumps({"number": number_of(phone), "to": "1600", "text": "HELP"}) for phone in range(PHONES)]
    (folder / "outbox").write_text("\n".join(lines) + "\n", "utf-8")
    return [f"--outbox={folder / 'outbox'}", f"--journal={folder / 'journal'}", f"--window={WINDOW}"]


async def test_kill_of_the_node(tmp_path: Path) -> None:
    """Nothing is lost, and nothing comes twice."""
    async with rig(tmp_path, "smpp", options=outbox(tmp_path)) as one:
        for least in (8, 20):
            await heard(one, least)
            await one.node.end()
            await one.node.start()
        await over(one, EVERYBODY)
        found = await verdict(one)
    assert found == Verdict(open=found.open)
    # What was leaving when the node died, as long as no report of it has come.
    assert found.open <= 2 * LEAVING


async def test_kill_of_bearerbox(tmp_path: Path) -> None:
    """What Kannel has on its disk is not lost; what it had under way may come twice, and nothing else."""
    async with rig(tmp_path, "smpp", options=outbox(tmp_path)) as one:
        await heard(one, 12)
        await one.bearerbox.end()
        # It would end by itself and begin anew ten seconds later, having forgotten the same.
        await one.smsbox.end()
        acknowledged_before = {number_of(phone) for phone in acknowledged(one)}
        heard_before = await phones(one)
        await one.bearerbox.start()
        await until(lambda: "running" in one.status())
        await one.smsbox.start()
        await one.online()
        await until(lambda: len(acknowledged(one)) == PHONES)
        # The smsbox has forgotten what it was asking for.
        may_be_lost = acknowledged_before - heard_before
        await over(one, EVERYBODY - may_be_lost)
        found = await verdict(one)
        while found.lost_out:
            # One of those was in the spool after all, and its answer is on its way.
            await over(one, set())
            found = await verdict(one)
    assert found.doubled_out <= PENDING
    assert found.lost_in <= may_be_lost
    # The SMSC says again what bearerbox had no time to acknowledge.
    assert not found.doubled_in & acknowledged_before
    assert len(found.doubled_in) <= WINDOW
    assert found.open <= LEAVING


async def test_kill_of_the_smsc(tmp_path: Path) -> None:
    """Nothing is lost; what was under way between it and Kannel when it died may come twice, and nothing else."""
    kills = (8, 20)
    safe: set[str] = set()
    async with rig(tmp_path, "smpp", options=[*outbox(tmp_path), "--throttle=7"]) as one:
        for least in kills:
            await heard(one, least)
            await one.behind.end()
            safe |= {number_of(phone) for phone in acknowledged(one)}
            await one.behind.start()
        await until(lambda: len(acknowledged(one)) == PHONES)
        await over(one, EVERYBODY)
        found = await verdict(one)
        throttled = [entry for entry in journal(one) if "throttled" in entry]
    assert (found.lost_in, found.lost_out) == (set(), set())
    # Sala asks Kannel, and Kannel never died: nothing is left open.
    assert found.open == 0
    # The SMSC says again what it has not seen acknowledged, and Kannel sends again what it has not seen answered.
    assert not found.doubled_in & safe
    assert len(found.doubled_in) <= len(kills) * WINDOW
    assert found.doubled_out <= len(kills) * PENDING
    # What it refused for its pace was Kannel's to say again.
    assert throttled


async def test_the_verdict_would_see_a_double(tmp_path: Path) -> None:
    """The control, and a gap of the page: what the SMSC has not seen acknowledged comes again under another `%I`."""
    async with rig(tmp_path, "smpp", options=[*outbox(tmp_path), "--forget=9"]) as one:
        await until(lambda: len(acknowledged(one)) == PHONES)
        await over(one, EVERYBODY)
        assert (await verdict(one)).doubled_in


async def test_the_verdict_would_see_a_loss(tmp_path: Path) -> None:
    """The control, and the gap of the page: what the smsbox is asking for goes with it while the node is away."""
    async with rig(tmp_path, "smpp", away=True, options=outbox(tmp_path)) as one:
        await one.node.end()
        await one.behind.start()
        await until(lambda: len(acknowledged(one)) == PHONES and "store size 0" in one.status())
        await one.smsbox.end()
        await one.smsbox.start()
        await one.node.start()
        await one.online()
        await until(one.ready)
        # Nothing is left in Kannel that could still come.
        assert "store size 0" in one.status()
        assert (await verdict(one)).lost_in
