"""Older files are read for ever: step by step, comments kept; newer ones are refused with what to do."""

import hashlib
import inspect
from pathlib import Path

import pytest

from flows.findings import FlowFault
from flows.loader import load
from flows.upgrades import FORMAT, UPGRADES, format_of, upgraded

OLD = "# A service.\nsala: 1   # the first\nid: birth # its name\nsay: one\n"

FROZEN: dict[int, str] = {}
"""SHA-256 of each upgrade's source once it has shipped: a change of one is a change of what was published."""


def to_two(text: str) -> str:
    return text.replace("sala: 1", "sala: 2").replace("say:", "tell:")


def to_three(text: str) -> str:
    return text.replace("sala: 2", "sala: 3").replace("tell: one", "tell: [one]")


def test_a_file_goes_step_by_step_and_keeps_its_comments() -> None:
    text = upgraded(OLD, {1: to_two, 2: to_three}, 3)
    assert text == "# A service.\nsala: 3   # the first\nid: birth # its name\ntell: [one]\n"
    assert upgraded(text, {1: to_two, 2: to_three}, 3) == text


def test_an_upgrade_that_leads_nowhere_is_found() -> None:
    with pytest.raises(RuntimeError, match="from version 1 does not lead to version 2"):
        upgraded(OLD, {1: lambda text: text}, 2)


def test_what_nobody_can_upgrade_stays_for_the_loader_to_refuse() -> None:
    assert upgraded("sala: 0\n") == "sala: 0\n"
    assert upgraded("id: birth\n") == "id: birth\n"
    with pytest.raises(FlowFault, match="`sala` must be 1"):
        load("sala: 0\nid: birth\n", "birth.yaml")


def test_a_newer_file_is_refused_with_what_to_do() -> None:
    with pytest.raises(FlowFault, match=r"^birth\.yaml:2 the file is of version 2 .* update Sala$"):
        load("# newer\nsala: 2\nid: birth\n", "birth.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [("sala: 1\n", 1), ("id: a\r\nsala : 12 # x\r\n", 12), ("  sala: 1\n", None), ("sala: one\n", None), ("", None)],
)
def test_where_a_file_says_its_version(text: str, said: int | None) -> None:
    assert format_of(text) == said


def test_every_step_to_this_version_is_there_and_frozen() -> None:
    assert sorted(UPGRADES) == list(range(1, FORMAT))
    for at, upgrade in UPGRADES.items():
        assert hashlib.sha256(inspect.getsource(upgrade).encode()).hexdigest() == FROZEN[at]
        assert Path(__file__).with_name("upgrades").joinpath(f"{at}.yaml").exists(), "and has an example beside"
