"""What the page says besides its files, tried with Debian's Kannel: `get-url`, `long = "whole"`, sendsms's answers."""

import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.errors import SendError
from gateways.kannel.gateway import Gateway
from gateways.kannel.settings import Settings
from store.values import Outgoing
from tests.gateways.kannel.middle import Middle, middle
from tests.gateways.kannel.page import PAGE, SECRET, Files
from tests.gateways.kannel.rig import Rig, acknowledged, journal, needs_kannel, number_of, rig, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PLAIN = 8
FULL = "sms-outgoing-queue-limit = 2"
WHOLE = 134
"""Octets of a part that Kannel makes: 140 without the header."""


def changed(one: Middle, text: str) -> str:
    """The page's files with `get-url`, `long = "whole"`, a short queue, and somebody between the two."""
    added = "&from=%p&to=%P&text=%b"
    assert f"`{added}`" in PAGE
    post = '/sms?id=%I&coding=%c&charset=%C&udh=%u"'
    text = text.replace("post-url =", "get-url =").replace(post, post.removesuffix('"') + added + '"')
    text = text.replace("log-level = 2\nstore-type", f"log-level = 2\n{FULL}\nstore-type")
    text = text.replace('smsc = "operator"\n', 'smsc = "operator"\nlong = "whole"\n')
    return text.replace(":8080/gateways", f":{one.port}/gateways").replace(":13013/cgi-bin", f":{one.port}/cgi-bin")


def outbox(folder: Path) -> int:
    """Plain messages, and one in two parts with a 16-bit reference; how many PDUs."""
    lines = [{"number": number_of(phone), "to": "1600", "text": "HELP"} for phone in range(PLAIN)]
    for place, text in enumerate(("ຊ່ວ", "ຍ"), 1):
        lines.append({"number": number_of(PLAIN), "to": "1600", "text": text, "udh": f"060804beef02{place:02x}"})
    (folder / "outbox").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return len(lines)


async def test_a_queue_that_is_full_and_reports_before_answers(tmp_path: Path) -> None:
    count = outbox(tmp_path)
    options = [f"--outbox={tmp_path / 'outbox'}", f"--journal={tmp_path / 'journal'}", "--receipts=1"]
    files = Files(tmp_path, "smpp")
    async with middle(files.ports[8080], files.ports[13013]) as between:
        files.change = partial(changed, between)
        async with rig(tmp_path, "smpp", away=True, options=options, files=files) as one:
            # Messages come while the node is away; when it is back to answer them, the SMSC is away.
            await one.node.end()
            await one.behind.start()
            await until(lambda: len(acknowledged(one)) == count)
            await one.behind.end()
            await one.node.start()
            await until(lambda: said(between, "202 3: Queued for later delivery") > 0)
            await until(lambda: said(between, "503 Temporal failure, try again later.") > 0)
            # From here on each answer comes after a report.
            between.hold = True
            await one.behind.start()
            await one.reach(*["delivered"] * (PLAIN + 1))
            assert between.early
            await _arrived(one)


def said(between: Middle, words: str) -> int:
    assert words.partition(" ")[2] in PAGE
    return between.answers[words]


async def _arrived(one: Rig) -> None:
    """Each message once; the Lao one as Kannel cuts it, and whole again when it is joined."""
    texts = Counter(text for (text,) in await one.rows("SELECT text FROM message"))
    assert sorted(texts.values()) == [1, PLAIN]
    lao = min(texts, key=lambda text: texts[text])
    taken = [entry for entry in journal(one) if "id" in entry]
    parts = sorted((entry["udh"], entry["text"]) for entry in taken if entry["number"] == number_of(PLAIN))
    assert "".join(text for _, text in parts) == lao
    assert {len(text.encode("utf-16-be")) for _, text in parts[:-1]} == {WHOLE}
    came = Counter((entry["number"], entry.get("udh", "")) for entry in taken)
    assert set(came.values()) == {1}
    assert {number for number, _ in came} == {number_of(phone) for phone in range(PLAIN + 1)}


async def test_each_answer_of_sendsms(tmp_path: Path) -> None:
    needs_kannel()
    denied = "black-list-regex = ^85620999"
    files = Files(tmp_path, "smpp")
    files.change = lambda text: text.replace(
        "omit-empty = true\nuser-allow", f"omit-empty = true\n{denied}\nuser-allow"
    )
    files.write()
    one = Rig(files)
    url = f"http://127.0.0.1:{files.ports[13013]}/cgi-bin/sendsms"
    own: dict[str, Any] = {
        "secret": SECRET,
        "sendsms_url": url,
        "username": "sala",
        "password": "ANOTHER-SECRET",
        "smsc": "operator",
    }
    own["short_codes"] = ["1600"]

    async def answer(number: str = "+8562055512345", **more: str) -> str:
        gateway = Gateway("kannel", Settings.model_validate(own | more))
        try:
            await gateway.send(Outgoing(1, "kannel", number, "hello", 1, 0, mark="7f-6afe0000"))
        except SendError as fault:
            return f"{fault.code}{' retry' * fault.retry}{' ours' * fault.ours}{' unknown' * fault.unknown}"
        finally:
            await gateway.close()
        return "sent"

    try:
        await one.bearerbox.start()
        await until(lambda: "running" in one.status())
        await one.smsbox.start()
        await one.online()
        # The SMSC is away: Kannel keeps it.
        assert await answer() == "sent"
        assert await answer(smsc="misspelt") == "not-routable retry"
        assert await answer(password="wrong") == "http-403 retry ours"
        assert await answer(number="+8562099912345") == "denied"
        await one.bearerbox.end()
        assert (await answer()).partition(" ")[2] in {"retry", "unknown"}
    finally:
        await one.end()
