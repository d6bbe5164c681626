"""What benches without a server work with: the starter services as a node offers them, and one whole registration."""

from datetime import UTC, datetime, timedelta

from flows.dialogue import Node, Office
from flows.turn import Moment
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
