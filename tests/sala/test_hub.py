"""What a hub refuses to send down, and the parcels that it makes of what it is given."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flows.errors import ConfigFault
from sala import config as configuration
from sala.hub import _parcels
from sync.agency.sealed import write_identity
from sync.hub.consignment import written

TOML = """\
node = "LA-HUB"
[agencies.civil-registry]
connector = "native"
url = "http://127.0.0.1:9/sala"
secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
"""


@pytest.fixture
def config(tmp_path: Path) -> configuration.Config:
    (tmp_path / "sala.toml").write_text(TOML)
    return configuration.load(tmp_path / "sala.toml")


def given(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    return file


def test_an_agencys_keys_go_down(config: configuration.Config, tmp_path: Path) -> None:
    new, old = (write_identity(tmp_path / name) for name in ("new", "old"))
    file = given(tmp_path, f'seal_to = ["{new}"]\nrevoked = ["{old}"]\n')
    assert _parcels(config, "agency", "civil-registry", file) == [
        ("agency", "civil-registry", {"seal_to": [new], "revoked": [old]})
    ]


@pytest.mark.parametrize(
    ("agency", "text", "said"),
    [
        ("nobody", "seal_to = []", "no agency of this hub"),
        ("civil-registry", 'seal_to = ["age1wrong"]', "no age public key"),
        ("civil-registry", 'sealto = ["x"]', "sealto: no key of this file"),
        ("civil-registry", "seal_to = [", "civil-registry:"),
    ],
)
def test_what_no_node_could_use_is_not_sent(
    config: configuration.Config, tmp_path: Path, agency: str, text: str, said: str
) -> None:
    with pytest.raises(ConfigFault, match=said):
        _parcels(config, "agency", agency, given(tmp_path, text))


def test_a_new_key_of_the_hub_goes_down_and_the_old_one_is_revoked(config: configuration.Config) -> None:
    key = written(Ed25519PrivateKey.generate().public_key())
    assert _parcels(config, "key", key, None) == [("key", key, {"revoked": False})]
    assert _parcels(config, "revoke", key, None) == [("key", key, {"revoked": True})]
    with pytest.raises(ConfigFault, match="not a key"):
        _parcels(config, "key", "not a key", None)
