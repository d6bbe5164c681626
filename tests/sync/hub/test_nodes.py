"""Two nodes and an agency as processes of their own: a key press at the district becomes a request at the agency."""

import asyncio
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync.agency.app import enrol
from tests.ports import free_port
from tests.sala.nodes import sala, started, written

AGENCY = "civil-registry"


def until(found: Callable[[], Any], seconds: float = 120.0) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.3)
    raise AssertionError("it did not happen in time")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_district_a_hub_and_an_agency_as_three_processes(tmp_path: Path) -> None:
    agency_port = free_port()
    agency, hub, district = (tmp_path / name for name in ("agency", "hub", "district"))
    for folder in (agency, hub, district):
        folder.mkdir()
    secret = asyncio.run(enrol(agency, "LA-HUB", hub=True))
    tables = f'[agencies.{AGENCY}]\nconnector = "native"\nurl = "http://127.0.0.1:{agency_port}/sala"\n'
    tables += f'secret = "{secret}"\n'
    hub_file, hub_http, hub_console = written(hub, tables, node="LA-HUB")
    # A database is there from the first start; the enrolment needs it.
    with started(hub_file, hub_http, hub_console):
        pass
    told = sala("hub", "enrol", "LA-XK-03", "--url", f"http://127.0.0.1:{hub_console}", cwd=hub).stdout
    above, below = told.split("# In the configuration of")
    hub_file.write_text(hub_file.read_text() + above, "utf-8")
    below, _, blocks = below.partition("[store]")
    file, http, console = written(district, below.partition("\n")[2], node="LA-XK-03")
    file.write_text(file.read_text().replace("[store]", f"[store]\n{blocks.strip()}"), "utf-8")
    assert json.loads("[" + re.findall(r"blocks = \[(.*)\]", blocks)[0] + "]")

    with started(hub_file, hub_http, hub_console) as above_node, started(file, http, console):
        nodes = until(lambda: [row for row in _nodes(hub) if row["version"] and row["read_up_to"]])
        # From here on the hub is away: what it sends comes by the stick alone.
        above_node.stop()
        assert nodes[0]["node"] == "LA-XK-03"
        assert nodes[0]["references"] == 40_000
        assert sala("hub", "send", "pause", "feedback", cwd=hub).returncode == 0
        assert sala("user", "add", "noy", "--role", "officer", "--district", "LA0901", cwd=hub).returncode == 0
        assert sala("hub", "send", "user", "noy", cwd=hub).returncode == 0
        assert sala("hub", "send", "user", "nobody", cwd=hub).returncode == 2
        stick = str(tmp_path / "hub.down")
        assert sala("down", "write", stick, cwd=hub).returncode == 0
        assert sala("down", "read", stick, cwd=district).returncode == 0
        again = sala("down", "read", stick, cwd=district)
        assert (again.returncode, "read before" in again.stderr) == (2, True), again.stderr
        rows = until(lambda: [row for row in _arrived(district) if row["kind"] == "pause" and row["state"] == "active"])
        assert rows[0]["name"] == "feedback"
        until(lambda: any(row["kind"] == "user" and row["state"] == "active" for row in _arrived(district)))
        assert "noy" in sala("user", "list", cwd=district).stdout
        assert "runs: birth" in sala("sync", "status", cwd=district).stdout
        assert "node LA-XK-03" in sala("sync", "status", cwd=hub).stdout
        below = json.loads(sala("sync", "status", "--format", "json", cwd=district).stdout)
        assert below["hub"]["references"] == 40_000
        assert below["hub"]["read_up_to"] >= 1
        here = json.loads(sala("sync", "status", "--format", "json", cwd=hub).stdout)
        assert [one["node"] for one in here["nodes"]] == ["LA-XK-03"]
    assert "Traceback" not in (hub / "log").read_text() + (district / "log").read_text()


def _arrived(node: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(sala("down", "status", "--format", "json", cwd=node).stdout)
    return rows


def _nodes(hub: Path) -> list[dict[str, Any]]:
    done = sala("hub", "nodes", "--format", "json", cwd=hub)
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows
