"""`sala flow try`: a phone in the terminal, on the same dialogue as the street, with nothing behind it but memory.

A conversation is recorded and played in the form of the golden conversations, which `flows/check/handset.py` tells.
"""

import difflib
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

from flows.check.handset import Handset, handset, play
from flows.dialogue import Node, Office
from flows.errors import ConfigFault
from sala import services

DAY = "2026-11-23"
"""When a conversation begins, so that it is the same every day; a recorded one may name another."""


def office_of(path: Path, given: services.Material, languages: tuple[str, ...]) -> Office:
    """What a node would offer that had only these services.

    Raises:
        FlowFault: one of them has an error.
    """
    revisions = services.revisions_of(services.read([path]), given)
    if not revisions:
        raise ConfigFault(f"{path}: there is no service in it", hint="a part alone cannot be dialled")
    return Office(
        live={revision.flow.id: revision for revision in revisions},
        known={revision.digest: revision for revision in revisions},
        tables=given.tables,
        phrases=given.phrases,
        languages=languages,
        node=Node(short="1999", contact="1503", district=_district(given)),
    )


def _district(given: services.Material) -> str:
    districts = given.tables.places.every("district")
    return districts[0].code if districts else ""


def run(
    path: Path, *, channel: str, language: str, record: Path | None, play: Path | None, config: Path | None
) -> bool:
    """Be the phone until the input ends; with `play`, compare instead. False: the conversation went another way."""
    if channel not in {"ussd", "sms"}:
        raise ConfigFault(f"--channel: {channel} is none", hint="ussd or sms")
    given = services.material(config)
    office = office_of(path, given, tuple(sorted(given.phrases.texts)))
    heading = [f"# channel: {channel}", *([f"# language: {language}"] if language else []), f"# day: {DAY}"]
    if play is not None:
        return _compare(office, heading, play)
    lines = [*heading, *_converse(handset(office, heading))]
    if record is not None:
        record.write_text("\n".join(lines) + "\n", "utf-8")
    return True


def _converse(phone: Handset) -> Iterator[str]:
    prompt = "> " if sys.stdin.isatty() else ""
    first = [phone.office.node.dial] if phone.channel == "ussd" else []
    for typed in itertools.chain(first, _typed(prompt)):
        if not prompt or typed in first:
            print(f"> {typed}")  # noqa: T201 - the phone
        yield f"> {typed}"
        for line in phone.send(typed):
            print(line)  # noqa: T201 - the phone
            yield line


def _typed(prompt: str) -> Iterator[str]:
    while True:
        try:
            typed = input(prompt)
        except (EOFError, KeyboardInterrupt):
            return
        if typed == "QUIT":
            return
        yield typed


def _compare(office: Office, heading: list[str], file: Path) -> bool:
    """Play a recorded conversation and print where it goes another way; what its own heading says comes first."""
    recorded = file.read_text("utf-8").splitlines()
    now = play(handset(office, [*heading, *recorded]), recorded)
    for line in difflib.unified_diff(recorded, now, str(file), "now", lineterm="", n=2):
        print(line)  # noqa: T201 - the command's output
    return now == recorded
