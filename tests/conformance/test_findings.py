"""What the kits find and how they say it: a mistake behind a signature, a bare 4xx, and why a request was refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sms.kit.cases as texts
import ussd.kit.cases as presses
from flows.errors import SendError
from gateways.capcom6.sms import Gateway as Phone
from gateways.http.ussd import Side as Presses
from sala import kit
from sms.kit import hostile
from sms.kit.wire import HttpWire
from store.kit import Failed
from store.values import Malformed
from tests.conformance.test_kits import SUBJECTS


async def test_a_gateway_that_stumbles_behind_its_signature_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateways.capcom6.sms._object", json.loads)
    signed = SUBJECTS["capcom6"]
    assert isinstance(signed.sms, HttpWire)
    # The negative control: without the operator's signature all that is mangled is refused before it is read.
    bare = replace(signed, sms=replace(signed.sms, sign=None))
    await kit.run(bare, "sms", hostile.any_bytes, tmp_path / "bare")
    with pytest.raises(Failed, match="read raised"):
        await kit.run(signed, "sms", hostile.any_bytes, tmp_path / "signed")


def later(*_: Any) -> SendError:
    return SendError("later", retry=True)


async def test_a_bare_400_is_tried_with_every_operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = SUBJECTS["dhis2"]
    assert isinstance(one.sms, HttpWire)
    assert "refused" not in one.sms.answers
    await kit.run(one, "sms", texts.each_way_to_fail, tmp_path / "sound")
    monkeypatch.setattr("gateways.http.sms.refusal", later)
    with pytest.raises(Failed, match="the message after 'refused': expected 'failed', got 'queued'"):
        await kit.run(one, "sms", texts.each_way_to_fail, tmp_path / "mild")


async def test_a_refused_request_is_said_with_its_status_and_the_gateways_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Phone, "_lately", lambda *_: False)
    said, _ = await kit._said(SUBJECTS["capcom6"], "sms", texts.answered, tmp_path / "sms")
    assert said == "the message '1' was not acknowledged: 401, timestamp"
    said, _ = await kit._said(SUBJECTS["capcom6"], "sms", texts.unknown_report, tmp_path / "report")
    assert said == "the report 'sms:delivered' was not acknowledged: 401, timestamp"
    monkeypatch.setattr(Presses, "read", lambda *_: Malformed("mood"))
    said, _ = await kit._said(SUBJECTS["hubtel"], "ussd", presses.dialogue, tmp_path / "ussd")
    assert said == "a key press was answered 400 (mood), and the phone showed nothing"
