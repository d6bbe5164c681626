"""What benches without a server work with: the starter services as a node offers them, and one whole registration."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from flows.dialogue import Node, Office, hear
from flows.turn import Heard, Moment, Need, Turn
from sala import services
from sala.config import Config

# English, birth, both pages of the notice; then the nine answers, and "send".
SCRIPT = ("", "1", "1", "1", "1", "1", "{born}", "2", "1", "1", "1", "0901005", "Kham La", "24", "1")


def script() -> tuple[str, ...]:
    """The keys of one whole birth registration in English, from the dial to the reference; born twenty days ago."""
    born = (datetime.now(UTC) - timedelta(days=20)).strftime("%d%m%Y")
    return tuple(key.format(born=born) for key in SCRIPT)


def office() -> Office:
    """All starter services, as a node offers them."""
    given = services.material_of(Config(node="LA-BENCH-01"))
    revisions = services.revisions_of(services.read([services.LIBRARY]), given)
    return Office(
        live={one.flow.id: one for one in revisions},
        known={one.digest: one for one in revisions},
        tables=given.tables,
        phrases=given.phrases,
        languages=("lo", "en"),
        node=Node(short="1999", district="LA0901"),
    )


def moment() -> Moment:
    """This moment, with a reference and ids for one submission."""
    now = datetime.now(UTC)
    ids = ("0192f0c1-0000-7000-8000-000000000001", "0192f0c1-0000-7000-8000-000000000002")
    return Moment(int(now.timestamp()), now.date(), "482109337", ids)


def walk(offered: Office) -> list[tuple[Any, Any, Heard, Turn]]:
    """Every turn of one registration: talk, person and input before it, and what it came to."""
    talk: Any = None
    person: Any = None
    turns = []
    now = moment()
    for place, key in enumerate(script()):
        one = Heard("ussd", key, fresh=place == 0, code="*999#")
        turn = hear(offered, talk, person, one, now)
        if isinstance(turn, Need):
            turn = hear(offered, talk, person, one, replace(now, known={turn: None}))
        assert isinstance(turn, Turn)
        turns.append((talk, person, one, turn))
        talk, person = turn.talk, turn.person or person
    return turns
