"""docs/gateways/smpp.md is true: its configuration is taken as written, its tables are those of the code; and TLS."""

import asyncio
import datetime as dt
import ipaddress
import re
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import gateways.port
from flows.errors import ConfigFault
from gateways.smpp.dialects import DIALECTS
from gateways.smpp.gateway import Gateway
from gateways.smpp.line import Line
from gateways.smpp.options import Options
from gateways.smpp.session import Session
from gateways.smpp.statuses import STATUSES
from sala import config, plugs
from tests.gateways.smpp.smsc import Smsc, ok, settings
from tests.house.tree import ROOT
from tests.ports import free_port

PAGE = (ROOT / "docs" / "gateways" / "smpp.md").read_text("utf-8")
NODE = 'node = "LA-TEST-01"\ndistrict = "LA0901"\n'


def blocks() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_the_configuration_is_taken_as_written(tmp_path: Path) -> None:
    line, key_presses = blocks()
    file = tmp_path / "sala.toml"
    file.write_text(NODE + line + key_presses)
    plugged = plugs.channels(config.load(file))[0]
    assert isinstance(plugged.gateway, Gateway)
    assert plugged.messages is not None
    assert plugged.key_presses is not None
    assert plugged.secrets == ()
    file.write_text(NODE + line)
    assert plugs.channels(config.load(file))[0].key_presses is None


@pytest.mark.parametrize(
    "wrong",
    [
        'secret = "one-that-is-not-needed"',
        'password = "more than eight"',
        'ussd = "7D"',
        'tls_ca = "nowhere.pem"',
        "port = 0",
    ],
)
def test_a_mistake_is_one_sentence_with_its_line(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "sala.toml"
    key = wrong.partition(" = ")[0]
    text = "\n".join(line for line in blocks()[0].splitlines() if line.partition(" = ")[0] != key)
    file.write_text(f"{NODE}{text}\n{wrong}\n")
    with pytest.raises(ConfigFault) as caught:
        plugs.channels(config.load(file))
    assert str(caught.value).startswith(f"{file}:")
    assert key in str(caught.value)


def test_every_setting_of_its_own_is_in_its_table() -> None:
    own = set(Options.model_fields) - set(gateways.port.Settings.model_fields)
    assert {key for key in own if f"`{key}`" not in PAGE} == set()
    assert len(own) > 20


def test_every_status_is_in_its_table() -> None:
    for code, means in STATUSES.items():
        if code:
            again = "yes, slower" if means.slow else "yes" if means.retry else "no"
            whose = "this account or node" if means.ours else "theirs"
            assert f"| 0x{code:02X} | `{means.name}` | {again} | {whose} | {means.sentence} |" in PAGE
    assert len(re.findall(r"^\| 0x", PAGE, re.MULTILINE)) == len(STATUSES) - 1


def test_every_dialect_is_in_its_table() -> None:
    for name, dialect in DIALECTS.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}`"))
        assert f"0x{dialect.ask:02X}, 0x{dialect.close:02X} |" in row


def certificate(folder: Path) -> tuple[Path, Path]:
    """A key, and a certificate for this machine that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "smsc")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    keys, certificates = folder / "key.pem", folder / "cert.pem"
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    keys.write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    certificates.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return keys, certificates


@pytest.mark.parametrize("trusted", [True, False])
async def test_tls(tmp_path: Path, trusted: bool) -> None:
    keys, certificates = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates, keys)
    one = Smsc(free_port())
    sessions: list[Session] = []

    def accept() -> Session:
        session = Session(lambda pdu: one.handle(session, pdu))
        sessions.append(session)
        return session

    server = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", one.port, ssl=context)
    more = {"tls_ca": certificates} if trusted else {}
    line = Line("kit", settings(one.port, tls=True, **more), chance=lambda: 1.0)
    task = asyncio.create_task(line.serve("sms", ok))
    try:
        await one.until(lambda: line.up or line.fault)
        assert line.up is trusted
        assert line.fault == ("" if trusted else "SSLCertVerificationError")
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        server.close()
        for session in sessions:
            session.drop()
