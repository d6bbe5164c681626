"""What is read of Kannel's requests, what is asked of its sendsms, and that the page says so."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from aiohttp import web

import sms.poster
from flows.errors import ConfigFault, SendError
from gateways.kannel.gateway import ANSWERS, REPORTS, Gateway
from gateways.kannel.settings import Settings
from sala import config, plugs
from store.values import Inbound, Malformed, Outgoing, Part, Received, Report
from tests.gateways.kannel.page import PAGE, SECRET, block
from tests.ports import free_port

LAO = "ສະບາຍດີ"
GIVEN = {"username": "sala", "password": "pw", "short_codes": ["1600"], "smsc": "operator"}
CALLBACK = "http://127.0.0.1:8080/gateways/kannel/secret"


def gateway(**more: Any) -> Gateway:
    url = "http://127.0.0.1:13013/cgi-bin/sendsms"
    return Gateway("kannel", Settings.model_validate({"sendsms_url": url, "callback": CALLBACK, **GIVEN, **more}))


def asked(**fields: str | bytes) -> Received:
    return Received(b"", method="GET", tail="sms", query=urlencode(fields))


@pytest.mark.parametrize(
    ("coding", "charset", "octets", "text"),
    [
        ("0", "UTF-8", LAO.encode(), LAO),
        ("2", "UTF-16BE", LAO.encode("utf-16-be"), LAO),
        ("2", "", LAO.encode("utf-16-be"), LAO),
        ("0", "ISO-8859-1", b"caf\xe9", "café"),
        ("1", "8-BIT", b"1\x00\xff", "1\ufffd"),
        ("0", "UTF-8", b"a  b\nc", "a  b\nc"),
        ("0", "UTF-8", b"", ""),
        ("2", "UTF-16BE", b"\x0e", "\ufffd"),
    ],
)
def test_texts(coding: str, charset: str, octets: bytes, text: str) -> None:
    request = asked(
        id="m1", **{"from": "8562055512345"}, to="1600", coding=coding, charset=charset, udh="", text=octets
    )
    assert gateway().read(request) == Inbound("kannel", "m1", "+8562055512345", "1600", text)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("0500034f0201", Part(0x4F, 1, 2)),
        ("060804beef0302", Part(0xBEEF, 2, 3)),
        ("0b05040b8423f000034f0201", Part(0x4F, 1, 2)),
        ("0605040b8423f0", None),
        ("0500034f0203", None),
        ("0500034f0101", None),
        ("0500034f02", None),
        ("05", None),
        ("020003", None),
        ("", None),
    ],
)
def test_headers(header: str, part: Part | None) -> None:
    request = asked(id="m1", **{"from": "02055512345"}, text="x", udh=bytes.fromhex(header))
    heard = gateway().read(request)
    assert isinstance(heard, Inbound)
    assert (heard.msisdn, heard.part) == ("+8562055512345", part)


@pytest.mark.parametrize("text", ["hello  two", LAO, ""])
def test_a_post_has_the_text_as_its_body_and_numbers_in_headers(text: str) -> None:
    fields = {"id": "m1", "coding": "0", "charset": "UTF-8", "udh": ""}
    headers = {"Content-Type": 'text/plain; charset="UTF-8"', "X-Kannel-From": "8562055512345", "X-Kannel-To": "1600"}
    request = Received(text.encode(), method="POST", tail="sms", query=urlencode(fields), headers=headers)
    assert gateway().read(request) == Inbound("kannel", "m1", "+8562055512345", "1600", text)


def test_what_is_no_message() -> None:
    own = gateway()
    assert own.read(asked(id="m1", **{"from": "BANK"}, text="x")) == Malformed("not-a-phone", status=200)
    assert own.read(Received(b"", method="PUT", tail="sms")) == Malformed("method", status=405)
    assert own.read(asked(id="m 1", **{"from": "8562055512345"}, text="x")) == Malformed("message-id")
    assert own.read(Received(b"", method="GET", query="&".join(["a=1"] * 99))) == Malformed("not-ours")
    assert own.read_optout(asked()) == Malformed("no-optouts")


@pytest.mark.parametrize(
    ("status", "answer", "state", "reason"),
    [
        ("1", "id:1 sub:001 dlvrd:001 done date:2611290313 stat:DELIVRD err:000 text:85620555", "delivered", "DELIVRD"),
        ("2", "id:1 stat:UNDELIV err:001 text:", "failed", "UNDELIV"),
        ("16", "NACK/0x0000000b/Invalid Destination Address", "failed", "InvalidDestinationAddress"),
        ("16", "NACK/no SMSC", "unknown", ""),
        ("8", "ACK/", "sent", ""),
        ("3", "", "unknown", ""),
    ],
)  # fmt: skip
def test_reports(status: str, answer: str, state: Any, reason: str) -> None:
    own = gateway()
    request = asked(mark="7f-6afe0000-2", status=status, smsid="m1", answer=answer)
    assert own.read_report(request) == Report("kannel", "", state, reason, "7f-6afe0000-2")


def query(message: str, part: Part | None = None, **more: Any) -> dict[str, list[str]]:
    outgoing = Outgoing(1, "kannel", "+8562055512345", message, 1, 0, mark="7f-6afe0000", part=part)
    asks = urlencode(gateway(**more)._query(outgoing))
    return parse_qs(asks, keep_blank_values=True, encoding="latin-1")


def test_what_is_asked() -> None:
    words = query("hello")
    assert {name: words[name] for name in ("to", "from", "coding", "charset", "text", "smsc", "dlr-mask")} == {
        "to": ["8562055512345"],
        "from": ["1600"],
        "coding": ["0"],
        "charset": ["UTF-8"],
        "text": ["hello"],
        "smsc": ["operator"],
        "dlr-mask": ["31"],
    }
    assert words["dlr-url"] == [f"{CALLBACK}/report?mark=7f-6afe0000&status=%d&smsid=%F&answer=%A"]
    assert "udh" not in words
    assert query("a`b")["coding"] == ["2"]
    assert query("£é€")["coding"] == ["0"]
    assert query(LAO, Part(0x1234, 2, 3))["udh"] == ["\x05\x00\x034\x03\x02"]


def test_what_is_left_out() -> None:
    words = query("hello", callback="", smsc="", sender="MOHA")
    assert not {"dlr-url", "dlr-mask", "smsc"} & words.keys()
    assert words["from"] == ["MOHA"]
    assert not gateway(callback="").capabilities.reports
    assert gateway(long="whole").capabilities.long == "whole"


ANSWERED = [
    (202, "0: Accepted for delivery", None),
    (202, "3: Queued for later delivery", None),
    (403, "Not routable. Do not try again.", SendError("not-routable", retry=True)),
    (403, "Authorization failed for sendsms", SendError("http-403", retry=True, ours=True)),
    (400, "Number(s) has/have been denied by white- and/or black-lists.", SendError("denied")),
    (400, "Missing receiver number, rejected", SendError("http-400", ours=True)),
    (503, "Temporal failure, try again later.", SendError("http-503", retry=True)),
    (202, "Sent.", SendError("strange-answer", unknown=True)),
]


@pytest.mark.parametrize(("status", "said", "fault"), ANSWERED)
async def test_answers(status: int, said: str, fault: SendError | None) -> None:
    async def answer(_request: web.BaseRequest) -> web.Response:
        return web.Response(status=status, text=said)

    port = free_port()
    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    own = gateway(sendsms_url=f"http://127.0.0.1:{port}/cgi-bin/sendsms")
    outgoing = Outgoing(1, "kannel", "+8562055512345", "x", 1, 0, mark="7f-6afe0000")
    try:
        if fault is None:
            assert (await own.send(outgoing)).gateway_id == ""
            return
        with pytest.raises(SendError) as raised:
            await own.send(outgoing)
        found = raised.value
        assert (found.code, found.retry, found.ours, found.unknown) == (
            fault.code,
            fault.retry,
            fault.ours,
            fault.unknown,
        )
    finally:
        await own.close()
        await runner.cleanup()


def test_the_page_has_every_answer_and_report() -> None:
    for _, words, _ in ANSWERS:
        assert words in PAGE
    rows = re.findall(r"^\| ([0-9, ]+) \| (delivered|failed|sent)", PAGE, re.MULTILINE)
    said = {code.strip(): state for codes, state in rows for code in codes.split(",")}
    assert said == dict(REPORTS)


def test_the_page_has_every_setting() -> None:
    own = set(Settings.model_fields) - set(sms.poster.Settings.model_fields)
    assert {key for key in own if f"`{key}`" not in PAGE} == set()


def test_the_configuration_is_taken_as_written(tmp_path: Path) -> None:
    file = tmp_path / "sala.toml"
    file.write_text(f'node = "N"\n{block("toml")}')
    (one,) = plugs.channels(config.load(file))
    assert isinstance(one.messages, Gateway)
    assert one.secrets
    # What Kannel is told to ask for is what this channel answers under.
    printed = block("kannel")
    assert f"/gateways/kannel/{SECRET}/sms?" in printed
    assert f"/gateways/kannel/{SECRET}\n" in block("toml").replace('"', "")


@pytest.mark.parametrize(
    "wrong", ['sendsms_url = "http://192.0.2.1/cgi-bin/sendsms"', 'callback = "ftp://x"', 'long = "udh"', "smcs = 1"]
)
def test_a_mistake_is_one_sentence_with_its_line(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "sala.toml"
    key = wrong.partition(" = ")[0]
    text = "\n".join(line for line in block("toml").splitlines() if line.partition(" = ")[0] != key)
    file.write_text(f'node = "N"\n{text}\n{wrong}\n')
    with pytest.raises(ConfigFault) as caught:
        plugs.channels(config.load(file))
    assert str(caught.value).startswith(f"{file}:")
    assert key in str(caught.value)
