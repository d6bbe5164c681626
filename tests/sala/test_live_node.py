"""A live node and two people beside it: what phones meet changes only when both have said yes, also over a kill."""

import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sala import cli
from tests.sala.nodes import Node, Phone, running, started
from tests.sala.test_publishing import FEE, FEES, TEXT

pytestmark = pytest.mark.slow

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "birth.yaml").write_text(FEE, "utf-8")
    (tmp_path / "fees.csv").write_text(FEES)
    tables = f'[tables]\nfees = "{tmp_path / "fees.csv"}"\n'
    with running(tmp_path, tables, stage="live", languages=["en"], services=["flows"]) as one:
        yield one


def sala(node: Node, *arguments: str) -> None:
    assert cli.main([*arguments, "--config", str(node.folder / "sala.toml")]) == 0, arguments


def question(phone: Phone) -> str:
    """What the service asks first; "" while it is not offered."""
    phone.dial()
    if "1 Birth" not in phone.screen:
        return ""
    phone.press("1")
    return phone.press("1")


def opening(phone: Phone) -> str:
    """What opening the service shows."""
    phone.dial()
    return phone.press("1")


def shows(phone: Phone, words: str, ask: Callable[[Phone], str] = question) -> bool:
    """Whether the phone gets to see this, within a minute."""
    until = time.monotonic() + 60
    while words not in ask(phone):
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True


def test_what_phones_meet_changes_when_two_people_have_said_yes(node: Node, tmp_path: Path) -> None:
    assert question(node.phone) == ""
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    sala(node, "flow", "waive", "--until", until, "--by", "Noy", "--note", "a test")
    sala(node, "flow", "approve", "1", "--by", "ben")
    assert shows(node.phone, "The fee is 30000")
    old = node.another("+8562055500001")
    assert "The fee is" in question(old)

    (tmp_path / "new.yaml").write_text(TEXT.replace("Name?", "Full name?"), "utf-8")
    sala(node, "flow", "trial", str(tmp_path / "new.yaml"), "--number", "Noy=+8562055500002", "--by", "anna")
    tester = node.another("+8562055500002")
    assert shows(tester, "Full name?")
    assert "The fee is 30000" in question(node.phone)

    (tmp_path / "new.csv").write_text("key,amount\nlate,50000\n")
    sala(node, "table", "import", "fees", str(tmp_path / "new.csv"), "--by", "anna")
    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    sala(node, "flow", "propose", "fees", "--kind", "table", "--note", "decree", "--by", "anna", "--from", soon)
    sala(node, "flow", "approve", "2", "--by", "ben")
    assert shows(node.phone, "The fee is 50000"), "the node itself takes it into use at its time"

    sala(node, "flow", "propose", str(tmp_path / "new.yaml"), "--note", "clearer", "--by", "anna")
    sala(node, "flow", "approve", "3", "--by", "ben")
    assert shows(node.phone, "Full name?")
    assert old.press("Kham La").startswith("Name: Kham La"), "a session keeps the revision that it began with"

    node.stop(signal.SIGKILL)
    with started(node.folder / "sala.toml", node.http, node.console) as again:
        assert shows(again.phone, "Full name?")
        sala(again, "flow", "pause", "birth", "--say", "en=The registry moves.", "--by", "anna", "--note", "a test")
        assert shows(again.another("+8562055500003"), "The registry moves.", opening)
