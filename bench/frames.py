"""Measures the SMS bearer: 500 births with four Lao names that its tables have never seen, and what they come to.

    python -m bench.frames [--births 500] [--seed 1]

Every event is made by the store's own code and must come back from its frames byte for byte; one that does not ends
the run. Prints the table that docs/sms-bearer.md quotes.
"""

import argparse
import json
import random
import secrets
import statistics
import time
import tomllib
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uuid_utils.compat as uuids

from flows.loader import load_path
from flows.phrases import load as load_phrases
from flows.reference import make_reference
from flows.text.measure import USSD, segments
from flows.turn import Submit
from store.events import event_bytes
from sync.bearer.frame import HEADER, TAG, TEXT, Header, from_text, keys_of, to_text, unseal
from sync.bearer.long import frames_of
from sync.bearer.packer import pack, unpack
from sync.bearer.page import Page, page_of

HERE = Path(__file__).parent
NODE, DISTRICT = "LA-XK-03", "LA0901"


@dataclass(frozen=True)
class Births:
    """Draws births; `names` is one half of bench/names.toml."""

    page: Page
    names: dict[str, list[str]]
    chance: random.Random

    def person(self, family: str) -> str:
        """A full name, sometimes with its title as people type it."""
        title = f"{self.chance.choice(self.names['titles'])} " if self.chance.random() < 0.25 else ""
        return f"{title}{self.chance.choice(self.names['given'])} {family}"

    def answers(self, day: datetime) -> dict[str, Any]:
        """Fifteen answers and four different names: child and father share a family name, the others have their own."""
        chance = self.chance
        fathers, mothers, others = chance.sample(self.names["family"], 3)
        return {
            "child_name": f"{chance.choice(self.names['given'])} {fathers}",
            "child_sex": chance.choice("mf"),
            "birth_date": (day - timedelta(days=int(chance.expovariate(1 / 20)))).date().isoformat(),
            "birth_place": chance.choice(["facility", "home", "other"]),
            "birth_order": chance.randint(1, 7),
            "weight": chance.randint(1800, 4600),
            "village": f"0901{chance.randint(1, 90):03d}",
            "mother_name": self.person(mothers),
            "mother_born": chance.randint(1978, 2008),
            "mother_id": f"{chance.randrange(10**12):012d}",
            "father_name": self.person(fathers),
            "father_born": chance.randint(1970, 2006),
            "informant": chance.choice(["relative", "helper"]),
            "informant_name": self.person(others),
            "contact": f"+85620{chance.randrange(10**8):08d}",
        }

    def event(self, sequence: int, epoch: str) -> bytes:
        """One submission as the store would fix it at intake."""
        day = datetime(2026, 11, 23, 2, 30, tzinfo=UTC) + timedelta(seconds=self.chance.randrange(86_400 * 30))
        now = int(day.timestamp())
        one, case = ids_at(day, self.chance)
        submit = Submit(
            service=self.page.schema.service,
            kind="birth",
            revision=self.page.revision,
            agencies=("civil-registry",),
            reference=make_reference(f"{self.chance.randrange(10**8):08d}"),
            submission_id=one,
            case_id=case,
            case_revision=1,
            language=self.chance.choice(["lo", "lo", "en"]),
            channel=self.chance.choice(["ussd", "sms"]),
            answers=self.answers(day),
            consent={"basis": "legal_task", "shown": self.chance.choice(self.page.notices)},
            place=DISTRICT,
            sensitive=False,
            anonymous=False,
        )
        msisdn = f"+85620{self.chance.randrange(10**8):08d}"
        return event_bytes(submit, node=NODE, epoch=epoch, sequence=sequence, msisdn=msisdn, now=now)


def ids_at(day: datetime, chance: random.Random) -> tuple[str, str]:
    """Two ids as they are drawn together at intake, but at a day of ours: each shifted by the same milliseconds."""
    one, case = uuids.uuid7(), uuids.uuid7()
    late = int(day.timestamp() * 1000) + chance.randrange(900) - (one.int >> 80)
    return tuple(str(uuid.UUID(int=each.int + (late << 80))) for each in (one, case))  # type: ignore[return-value]


def births(names: str = "held", seed: int = 1) -> Births:
    """The drawer of births with one half of the names."""
    flow = load_path(HERE / "births.yaml")[0]
    page = page_of(
        flow,
        (),
        "sha256:" + "5a" * 32,
        node=NODE,
        district=DISTRICT,
        country="LA",
        phrases=load_phrases(),
        ussd=USSD,
    )
    return Births(page, tomllib.loads((HERE / "names.toml").read_text("utf-8"))[names], random.Random(seed))


def texts_of(event: bytes, page: Page, secret: bytes) -> list[str]:
    """The messages of one event, proven to give it back."""
    keys = keys_of(secret)
    packed = pack(event, page)
    texts = [to_text(frame) for frame in frames_of(keys, packed)]
    frames = [from_text(text) for text in texts]
    header = Header.of(frames[0])
    body = b"".join(unseal(keys.up, frame) for frame in frames)
    assert unpack(body, header.epoch, header.number, packed.page) == event
    assert packed.page is page, "it was not packed by its page"
    return texts


def main(said: Sequence[str] = ()) -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.frames", description=__doc__)
    parser.add_argument("--births", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(said)
    drawer, secret, epoch = births("held", options.seed), secrets.token_bytes(32), secrets.token_hex(4)
    events = [drawer.event(1000 + n, epoch) for n in range(options.births)]
    started = time.perf_counter()
    texts = [texts_of(event, drawer.page, secret) for event in events]
    seconds = time.perf_counter() - started
    frames = [len(from_text(one[0])) + sum(len(from_text(more)) for more in one[1:]) for one in texts]
    single = [one[0] for one in texts if len(one) == 1]
    human = [segments("\n".join(map(str, answers_of(event).values()))) for event in events]
    deflated = [len(zlib.compress(event, 9)) + HEADER + TAG for event in events]
    print(f"births {len(events)}, seed {options.seed}, exact {len(texts)} of {len(events)}")
    print(f"event as fixed at intake   {spread(list(map(len, events)))} bytes")
    print(f"deflated, in a frame       {spread(deflated)} bytes")
    print(f"packed, sealed frame       {spread(frames)} bytes")
    print(f"its text                   {spread([sum(map(len, one)) for one in texts])} characters")
    print(f"answers as plain SMS       {spread(human)} segments")
    print(f"one SMS of {TEXT} characters: {len(single) / len(texts):.1%};", end=" ")
    print(f"one of 132: {sum(len(one) <= 132 for one in single) / len(texts):.1%};", end=" ")
    print(f"one binary SMS of 140 bytes: {sum(size <= 140 for size in frames) / len(texts):.1%}")
    print(f"packing, proving and reading back: {1000 * seconds / len(texts):.1f} ms each")


def answers_of(event: bytes) -> dict[str, Any]:
    """The answers of an event."""
    answers: dict[str, Any] = json.loads(event)["data"]["answers"]
    return answers


def spread(numbers: list[int]) -> str:
    """The shape of a measurement in four numbers."""
    ordered = sorted(numbers)
    p95 = ordered[int(len(ordered) * 0.95)]
    return f"min {ordered[0]:4} median {statistics.median(ordered):6g} p95 {p95:4} max {ordered[-1]:4}"


if __name__ == "__main__":
    main()
