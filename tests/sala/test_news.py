"""News that comes home while a command asks for it: in the service's words, and neutral where a case key is set."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from sala import config as configuration
from sala import services
from store.values import StatusEvent
from tests.sala.nodes import Node, Phone, started, written
from tests.sala.test_review import NAME, SECRET
from tests.sala.test_serve import register_as

AGENCY = f'[agencies.{NAME}]\nconnector = "native"\nurl = "http://127.0.0.1:9/sala"\nsecret = "whsec_{SECRET}"\n'


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    file, http, console = written(tmp_path_factory.mktemp("node"), AGENCY)
    with started(file, http, console, "--only", "ussd,console") as running_node:
        yield running_node


def decided(folder: Path, reference: str, seq: int) -> list[str]:
    """What the citizen is sent when the agency approves and a command hears of it."""

    async def run() -> list[str]:
        async with services.desk(configuration.load(folder / "sala.toml")) as memory:
            digits = reference.replace(" ", "")
            offers = await memory.road.due(NAME, 50, 2**40)
            name = next(offer.id for offer in offers if offer.reference == digits)
            await memory.road.statuses(NAME, [StatusEvent(seq, name, digits, "approved")], None, 1)
            rows = await memory._reading.rows("SELECT text FROM message WHERE kind = 'status' ORDER BY id")
        return [row[0] for row in rows if reference in row[0]]

    return asyncio.run(run())


def choose(phone: Phone, label: str) -> None:
    while label not in phone.screen:
        phone.press("9")
    phone.press(next(line.split()[0] for line in phone.screen.splitlines() if label in line))


def test_a_command_tells_it_in_the_words_of_the_service(node: Node) -> None:
    reference = register_as(node, "+8562055502001")
    assert decided(node.folder, reference, 1) == [f"Request {reference} is approved."]


def test_a_request_with_a_case_key_says_only_that_there_is_news(node: Node) -> None:
    phone = node.another("+8562055502002")
    reference = register_as(node, phone.number)
    phone.dial()
    for label in ("My requests", reference, "Set a case key"):
        choose(phone, label)
    phone.press("7391", "7391")
    assert "Case key set" in phone.screen
    assert decided(node.folder, reference, 2) == [f"News about your request {reference}. Dial *999#."]
