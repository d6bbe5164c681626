"""`sala gateway`: what is written passes its own kit, and the kit notices each promise that is broken."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sms.kit.cases as texts
import ussd.kit.cases as presses
from flows.errors import ConfigFault
from sala import gateway_kits, kit
from sala.kit import Side
from sms.kit import hostile
from store.kit import Failed


@pytest.fixture
def path() -> Iterator[None]:
    """The interpreter's path as it was."""
    before = list(sys.path)
    yield
    sys.path[:] = before


def begun(folder: Path, name: str, *changes: tuple[str, str, str]) -> kit.Subject:
    """A new gateway with these changes, found as `sala gateway test FOLDER` finds it."""
    package = folder / "package"
    assert list(gateway_kits.begin(name, ["ussd", "sms"], package))
    for file, old, new in changes:
        text = (package / f"sala_{name}" / file).read_text()
        assert old in text
        (package / f"sala_{name}" / file).write_text(text.replace(old, new))
    metadata = folder / "metadata"
    metadata.mkdir()
    (one,) = gateway_kits._of_folder(package, metadata)
    return one


BROKEN: list[tuple[str, str, str, Side, Any]] = [
    ("ussd.py", ", hop=step", "", "ussd", presses.out_of_order),
    ("ussd.py", ", hop=step", ", repeat=60", "ussd", presses.same_key_twice),
    ("ussd.py", '"more": not reply.end', '"more": reply.end', "ussd", presses.dialogue),
    ("ussd.py", 'body.encode("utf-8"', 'body.encode("ascii"', "ussd", presses.dialogue),
    ("ussd.py", "TypeError, KeyError, RecursionError", "IndexError", "ussd", presses.any_bytes),
    ("ussd.py", 'return Answer(200, b"{}"', 'return Answer(500, b"{}"', "ussd", presses.ended_twice),
    ("sms.py", "if error:", "if not error and error:", "sms", texts.each_way_to_fail),
    ("sms.py", '"strange-answer", unknown=True', '"strange-answer", retry=True', "sms", texts.each_way_to_fail),
    ("sms.py", 'return Answer(200, b"")', 'return Answer(503, b"")', "sms", texts.twice),
    ("sms.py", 'body["id"], _STATES', '"x", _STATES', "sms", texts.reports),
    ("sms.py", 'body.get("text", ""))', 'body.get("text", "").strip("*"))', "sms", texts.odd_texts),
    ("sms.py", '"delivered": "delivered"', '"delivered": "failed"', "sms", texts.reports),
    ("sms.py", 'body["id"], body["from"]', 'body["id"] + body["text"], body["from"]', "sms", hostile.any_bytes),
    ("sms.py", 'if body is None or not is_name(body.get("id", "")):', "if body is None:", "sms", hostile.strangers),
    ("sms.py", "raise refusal(status, headers)", 'return Sent("x")', "sms", texts.each_way_to_fail),
    ("sms.py", '{"to": message.msisdn', '{"to": message.msisdn[1:]', "sms", texts.answered),
]


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("number", range(len(BROKEN)))
async def test_a_broken_promise_is_noticed(tmp_path: Path, number: int) -> None:
    file, old, new, side, case = BROKEN[number]
    sound, changed = tmp_path / "sound", tmp_path / "changed"
    for folder in (sound, changed, tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
    # The negative control: what is written is sound in the same case.
    await kit.run(begun(sound, f"sound{number}"), side, case, tmp_path / "one")
    with pytest.raises((Failed, KeyError)):
        await kit.run(begun(changed, f"changed{number}", (file, old, new)), side, case, tmp_path / "two")


def sala(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("sala")), "gateway", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=110, check=False)


@pytest.mark.slow
def test_what_is_written_passes_its_own_kit(tmp_path: Path) -> None:
    assert sala("new", "acme", folder=tmp_path).returncode == 0
    tried = sala("test", "sala-acme", folder=tmp_path)
    assert (tried.returncode, tried.stderr) == (0, "")
    assert tried.stdout.endswith("all 38 promises are kept; 2 do not apply\n")
    file = tmp_path / "sala-acme/sala_acme/ussd.py"
    file.write_text(file.read_text().replace('"more": not reply.end', '"more": reply.end'))
    broken = sala("test", "sala-acme", "--format", "json", folder=tmp_path)
    assert broken.returncode == 1
    assert '"said": "the first screen: expected' in broken.stdout


def test_what_cannot_be_begun_or_tried_is_one_clear_line(tmp_path: Path) -> None:
    for name in ("1x", "Acme", "a-b", "../x"):
        with pytest.raises(ConfigFault, match="cannot be a gateway's name"):
            list(gateway_kits.begin(name, ["ussd"], tmp_path / "x"))
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").touch()
    with pytest.raises(ConfigFault, match="something already"):
        list(gateway_kits.begin("acme", ["ussd"], tmp_path / "there"))
    with pytest.raises(ConfigFault, match=r"no pyproject\.toml"):
        gateway_kits.prove(str(tmp_path), print)
    with pytest.raises(ConfigFault, match="no kit describes"):
        gateway_kits.prove("nobody", print)


def test_the_list_names_what_is_there() -> None:
    assert ("africastalking", "africastalking", "ussd+sms", "sala gateway test africastalking") in gateway_kits.listed()
