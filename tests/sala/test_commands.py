"""The commands beside a running node, and on a node that has stopped."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.reference import make_reference
from sala import cli
from sala.services import LIBRARY
from tests.sala.nodes import NUMBER, Node, running
from tests.sala.test_serve import register

AGENCY = '[agencies.civil-registry]\nconnector = "native"\nurl = "http://127.0.0.1:9/sala"\nsecret = "whsec_{}"\n'
SECRET = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running(tmp_path_factory.mktemp("node"), AGENCY.format(SECRET)) as running_node:
        yield running_node


@pytest.fixture(scope="module")
def reference(node: Node) -> str:
    node.phone.dial()
    return register(node.phone, "English")


def sala(node: Node, capsys: Captured, *arguments: str) -> tuple[int, str]:
    """The exit code, and what was said on both outputs."""
    code = cli.main([*arguments, "--config", str(node.folder / "sala.toml")])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_sync_status_and_now_tell_of_an_agency_that_is_away(node: Node, reference: str, capsys: Captured) -> None:
    assert reference
    code, said = sala(node, capsys, "sync", "status", "--format", "json")
    found = json.loads(said)
    (state,) = found["agencies"]
    assert (code, state["agency"], state["waiting"]) == (0, "civil-registry", 1)
    # While the receipt is on its way to a gateway that is away, its price is set aside.
    nothing = [{"channel": "at", "today": "0.00", "days_30": "0.00"}]
    until = time.monotonic() + 60
    while found["sms"] != nothing and time.monotonic() < until:
        found = json.loads(sala(node, capsys, "sync", "status", "--format", "json")[1])
    assert found["sms"] == nothing
    assert found["attention"] == found["refused"] == []
    assert all(digest.startswith("sha256:") for digest in found["runs"].values())
    assert found["runs"]
    code, said = sala(node, capsys, "sync", "now")
    assert code == 1
    assert "civil-registry" in said
    assert "1 left" in said
    assert "[away]" in said
    assert sala(node, capsys, "sync", "now", "--agency", "nobody")[0] == 2
    said = sala(node, capsys, "sync", "status")[1]
    assert "civil-registry: 1 waiting, the oldest for" in said
    assert "nothing is acknowledged yet" in said
    assert "link: down" in said
    assert re.search(r"SMS by at: [01]\.00 today", said)


def test_prove_shows_the_trail_and_nothing_of_the_citizen(node: Node, reference: str, capsys: Captured) -> None:
    code, said = sala(node, capsys, "prove", reference)
    assert code == 0
    assert said.startswith(reference)
    for word in ("submission", "the last key press (USSD)", "civil-registry", "message", "sha256:", "after"):
        assert word in said
    assert "Lasaphone" not in said
    assert NUMBER.removeprefix("+856") not in re.sub(r"\W", "", said)
    code, said = sala(node, capsys, "prove", reference, "--format", "json")
    assert {"submission", "delivery"} <= {hop["kind"] for hop in json.loads(said)}
    assert sala(node, capsys, "prove", make_reference("00000000"))[0] == 1
    code, said = sala(node, capsys, "prove", "123456789")
    assert code == 2
    assert "check digit" in said


def test_flows_are_published_paused_and_rolled_back_beside_the_node(
    node: Node, tmp_path: Path, capsys: Captured
) -> None:
    text = (LIBRARY / "birth.yaml").read_text("utf-8").replace("Register a birth", "Report a birth")
    (tmp_path / "birth.yaml").write_text(text, "utf-8")
    code, said = sala(node, capsys, "flow", "publish", str(tmp_path / "birth.yaml"))
    assert code == 0, said
    assert "published birth sha256:" in said
    listed = json.loads(sala(node, capsys, "flow", "list", "--format", "json")[1])
    assert [one["state"] for one in listed if one["service"] == "birth"] == ["live", "old"]
    assert menu_says(node, "Report a birth", "+8562055500101")
    assert sala(node, capsys, "flow", "rollback", "birth")[0] == 0
    assert menu_says(node, "Register a birth", "+8562055500102")
    assert sala(node, capsys, "flow", "pause", "birth")[0] == 0
    assert "paused" in sala(node, capsys, "flow", "list")[1]
    assert sala(node, capsys, "flow", "pause", "birth", "--resume")[0] == 0
    assert sala(node, capsys, "flow", "pause", "nothing")[0] == 2


def menu_says(node: Node, words: str, number: str) -> bool:
    """Whether a new session's front menu says so, within the two seconds that are promised."""
    phone = node.another(number)
    until = time.monotonic() + 2
    while time.monotonic() < until:
        phone.dial()
        if phone.screen.startswith("1 English"):
            phone.press("1")
        if words in phone.screen:
            return True
        time.sleep(0.1)
    return False


def test_a_bad_flow_is_not_published(node: Node, tmp_path: Path, capsys: Captured) -> None:
    text = (LIBRARY / "birth.yaml").read_text("utf-8").replace("- ask: mother_age", "- ask: mother_agee")
    (tmp_path / "birth.yaml").write_text(text, "utf-8")
    code, said = sala(node, capsys, "flow", "publish", str(tmp_path / "birth.yaml"))
    assert code == 2
    assert re.search(r"birth\.yaml:\d+", said)


def test_backup_beside_the_node_and_restore_elsewhere(
    node: Node, reference: str, tmp_path: Path, capsys: Captured
) -> None:
    copy = tmp_path / "copy.db"
    assert sala(node, capsys, "db", "backup", str(copy))[0] == 0
    assert b"Lasaphone" not in copy.read_bytes()
    assert sala(node, capsys, "db", "backup", str(copy))[0] == 2  # never written over
    code, said = sala(node, capsys, "db", "restore", str(copy), "--force")
    assert code == 2
    assert "running" in said
    other = tmp_path / "other"
    (other / "sala-data" / "keys").mkdir(parents=True)
    (other / "sala.toml").write_text((node.folder / "sala.toml").read_text())
    key = (node.folder / "sala-data" / "keys" / "database.key").read_bytes()
    (other / "sala-data" / "keys" / "database.key").write_bytes(key)
    config = ("--config", str(other / "sala.toml"))
    assert cli.main(["prove", reference, *config]) == 2  # the control: there is nothing yet
    assert cli.main(["db", "restore", str(copy), *config]) == 0
    assert cli.main(["db", "check", *config]) == 0
    assert cli.main(["db", "migrate", *config]) == 0
    assert cli.main(["prove", reference, *config]) == 0
    assert cli.main(["db", "restore", str(copy), *config]) == 2
    assert cli.main(["db", "restore", str(copy), "--force", *config]) == 0


def test_case_unlock(node: Node, reference: str, capsys: Captured) -> None:
    assert sala(node, capsys, "case", "unlock", reference) == (0, "unlocked\n")
    assert sala(node, capsys, "case", "unlock", make_reference("00000000"))[0] == 1


def test_doctor_speaks_json(node: Node, capsys: Captured) -> None:
    code, said = sala(node, capsys, "doctor", "--format", "json")
    found = {finding["name"]: finding for finding in json.loads(said)}
    assert code == 1  # the agency is away
    assert found["agencies"]["state"] == "bad"
    for name in ("rooms", "sqlite", "configuration", "disk", "channels", "services"):
        assert found[name]["state"] != "bad", found[name]
    assert {"fsync", "keys", "clock", "icu", "languages"} <= found.keys()


def test_doctor_of_a_bad_configuration(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "sala.toml").write_text("nod = 1\n")
    assert cli.main(["doctor", "--config", str(tmp_path / "sala.toml")]) == 1
    assert "nod: is not a setting" in capsys.readouterr().out


def test_a_bundle_goes_to_the_agency_and_its_receipt_comes_back(
    node: Node, reference: str, tmp_path: Path, capsys: Captured
) -> None:
    stick, office = tmp_path / "stick", tmp_path / "office"
    stick.mkdir()
    assert cli.main(["agency", "enrol", "LA-TEST-01", "--data", str(office)]) == 0
    secret = re.search(r'secret = "(.+)"', capsys.readouterr().out)
    assert secret
    text = (node.folder / "sala.toml").read_text()
    config = node.folder / "bundle.toml"
    config.write_text(text.replace(f"whsec_{SECRET}", secret[1]))
    assert cli.main(["bundle", "read", str(stick), "--config", str(config)]) == 1
    assert cli.main(["bundle", "write", str(stick), "--config", str(config)]) == 0
    assert cli.main(["agency", "bundles", str(stick), "--data", str(office)]) == 0
    assert cli.main(["bundle", "read", str(stick), "--config", str(config)]) == 0
    assert "1 accepted" in capsys.readouterr().out
    assert cli.main(["prove", reference, "--config", str(config)]) == 0
    assert "accepted" in capsys.readouterr().out


def test_commands_without_a_database_say_so(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "sala.toml").write_text('node = "A"\n')
    for command in (["sync", "status"], ["flow", "list"], ["db", "check"], ["db", "migrate"]):
        assert cli.main([*command, "--config", str(tmp_path / "sala.toml")]) == 2
        assert "there is no database yet" in capsys.readouterr().err
    assert not (tmp_path / "sala-data").exists()
