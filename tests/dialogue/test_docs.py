"""The citizen's page names what works."""

from pathlib import Path

import pytest

from flows.dialogue.reserved import COMMANDS, RESERVED, Command

PAGE = Path(__file__).parents[2] / "docs" / "citizen.md"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_reserved_word_is_in_the_table(command: Command) -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    for words in RESERVED[command].values():
        for word in words:
            assert any(word in row for row in rows), word


def test_no_page_speaks_of_a_pin() -> None:
    assert "PIN" not in PAGE.read_text("utf-8")
