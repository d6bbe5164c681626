"""The golden conversations: every service on both channels, to be read and signed off by the people who offer it.

`pytest tests/conversations --update` writes them as they go now; a reviewer reads the difference.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from flows.check.handset import Handset, handset, play
from flows.dialogue import Node, Office
from flows.phrases import load as load_phrases
from tests.flows.engine_kit import SERVICES, TABLES

HERE = Path(__file__).parent
CONVERSATIONS = sorted(HERE.glob("*.txt"))
OFFICE = Office(
    live=SERVICES,
    known={revision.digest: revision for revision in SERVICES.values()},
    tables=TABLES,
    phrases=load_phrases(),
    languages=("lo", "en"),
    node=Node(short="1999", contact="1503", district="LA0901"),
)


LATIN = replace(OFFICE, languages=("lo", "lo-Latn", "en"))
"""The same node where Lao in Latin letters is offered too."""


def played(lines: list[str], office: Office = OFFICE) -> list[str]:
    return play(handset(office, lines), lines)


@pytest.mark.parametrize("file", CONVERSATIONS, ids=lambda file: file.stem)
def test_a_conversation_goes_as_it_is_written(file: Path, request: pytest.FixtureRequest) -> None:
    written = file.read_text("utf-8").splitlines()
    now = played(written, LATIN if file.stem.endswith("-latin") else OFFICE)
    if request.config.getoption("--update"):
        file.write_text("\n".join(now) + "\n", "utf-8")
    else:
        assert now == written, (
            f"if this is as it should be: pytest tests/conversations --update, and review {file.name}"
        )


def test_every_service_is_there_on_both_channels_in_both_languages() -> None:
    wanted = {f"{name}-{channel}-{tag}" for name in SERVICES for channel in ("ussd", "sms") for tag in ("en", "lo")}
    assert wanted <= {file.stem for file in CONVERSATIONS}


def test_a_birth_takes_nine_answers() -> None:
    written = (HERE / "birth-ussd-lo.txt").read_text("utf-8").splitlines()
    asked = written[written.index("ທ່ານແມ່ນໃຜ?") : written.index("ວັນເກີດ: 02/11/2026")]
    assert sum(line.startswith(">") for line in asked) == 9


def test_a_difference_is_seen() -> None:
    written = (HERE / "birth-ussd-en.txt").read_text("utf-8").splitlines()
    place = next(place for place, line in enumerate(written) if line.startswith("= "))
    assert played([*written[:place], "= something else", *written[place + 1 :]])[place] == written[place]


def test_a_word_that_passes_time_shows_nothing() -> None:
    phone = Handset(OFFICE, now=1_795_000_000)
    assert phone.send("+20h") == []
    assert phone.now == 1_795_072_000


@pytest.mark.parametrize("file", CONVERSATIONS, ids=lambda file: file.stem)
def test_it_ends_with_an_answer(file: Path) -> None:
    lines = file.read_text("utf-8").splitlines()
    assert any(line.startswith((">",)) for line in lines)
    assert not lines[-1].startswith(">")
