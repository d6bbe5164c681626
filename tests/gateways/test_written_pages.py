"""What the pages about gateways say is so: each address is answered, each block is taken, each name is there."""

import dataclasses
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import gateways.port
import sms.door
import sms.kit.wire
import sms.port
import ussd.door
import ussd.kit.wire
import ussd.port
from gateways.http.gateway import Gateway as ByMap
from gateways.http.kit import SETTINGS
from gateways.http.settings import Settings
from sala import config, gateway_kits, plugs, routing
from sala.gate import Gate, Way
from store.values import Inbound, Received
from tests.gateways.test_http_pages import blocks
from tests.house.tree import ROOT

FOLDER = ROOT / "docs" / "gateways"
TOP = ROOT / "docs" / "gateways.md"
WRITING = (FOLDER / "README.md").read_text("utf-8")
ADDRESS = re.compile(r"/?gateways/([a-z0-9_-]+)/SECRET((?:/[a-z]+)+)")
SHARED = "a-long-random-word-of-16-or-more-characters"
NOBODY: Any = None


def channels(text: str, folder: Path) -> list[plugs.Plugged]:
    file = folder / "sala.toml"
    file.write_text(f'node = "N"\n{text}')
    return plugs.channels(config.load(file))


def way(one: plugs.Plugged) -> Way:
    """The channel at the gate; its doors are asked for their addresses only."""
    hooks: dict[str, Any] = {}
    if one.key_presses:
        hooks |= ussd.door.Door(one.name, one.key_presses, NOBODY, NOBODY, deadline=1).hooks()
    if one.messages:
        hooks |= sms.door.Door(one.name, one.messages, NOBODY, NOBODY).hooks()
    return Way((b"SECRET",), hooks)


def written(page: Path) -> set[tuple[str, str]]:
    return {(found[1], found[2]) for found in ADDRESS.finditer(page.read_text("utf-8"))}


PAGES = [page for page in (TOP, *sorted(FOLDER.glob("*.md"))) if written(page)]


def test_pages_of_all_gateways_that_are_called_name_their_addresses() -> None:
    names = {page.stem for page in PAGES}
    assert names >= {"gateways", "capcom6", "cht", "dhis2", "jasmin", "rapidpro", "twilio", "ussd-aggregators"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_address_on_a_page_is_answered_by_the_channel_that_stands_there(page: Path, tmp_path: Path) -> None:
    ways: dict[str, Way] = {}
    for text in blocks(page, "toml"):
        if "[channels." in text and 'gateway = "..."' not in text:
            ways |= {one.name: way(one) for one in channels(text, tmp_path)}
    gate = Gate(ways)
    wrong = [
        (name, tail)
        for name, tail in written(page)
        if not any(gate.find(f"/gateways/{name}/SECRET{tail}{more}", "", {}) for more in ("", "/ID/start"))
    ]
    assert wrong == []
    # The negative control: an address that is on no page.
    assert gate.find(f"/gateways/{next(iter(ways))}/SECRET/nowhere", "", {}) is None


def test_the_routes_of_the_page_lead_where_it_says(tmp_path: Path) -> None:
    (text,) = [text for text in blocks(TOP, "toml") if "[routing]" in text]
    account = f'gateway = "africastalking"\nsecret = "{SHARED}"\nusername = "sandbox"\napi_key = "k"'
    text = text.replace('gateway = "..."', account).replace("[routing]", f"[channels.ltc-ussd]\n{account}\n[routing]")
    file = tmp_path / "sala.toml"
    file.write_text(f'node = "N"\n{text}')
    found = config.load(file)
    routes = routing.routes(found, plugs.channels(found))
    assert routes.failover
    assert routes.pick("", "+8562055512345") == "ltc"
    assert routes.pick("", "+8563055512345") == routes.pick("", "+8562095512345") == "unitel"
    assert routes.pick("", "+8562235512345") == "ltc"
    assert routes.pick("unitel", "+8562055512345") == "unitel"
    assert routes.pick("ltc-ussd", "+8562095512345") == "ltc"
    assert routes.after("ltc", "", "+8562055512345") == "unitel"
    assert routes.after("unitel", "ltc,ltc-ussd,", "+8562055512345") == ""


def test_what_rapidpro_is_to_send_is_a_message() -> None:
    templates = re.findall(r"`(id=\{\{id\}\}&[^`]+)`", (FOLDER / "rapidpro.md").read_text("utf-8"))
    assert len(templates) == 2
    side = ByMap("c", Settings.model_validate({**SETTINGS, "map": "rapidpro-site"})).sms
    assert side
    values = {"id": "4711", "to": "+8562055512345", "to_no_plus": "8562055512345", "text": "STATUS 1 & ເກີດ"}
    for template in templates:
        body = re.sub(r"\{\{(\w+)\}\}", lambda found: quote(values[found[1]]), template)
        read = side.read(Received(body.encode(), tail="sms"))
        assert read == Inbound("c", "4711", "+8562055512345", "", "STATUS 1 & ເກີດ")


# --- write your own ---------------------------------------------------------------------------------------------------


def test_the_sink_has_what_the_page_calls() -> None:
    (text,) = blocks(FOLDER / "README.md", "python")
    called = set(re.findall(r"sink\.(\w+)\(", text))
    assert called == {"call", "ended", "inbound", "report", "opt_out"}
    assert [name for name in called if not hasattr(gateways.port.Sink, name)] == []


@pytest.mark.parametrize(
    ("head", "kind"),
    [("| USSD: `HttpWire(...)` | |", ussd.kit.wire.HttpWire), ("| SMS: `HttpWire(...)` | |", sms.kit.wire.HttpWire)],
)
def test_the_tables_of_the_wires_name_all_their_fields(head: str, kind: Any) -> None:
    rows = WRITING.partition(head)[2].partition("\n\n")[0].splitlines()
    named = {word for row in rows for word in re.findall(r"`(\w+)`", row.split("|")[1] if row else "")}
    assert named == {field.name for field in dataclasses.fields(kind)}


def test_what_a_gateway_writes_is_what_the_ports_ask_for() -> None:
    rows = re.findall(r"^\| `(.+)` \| .+ \|$", WRITING.partition("| you write | it |")[2], re.MULTILINE)
    asked = {word for row in rows for word in re.findall(r"\b(?:async )?([A-Za-z_]+)\b", re.sub(r"\(.*?\)", "", row))}
    there = set(dir(ussd.port.Gateway)) | set(dir(sms.port.Gateway)) | set(ussd.port.Gateway.__annotations__)
    assert {word for word in asked if word != "async"} <= there
    public = {name for name in dir(ussd.port.Gateway) + dir(sms.port.Gateway) if not name.startswith("_")}
    assert public - asked <= {"close"}


def test_a_new_gateway_is_registered_as_the_page_shows(tmp_path: Path) -> None:
    (shown,) = [text for text in blocks(FOLDER / "README.md", "toml") if "entry-points" in text]
    list(gateway_kits.begin("acme", ["ussd"], tmp_path / "sala-acme"))
    project = (tmp_path / "sala-acme" / "pyproject.toml").read_text("utf-8")
    assert [line for line in shown.splitlines() if line not in project] == []


@pytest.mark.parametrize("page", [TOP, *sorted(FOLDER.glob("*.md"))], ids=lambda page: page.stem)
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [one for one in links if not (page.parent / one).exists()] == []
