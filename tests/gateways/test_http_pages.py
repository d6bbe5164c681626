"""The pages about operators: each configuration is taken as it is written, each call is understood."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from gateways.http.loading import load, shipped
from gateways.http.model import Map
from sala import config, gateway_kits, plugs, relays
from store.values import Call, Received
from tests.house.tree import ROOT

PAGES = sorted((ROOT / "docs" / "gateways").glob("*.md"))


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


CHANNELS = [
    pytest.param(text, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, text in enumerate(blocks(page, "toml"))
    if "[channels." in text and 'gateway = "http"' in text
]


@pytest.mark.parametrize("text", CHANNELS)
def test_a_configuration_is_taken_as_it_is_written(text: str, tmp_path: Path) -> None:
    file = tmp_path / "sala.toml"
    file.write_text(f'node = "N"\n{text}')
    found = config.load(file)
    channels = plugs.channels(found)
    relays.check(found, channels)
    assert all(one.key_presses or one.messages for one in channels)
    assert len(channels) == 2 if found.relay else 1


def test_every_shipped_map_is_on_a_page() -> None:
    written = "".join(page.read_text("utf-8") for page in PAGES)
    assert [name for name in shipped() if f"`{name}`" not in written] == []


def test_the_map_of_the_page_is_a_map(tmp_path: Path) -> None:
    page = ROOT / "docs" / "gateways" / "http.md"
    parts = [text for text in blocks(page, "toml") if "[channels." not in text]
    assert len(parts) == 2
    file = tmp_path / "operator.toml"
    file.write_text("\n".join(parts))
    found = load(str(file))
    assert found.ussd
    assert found.sms
    assert found.sms.send.taken.later == ("7",)
    assert tomllib.loads(parts[0])["sign"]["kind"] == "hmac"


def keys(kind: type[BaseModel]) -> Iterator[str]:
    for name, field in kind.model_fields.items():
        yield name
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from keys(inner)


def test_every_key_of_a_map_is_on_its_page() -> None:
    written = set(re.findall(r"[a-z0-9_]+", (ROOT / "docs" / "gateways" / "http.md").read_text("utf-8")))
    assert sorted(set(keys(Map)) - written) == []


@pytest.mark.slow
def test_the_map_of_the_page_passes_the_kit(tmp_path: Path) -> None:
    page = ROOT / "docs" / "gateways" / "http.md"
    file = tmp_path / "operator.toml"
    file.write_text("\n".join(text for text in blocks(page, "toml") if "[channels." not in text))
    said: list[str] = []
    assert not gateway_kits.prove(str(file), said.append), said
    assert said[-1] == "all 38 promises are kept; 2 do not apply"


def test_the_call_of_the_page_is_understood(tmp_path: Path) -> None:
    page = ROOT / "docs" / "gateways" / "ussd-aggregators.md"
    line = page.read_text("utf-8").partition("```\ncurl")[2].partition("```")[0]
    body = json.loads(shlex.split(line.replace("\\\n", " "))[-1])
    (settings,) = blocks(page, "toml")
    file = tmp_path / "sala.toml"
    file.write_text(f'node = "N"\n{settings}')
    (one,) = plugs.channels(config.load(file))
    assert one.key_presses
    heard = one.key_presses.read(Received(json.dumps(body).encode(), tail="ussd"))
    assert isinstance(heard, Call)
    assert (heard.op, heard.msisdn, heard.service_code) == ("start", "+8562055512345", "*999#")
