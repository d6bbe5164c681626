"""Bodies sealed when they are taken in: the node shows nothing of them, an officer with a key can put one right."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sala import cli
from sala import config as configuration
from sala.beside import beside
from sync.agency.app import public_key
from sync.agency.book import open_book
from sync.agency.sealed import Opener
from sync.signing import fingerprint
from tests.sala.nodes import Node, started, written
from tests.sala.test_review import AGENCY, NAME, SECRET, Captured, refused, sala
from tests.sala.test_serve import MOTHER


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the officer's key and the agency's are."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Node]:
    key = folder / "officer.key"
    assert cli.main(["agency", "keys", "--officer", str(key)]) == 0
    keys = f'seal_to = ["{public_key(folder / "office")}", "{Opener(key.read_text()).public}"]\n'
    file, http, console = written(tmp_path_factory.mktemp("node"), AGENCY.format(SECRET) + keys)
    with started(file, http, console, "--only", "ussd,console") as running:
        yield running


def events(node: Node, reference: str) -> list[bytes]:
    async def run() -> list[bytes]:
        async with beside(configuration.load(node.folder / "sala.toml")) as memory:
            offers = await memory.road.due(NAME, 50, 2**40)
            return [offer.event for offer in offers if offer.reference == reference.replace(" ", "")]

    return asyncio.run(run())


def test_a_sealed_body_is_read_and_put_right_only_with_a_key(node: Node, folder: Path, capsys: Captured) -> None:
    reference = refused(node, "+8562055503001")
    said = sala(node, capsys, "review", "show", reference)[1]
    assert "sealed" in said
    assert MOTHER not in said
    code, said = sala(node, capsys, "review", "amend", reference, "mother_age=30")
    assert code == 2
    assert "--key" in said
    key = ("--key", str(folder / "officer.key"))
    assert MOTHER in sala(node, capsys, "review", "show", reference, *key)[1]
    assert sala(node, capsys, "review", "amend", reference, "mother_age=30", *key)[0] == 0
    (event,) = events(node, reference)
    # Sealed again: the envelope has what the road needs, and the agency opens all of it.
    assert MOTHER.encode() not in event
    envelope = json.loads(event)
    assert "data" not in envelope
    assert (envelope["salaservice"], envelope["datacontenttype"]) == ("birth", "application/age")
    data = open_book(folder / "office").opener.data(envelope)
    assert data is not None
    assert data["answers"]["mother_age"] == 30
    assert data["case"]["revision"] == 2
    assert MOTHER in json.dumps(data)


def test_another_key_opens_nothing(node: Node, folder: Path, capsys: Captured) -> None:
    reference = refused(node, "+8562055503002")
    other = folder / "other.key"
    assert cli.main(["agency", "keys", "--officer", str(other)]) == 0
    assert cli.main(["agency", "keys", "--officer", str(other)]) == 2  # a key is never written over
    assert other.stat().st_mode & 0o777 == 0o600
    capsys.readouterr()
    assert MOTHER not in sala(node, capsys, "review", "show", reference, "--key", str(other))[1]
    code, said = sala(node, capsys, "review", "show", reference, "--key", str(folder / "none"))
    assert code == 2
    assert "cannot be read" in said
    assert "sealed to the agency" in sala(node, capsys, "prove", reference)[1]


def test_clerks_and_keys_by_command(tmp_path: Path, capsys: Captured) -> None:
    data = ("--data", str(tmp_path))
    assert cli.main(["agency", "keys", *data]) == 0
    first = capsys.readouterr().out
    assert first.startswith('seal_to = ["age1')
    assert f"telephone: {fingerprint(first.split(chr(34))[1])}" in first
    assert cli.main(["agency", "keys", "--new", *data]) == 0
    second = capsys.readouterr().out
    assert second.count("age1") == 2
    assert cli.main(["agency", "user", "list", *data]) == 0
    assert "no clerks" in capsys.readouterr().out
    assert cli.main(["agency", "user", "add", "noy", *data]) == 0
    assert "password: " in capsys.readouterr().out
    for wrong in (("add", "noy"), ("reset", "nobody"), ("close", "nobody"), ("add", "<b>")):
        assert cli.main(["agency", "user", *wrong, *data]) == 2
    assert cli.main(["agency", "user", "reset", "noy", *data]) == 0
    assert cli.main(["agency", "user", "close", "noy", *data]) == 0
    capsys.readouterr()
    assert cli.main(["agency", "user", "list", *data]) == 0
    assert "noy   closed" in capsys.readouterr().out
