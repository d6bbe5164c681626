"""Requests by the dozen, written past the dialogue, for the tests of lists."""

from collections.abc import Sequence
from typing import Any

from flows.reference import make_reference
from flows.turn import Submit
from store.asks import Ask, Cause, Writes
from store.memory import Memory
from store.numbers import unpack_id


def submission(n: int, **over: Any) -> Submit:
    """A request written past the dialogue, for lists that need many."""
    made = unpack_id(n.to_bytes(16, "big"))
    facts: dict[str, Any] = {
        "service": "birth",
        "kind": "birth",
        "revision": "sha256:unknown",
        "agencies": ("civil-registry",),
        "reference": make_reference(f"{n:08d}"),
        "submission_id": made,
        "case_id": made,
        "case_revision": 1,
        "language": "lo",
        "channel": "ussd",
        "answers": {"name": f"Person {n}"},
        "consent": {"basis": "legal_task", "shown": ""},
        "place": "LA0901",
        "sensitive": False,
        "anonymous": False,
        "keep_days": 30,
    }
    return Submit(**(facts | over))


async def write(memory: Memory, submits: Sequence[Submit], number: int = 8562055500000) -> None:
    """Write these as if citizens had just sent them."""

    async def run(database: Any) -> None:
        causes = []
        for place, submit in enumerate(submits):
            ask = Ask("end", None, b"", number + place, b"")
            causes.append(Cause(submit, "demo", number + place, ask.caller, "", ask))
        await memory._scribe.write(database, Writes(causes=causes))

    await memory.writer.do(run)
