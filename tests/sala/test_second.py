"""`sala copy`: a key is made, a node copies itself, the machine is lost, and another one goes on where it stopped."""

import json
import re
import shutil
import signal
import stat
import time
from pathlib import Path

import pytest

from sala import cli, second
from sala.config import load
from tests.sala.nodes import Node, sala, started, written
from tests.sala.test_serve import register_as


def test_a_key_is_made_once_and_told_what_to_do_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "escrow.key"
    assert cli.main(["copy", "key", str(file)]) == 0
    said = capsys.readouterr().out
    public = re.search(r'key = "(age1[0-9a-z]+)"', said)
    assert public
    assert public[1] in file.read_text()
    assert "AGE-SECRET-KEY-1" in file.read_text()
    assert "AGE-SECRET-KEY-1" not in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert cli.main(["copy", "key", str(file)]) == 2
    assert "never written over" in capsys.readouterr().err


def test_a_wrong_key_in_the_configuration_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, *_ = written(tmp_path, '[copy]\npath = "x"\nkey = "age1nonsense"\n')
    assert cli.main(["copy", "status", "--config", str(file)]) == 2
    assert "copy.key: is no escrow key" in capsys.readouterr().err


def test_without_a_copy_the_status_says_what_to_add(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, *_ = written(tmp_path)
    assert cli.main(["copy", "status", "--config", str(file)]) == 2
    assert "sala copy key" in capsys.readouterr().err


def test_what_travels_in_the_luggage(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "mine.yaml").write_text("x: 1")
    (tmp_path / "fees.csv").write_text("code,fee\n")
    outside = tmp_path.parent / "outside.csv"
    outside.write_text("a,b\n")
    file, *_ = written(tmp_path, f'[tables]\nfees = "fees.csv"\nplaces = "{outside}"\n', services=["flows"])
    config = load(file)
    (config.data / "keys").mkdir(parents=True)
    (config.data / "keys" / "database.key").write_text("00")
    packed = second.luggage(config)
    assert set(packed) == {
        "keys/database.key",
        "restored/sala.toml",
        "restored/fees.csv",
        "restored/flows/mine.yaml",
    }


@pytest.mark.slow
def test_a_lost_laptop(tmp_path: Path) -> None:
    """Killed, its folder destroyed; restored elsewhere: every reference is there, and the trail of each."""
    old, new, stick = (tmp_path / name for name in ("old", "new", "stick"))
    for folder in (old, new, stick):
        folder.mkdir()
    said = sala("copy", "key", "escrow.key", cwd=tmp_path)
    public = re.search(r'key = "(age1[0-9a-z]+)"', said.stdout)
    assert public
    copy = f'[copy]\npath = "{stick}/sala"\nkey = "{public[1]}"\nwait = true\nsame_disk = true\n'
    file, http, console = written(old, copy)
    with started(file, http, console) as node:
        await_two(node, file)
        told = [register_as(node, f"+85620555000{n:02d}") for n in range(3)]
        assert "sala_copies 2" in node.get("/metrics")[1]
        node.stop(signal.SIGKILL)
    shutil.rmtree(old)
    restored = sala(
        "copy", "restore", str(stick / "sala"), "--key", "escrow.key", "--to", "new/sala-data", cwd=tmp_path
    )
    assert restored.returncode == 0, restored.stderr
    assert "3 requests" in restored.stdout
    assert "new epoch" in restored.stdout
    shutil.copy(new / "sala-data" / "restored" / "sala.toml", new)
    for reference in told:
        assert reference in sala("prove", reference, cwd=new).stdout
    with started(new / "sala.toml", http, console) as node:
        assert register_as(node, "+8562055500000") == told[0]
        await_two(node, new / "sala.toml")
        assert len(list((stick / "sala").glob("*.salacopy"))) == 2


def await_two(node: Node, file: Path) -> None:
    for _ in range(100):
        said = sala("copy", "status", "--config", str(file), "--format", "json", cwd=file.parent)
        if said.returncode == 0:
            assert json.loads(said.stdout)["copies"] == 2
            return
        time.sleep(0.1)
    raise AssertionError(said.stdout + said.stderr + node.log()[-1000:])
