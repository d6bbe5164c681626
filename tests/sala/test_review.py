"""The officer's queue by commands: what an agency refused is read, put right as a citizen would, or withdrawn."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from flows.reference import make_reference
from sala import cli
from sala import config as configuration
from sala.beside import beside
from store.memory import Memory
from store.values import Settlement, Trip
from tests.sala.nodes import Node, started, written
from tests.sala.test_serve import MOTHER, register_as

AGENCY = '[agencies.civil-registry]\nconnector = "native"\nurl = "http://127.0.0.1:9/sala"\nsecret = "whsec_{}"\n'
SECRET = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
NAME = "civil-registry"

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("node")
    file, http, console = written(folder, AGENCY.format(SECRET))
    # Without the road: the test is the agency.
    with started(file, http, console, "--only", "ussd,console") as running_node:
        yield running_node


def refused(node: Node, number: str, **said: object) -> str:
    """A birth that the agency refuses; its reference."""
    reference = register_as(node, number)
    asyncio.run(_refuse(node, reference, said))
    return reference


async def _refuse(node: Node, reference: str, said: dict[str, object]) -> None:
    async with beside(configuration.load(node.folder / "sala.toml")) as memory:
        offers = await memory.road.due(NAME, 50, 2**40)
        seq = next(offer.seq for offer in offers if offer.reference == reference.replace(" ", ""))
        await memory.road.lease(NAME, [seq], "test", 2**40, 1)
        values = {"code": "invalid", "reason": "bad_value", "fields": ("mother_age",)} | said
        one = Settlement(seq, "refuse", **values)  # type: ignore[arg-type]
        await memory.road.settle(NAME, [one], Trip(NAME, "http", (seq,), "answered"), 1, wake=False)


def sala(node: Node, capsys: Captured, *arguments: str) -> tuple[int, str]:
    code = cli.main([*arguments, "--config", str(node.folder / "sala.toml")])
    said = capsys.readouterr()
    return code, said.out + said.err


def newest(node: Node, reference: str) -> dict[str, object]:
    """The data of the newest submission of this reference that waits."""

    async def read(memory: Memory) -> dict[str, object]:
        offers = await memory.road.due(NAME, 50, 2**40)
        mine = [offer for offer in offers if offer.reference == reference.replace(" ", "")]
        return dict(json.loads(mine[-1].event)["data"])

    async def run() -> dict[str, object]:
        async with beside(configuration.load(node.folder / "sala.toml")) as memory:
            return await read(memory)

    return asyncio.run(run())


def test_the_queue_names_no_citizen_and_says_why(node: Node, capsys: Captured) -> None:
    reference = refused(node, "+8562055501001")
    code, said = sala(node, capsys, "review", "list", "--format", "json")
    row = next(one for one in json.loads(said) if one["reference"] == reference)
    assert code == 1
    assert row["why"] == "the agency cannot use it: a value is wrong"
    assert row["fields"] == "mother_age"
    code, said = sala(node, capsys, "review", "list")
    assert reference in said
    assert MOTHER not in said
    code, said = sala(node, capsys, "review", "list", "--agency", "nobody")
    assert (code, said) == (0, "nothing waits for an officer\n")


def test_one_is_shown_put_right_and_sent_again_under_a_new_id(node: Node, capsys: Captured) -> None:
    reference = refused(node, "+8562055501002")
    code, said = sala(node, capsys, "review", "show", reference)
    assert code == 0
    assert MOTHER in said
    assert "* mother_age: 27" in said
    assert sala(node, capsys, "review", "amend", reference, "mother_agee=30")[0] == 2
    code, said = sala(node, capsys, "review", "amend", reference, "mother_age=three")
    assert code == 2
    assert "does not fit" in said
    code, said = sala(node, capsys, "review", "amend", reference, "mother_age=໓໐", "--note", "she phoned")
    assert code == 0, said
    assert "revision 2 is on its way" in said
    data = newest(node, reference)
    assert data["case"]["revision"] == 2  # type: ignore[index]
    assert data["answers"]["mother_age"] == 30  # type: ignore[index]
    assert sala(node, capsys, "review", "show", reference)[0] == 1
    assert sala(node, capsys, "review", "amend", reference, "mother_age=31")[0] == 2
    trail = sala(node, capsys, "prove", reference)[1]
    assert "she phoned" in trail


def test_a_withdrawn_one_is_told_to_the_citizen_once(node: Node, capsys: Captured) -> None:
    number = "+8562055501003"
    reference = refused(node, number, reason="duplicate_case")
    assert sala(node, capsys, "review", "withdraw", reference)[0] == 0
    assert sala(node, capsys, "review", "withdraw", reference)[0] == 2
    assert texts(node) == [f"Request {reference} was withdrawn."]
    phone = node.another(number)
    phone.dial()
    while "My requests" not in phone.screen:
        phone.press("9")
    key = next(line.split()[0] for line in phone.screen.splitlines() if "My requests" in line)
    assert f"{reference} withdrawn" in phone.press(key)


def texts(node: Node) -> list[str]:
    async def run() -> list[str]:
        async with beside(configuration.load(node.folder / "sala.toml")) as memory:
            rows = await memory._reading.rows("SELECT text FROM message WHERE kind = 'status'")
        return [row[0] for row in rows]

    return asyncio.run(run())


def test_a_reference_that_waits_for_nobody(node: Node, capsys: Captured) -> None:
    assert sala(node, capsys, "review", "show", make_reference("00000000"))[0] == 1
    code, said = sala(node, capsys, "review", "withdraw", "123456789")
    assert code == 2
    assert "check digit" in said


def test_the_inbox_is_read_and_a_line_is_settled(node: Node, capsys: Captured) -> None:
    assert sala(node, capsys, "review", "inbox") == (0, "the inbox is empty\n")

    async def note() -> None:
        async with beside(configuration.load(node.folder / "sala.toml")) as memory:

            async def run(database: object) -> None:
                await database.begin()  # type: ignore[attr-defined]
                row = ("unmatched", "where is my paper", None, 1)
                await database.rows("INSERT INTO note (kind, text, number, at, done) VALUES (?, ?, ?, ?, 0)", row)  # type: ignore[attr-defined]

            await memory.writer.do(run)

    asyncio.run(note())
    said = sala(node, capsys, "review", "inbox")[1]
    assert "where is my paper" in said
    line = said.splitlines()[1].split()[0]
    assert sala(node, capsys, "review", "inbox", "--done", line) == (0, "the inbox is empty\n")
