"""`sala flow try`: a phone in the terminal, on the same dialogue as the street, with nothing behind it but memory."""

import difflib
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

from flows.check.handset import Handset, handset, play
from flows.dialogue import Node, Office
from flows.errors import ConfigFault
from sala import services

SHORT_CODE = "1999"
CONTACT = "1503"


def office_of(path: Path, given: services.Material) -> Office:
    """What a node would offer that had only these services, in every language that has phrases.

    Raises:
        FlowFault: one of them has an error.
    """
    revisions = services.revisions_of(services.read([path]), given)
    if not revisions:
        raise ConfigFault(f"{path}: there is no service in it", hint="a part alone cannot be dialled")
    districts = given.tables.places.every("district")
    return Office(
        live={revision.flow.id: revision for revision in revisions},
        known={revision.digest: revision for revision in revisions},
        tables=given.tables,
        phrases=given.phrases,
        languages=tuple(sorted(given.phrases.texts)),
        node=Node(short=SHORT_CODE, contact=CONTACT, district=districts[0].code if districts else ""),
    )


def run(
    path: Path, *, channel: str, language: str, record: Path | None, comparing: Path | None, config: Path | None
) -> bool:
    """Be the phone until the input ends; with `comparing`, play that file and compare. False: it went another way."""
    if channel not in {"ussd", "sms"}:
        raise ConfigFault(f"--channel: {channel} is none", hint="ussd or sms")
    office = office_of(path, services.material(config))
    if comparing is not None:
        return _compare(office, comparing)
    heading = [f"# {path.name}", f"# channel: {channel}", *([f"# language: {language}"] if language else [])]
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


def _compare(office: Office, file: Path) -> bool:
    try:
        recorded = file.read_text("utf-8").splitlines()
    except OSError as missing:
        raise ConfigFault(f"{file}: cannot be read ({missing.strerror})", hint="give a recorded conversation") from None
    now = play(handset(office, recorded), recorded)
    for line in difflib.unified_diff(recorded, now, str(file), "now", lineterm="", n=2):
        print(line)  # noqa: T201 - the command's output
    return now == recorded
