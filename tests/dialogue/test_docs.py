"""The citizen's page names what works, and the check holds authors to what the channel can show."""

from pathlib import Path

import pytest

from flows.check import check
from flows.dialogue.reserved import COMMANDS, RESERVED, Command
from tests.dialogue.flows import BIRTH, revision

PAGE = Path(__file__).parents[2] / "docs" / "citizen.md"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_reserved_word_is_in_the_table(command: Command) -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    for words in RESERVED[command].values():
        for word in words:
            assert any(word in row for row in rows), word


def test_no_page_speaks_of_a_pin() -> None:
    assert "PIN" not in PAGE.read_text("utf-8")


def test_the_check_refuses_a_notice_of_three_screens_and_a_reserved_keyword() -> None:
    long = BIRTH.replace("en: Used only to record this birth.", f"en: {'Used only to record this birth. ' * 9}")
    taken = BIRTH.replace("sms: [BIRTH, ເກີດ]", "sms: [BIRTH, ຢຸດ]")
    found = {text: {one.code for one in check(revision(text), prove=False)} for text in (BIRTH, long, taken)}
    assert "room" in found[long] - found[BIRTH]
    assert "keyword" in found[taken] - found[BIRTH]
