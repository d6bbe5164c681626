"""`[agencies.NAME.bearer]`: what is wrong is one sentence, and what is right becomes a carrier and an ear."""

from pathlib import Path

import pytest

from flows.errors import ConfigFault
from sala import bearers, config, plugs
from sala.road import connectors
from store.bearer import Ear
from sync.bearer.settings import BearerSettings

BLOCK = """\
node = "LA-XK-03"
[channels.at]
gateway = "africastalking"
secret = "a-secret-of-enough-length"
username = "sandbox"
api_key = "k"
[agencies.registry]
connector = "native"
url = "http://127.0.0.1:9"
secret = "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
[agencies.registry.bearer]
number = "+8562099900002"
channel = "at"
"""


def read(folder: Path, block: str = BLOCK) -> dict[str, BearerSettings]:
    file = folder / "sala.toml"
    file.write_text(block)
    read_config = config.load(file)
    return bearers.settings(read_config, connectors(read_config), plugs.channels(read_config))


def test_a_block_is_read(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found["registry"].number == "+8562099900002"
    assert read(tmp_path, BLOCK.partition("[agencies.registry.bearer]")[0]) == {}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('channel = "at"', 'channel = "modem"', "no such channel carries messages; there are: at"),
        ('number = "+8562099900002"', 'number = "02099900002"', "agencies.registry.bearer.number"),
        ('number = "+8562099900002"', 'numbr = "+8562099900002"', "agencies.registry.bearer"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ConfigFault, match=said):
        read(tmp_path, BLOCK.replace(old, new))


def test_two_agencies_cannot_have_one_number(tmp_path: Path) -> None:
    other = BLOCK[BLOCK.index("[agencies") :].replace("registry", "health")
    with pytest.raises(ConfigFault, match="already"):
        read(tmp_path, BLOCK + other)


def test_the_dialogue_is_asked_itself_when_no_agency_has_a_number(tmp_path: Path) -> None:
    class Memory:
        turns = object()
        bearer = object()

    assert bearers.listener(Memory, {}, Memory.turns) is Memory.turns  # type: ignore[arg-type]
    assert isinstance(bearers.listener(Memory, read(tmp_path), Memory.turns), Ear)  # type: ignore[arg-type]
