"""A channel's block: each mistake is one sentence with its key and line, and what is right reaches the gate."""

from pathlib import Path

import pytest

import gateways.http
from flows.errors import ConfigFault
from sala import config, plugs

BLOCK = """\
node = "LA-XK-03"
[channels.at]
gateway = "africastalking"
secret = "a-secret-of-enough-length"
username = "sandbox"
api_key = "k"
"""


def read(folder: Path, more: str = "", block: str = BLOCK) -> list[plugs.Plugged]:
    file = folder / "sala.toml"
    file.write_text(block + more)
    return plugs.channels(config.load(file))


def test_a_block_becomes_a_channel_with_both_sides(tmp_path: Path) -> None:
    (at,) = read(tmp_path, 'peers = ["203.0.113.0/24", "2001:db8::7"]\nservice_codes = ["*999#"]\n')
    assert at.name == "at"
    assert at.secrets == (b"a-secret-of-enough-length",)
    assert [str(peer) for peer in at.peers] == ["203.0.113.0/24", "2001:db8::7/128"]
    assert at.key_press_settings
    assert at.key_press_settings.service_codes == ["*999#"]
    assert at.message_settings


def test_two_secrets_live_while_they_are_exchanged(tmp_path: Path) -> None:
    (at,) = read(
        tmp_path,
        block=BLOCK.replace('"a-secret-of-enough-length"', '["a-new-secret-of-length", "an-old-secret-of-length"]'),
    )
    assert len(at.secrets) == 2


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('peers = ["the operator"]\n', "channels.at.peers"),
        ('peers = ["203.0.113.9/24"]\n', "channels.at.peers"),
        ('service_codes = ["999"]\n', "channels.at.service_codes"),
        ('base_url = "http://api.example.com"\n', "channels.at.base_url"),
        ('client = "carrier pigeon"\n', "channels.at.client"),
        ("reply_deadline = 60\n", "channels.at.reply_deadline"),
        ('countries = ["LA"]\n', "channels.at.countries"),
        ("servce_codes = []\n", "channels.at.servce_codes"),
    ],
)
def test_a_mistake_is_named_with_its_key_and_line(tmp_path: Path, more: str, key: str) -> None:
    with pytest.raises(ConfigFault, match=r"sala\.toml:7: ") as caught:
        read(tmp_path, more)
    assert key in str(caught.value)
    assert "a-secret" not in str(caught.value)


AGGREGATOR = """\
node = "LA-XK-03"
[channels.ltc]
gateway = "http"
map = "{map}"
secret = "a-secret-of-enough-length"
base_url = "http://127.0.0.1:1401"
callback = "https://example.org/gateways/ltc/s"
username = "u"
password = "p"
"""


@pytest.mark.parametrize(
    ("side", "block", "said"),
    [
        ("ussd", BLOCK, "the USSD gateway 'africastalking' is for port 1, and this is port 2"),
        ("sms", BLOCK, "the SMS gateway 'africastalking' is for port 1, and this is port 2"),
        ("ussd", AGGREGATOR.format(map="hubtel"), "the USSD gateway 'http' is for port 1, and this is port 2"),
        ("sms", AGGREGATOR.format(map="jasmin"), "the SMS gateway 'http' is for port 1, and this is port 2"),
    ],
)
def test_a_gateway_for_another_port_is_refused_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: str, block: str, said: str
) -> None:
    # The negative control: for this port it is taken.
    assert read(tmp_path, block=block)
    monkeypatch.setattr(f"{side}.port.PORT_VERSION", 2)
    with pytest.raises(ConfigFault) as caught:
        read(tmp_path, block=block)
    assert str(caught.value) == said
    assert caught.value.hint == "install the version of it that goes with this Sala"


def test_the_door_gives_up_before_the_operator_does(tmp_path: Path) -> None:
    text = (Path(gateways.http.__file__).parent / "maps" / "arkesel.toml").read_text("utf-8")
    own = tmp_path / "own.toml"
    own.write_text(text.replace('form = "json"\n', 'form = "json"\noperator_deadline = 5\n', 1))
    block = AGGREGATOR.format(map=own)
    assert read(tmp_path, "reply_deadline = 4.9\n", block)
    for late in ("5", "5.0", "8", "60"):
        with pytest.raises(ConfigFault, match=r"reply_deadline: must be less than the 5 s after which the operator"):
            read(tmp_path, f"reply_deadline = {late}\n", block)
    # Who says nothing gets a deadline that holds, and the 8 s where the operator waits longer.
    assert [one.key_press_settings.reply_deadline for one in read(tmp_path, "", block) if one.key_press_settings] == [
        3.5
    ]
    assert [one.key_press_settings.reply_deadline for one in read(tmp_path) if one.key_press_settings] == [8.0]


def test_hubtel_is_answered_within_its_seven_seconds(tmp_path: Path) -> None:
    (one,) = read(tmp_path, "", AGGREGATOR.format(map="hubtel"))
    assert one.key_press_settings
    assert one.key_press_settings.reply_deadline < 5
