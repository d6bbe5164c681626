"""The walk: one key press is one commit, and reaches the engine in few hops."""

import re

import pytest

from sala import walk


@pytest.mark.slow
def test_one_key_press_is_one_write_and_one_commit(capsys: pytest.CaptureFixture[str]) -> None:
    assert walk.main() == 0
    press, submission = capsys.readouterr().out.split("== one submission")
    assert "3 statements, 1 commits that wrote" in press
    assert re.search(r"\d+ hops through sala -> store -> ussd -> flows\n", press)
    assert "UPDATE session" in press
    for room in ("store", "ussd", "flows", "sync"):
        assert room in submission
    assert "INSERT INTO submission" in submission
