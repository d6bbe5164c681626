"""The laptop is lost, and its hub has the second copy: another machine fetches it and goes on."""

import json
import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from sala import cli
from tests.sala.nodes import sala, started, written
from tests.sala.test_serve import register_as

Captured = pytest.CaptureFixture[str]


def test_a_copy_needs_a_place(tmp_path: Path, capsys: Captured) -> None:
    key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    cases = {
        f'[copy]\nkey = "{key}"\n': "path is missing",
        f'[copy]\nkey = "{key}"\nhub = true\n': "this node has no hub",
        f'[copy]\nkey = "{key}"\nhub = true\nwait = true\n': "no key press can wait for the hub",
    }
    for table, said in cases.items():
        file, *_ = written(tmp_path, table)
        assert cli.main(["copy", "status", "--config", str(file)]) == 2
        assert said in capsys.readouterr().err
    assert cli.main(["copy", "fetch", "--to", str(tmp_path / "x"), "--config", str(written(tmp_path)[0])]) == 2
    assert "this node has no hub" in capsys.readouterr().err


def two_copies(folder: Path) -> None:
    """Wait until the node says that its hub has everything."""
    until = time.monotonic() + 120
    while (done := sala("copy", "status", cwd=folder)).returncode:
        assert time.monotonic() < until, done.stdout + done.stderr
        time.sleep(0.3)
    assert done.stdout.startswith("two copies")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_lost_laptop_whose_copy_is_at_its_hub(tmp_path: Path) -> None:
    hub, old, new = (tmp_path / name for name in ("hub", "old", "new"))
    for folder in (hub, old, new):
        folder.mkdir()
    hub_file, hub_http, hub_console = written(hub, node="LA-HUB", services=[])
    with started(hub_file, hub_http, hub_console):
        pass
    tables = sala("hub", "enrol", "LA-XK-03", "--url", f"http://127.0.0.1:{hub_console}", cwd=hub).stdout
    above, below = tables.split("# In the configuration of")
    hub_file.write_text(hub_file.read_text() + above, "utf-8")
    below, _, blocks = below.partition("[store]")
    key = sala("copy", "key", str(tmp_path / "escrow.key"), cwd=tmp_path).stdout
    public = re.findall(r'key = "(age1[0-9a-z]+)"', key)[0]
    tables = f'{below.partition(chr(10))[2]}\n[copy]\nkey = "{public}"\nhub = true\n'
    file, http, console = written(old, tables, node="LA-XK-03")
    file.write_text(file.read_text().replace("[store]", f"[store]\n{blocks.strip()}"), "utf-8")

    with started(hub_file, hub_http, hub_console):
        with started(file, http, console) as node:
            told = [register_as(node, f"+85620555000{n:02d}") for n in range(3)]
            two_copies(old)
            node.stop(signal.SIGKILL)
        shutil.rmtree(old)
        (row,) = json.loads(sala("hub", "copies", "--format", "json", cwd=hub).stdout)
        assert row["node"] == "LA-XK-03"
        # The new machine has a configuration with the hub in it, and the escrow key out of its safe.
        file, http, console = written(new, tables, node="LA-XK-03")
        fetched = sala("copy", "fetch", "--to", "copies", cwd=new)
        assert fetched.returncode == 0, fetched.stderr
        done = sala("copy", "restore", "copies", "--key", str(tmp_path / "escrow.key"), "--to", "sala-data", cwd=new)
        assert done.returncode == 0, done.stdout + done.stderr
        for reference in told:
            assert reference in sala("prove", reference, cwd=new).stdout
        with started(file, http, console) as node:
            assert register_as(node, "+8562055500000") == told[0]
            two_copies(new)
