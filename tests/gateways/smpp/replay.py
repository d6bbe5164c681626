"""What the key presses that an SMSC has on its disk must have come to, beside what the node has on its own.

Each phone's acknowledged presses are pressed again, in their order, on a phone of paper before the same services. Of
each the paper says which screen must follow. Where the SMSC has another one, the press was not applied, or was applied
twice: every way in which it may have gone is followed, and the one with the fewest mistakes counts.
"""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from flows.check.handset import Handset
from flows.dialogue import Node
from gateways.smpp.coding import read_text
from tests.conversations.test_conversations import OFFICE
from tests.gateways.smpp.ordeal import Ordeal
from tests.journeys.wits import references

MOST_WAYS: Final = 12


@dataclass(frozen=True)
class Press:
    """One press that was acknowledged; `screen` is what followed in its dialogue, "" when nothing came."""

    op: str
    text: str
    screen: str


@dataclass
class Way:
    """How it may have gone: the phone of paper afterwards, and what would have been wrong on the way.

    Attributes:
        again: presses that were taken for copies of the one before, whose screen was shown once more.
    """

    phone: Handset
    shown: str = ""
    typed: str = ""
    lost: int = 0
    doubled: int = 0
    again: int = 0

    def steps(self, press: Press) -> Iterator["Way"]:
        """Applied, not applied, applied twice; those that agree with the screen that came."""
        once = self._pressed(press)
        taken_for_a_copy = press.op == "input" and press.text == self.typed and bool(press.screen)
        left = replace(self, phone=_copy(self.phone), typed=press.text)
        yield once
        yield replace(left, again=left.again + 1) if taken_for_a_copy else replace(left, lost=left.lost + 1)
        if press.op == "input":
            twice = once._pressed(press)
            yield replace(twice, doubled=once.doubled + 1)

    def _pressed(self, press: Press) -> "Way":
        phone = _copy(self.phone)
        if press.op == "end":
            phone.send("DROP")
            return replace(self, phone=phone, typed="")
        lines = phone.send(press.text)
        shown = "\n".join(line for line in lines if not line.startswith(("=", "~", "!")) and line != "(end)")
        return replace(self, phone=phone, shown=shown, typed=press.text if press.op == "input" else "")

    @property
    def wrong(self) -> tuple[int, int]:
        return self.lost + self.doubled, self.again


@dataclass
class Verdict:
    """What is wrong, over all phones. `strange`: phones whose screens nothing explains."""

    lost: int = 0
    doubled: int = 0
    again: int = 0
    strange: list[str] = field(default_factory=list)
    submissions: list[str] = field(default_factory=list)


def _copy(phone: Handset) -> Handset:
    return replace(phone, requests=list(phone.requests), keys=dict(phone.keys), once=dict(phone.once))


def _same(one: str, other: str) -> bool:
    """Whether two screens are one, references aside: those are drawn."""
    for reference in sorted(references(one) | references(other)):
        spaced = f"{reference[:3]} {reference[3:6]} {reference[6:]}"
        one, other = one.replace(spaced, "?"), other.replace(spaced, "?")
    return one == other


def presses(journal: Iterable[Mapping[str, Any]]) -> Mapping[str, Sequence[Press]]:
    """The acknowledged presses of each number, in their order, each with its screen."""
    entries = list(journal)
    acknowledged = {entry["acknowledged"] for entry in entries if "acknowledged" in entry}
    screens: dict[tuple[str, int], list[str]] = defaultdict(list)
    for entry in entries:
        if "operation" in entry:
            screen = read_text(entry["coding"], bytes.fromhex(entry["octets"]), ussd=True)
            screens[entry["number"], entry["session"]].append(screen)
    found: dict[str, list[Press]] = defaultdict(list)
    for entry in entries:
        if entry.get("pressed") in acknowledged:
            left = screens[entry["number"], entry["session"]]
            screen = left.pop(0) if left and entry["op"] != "end" else ""
            found[entry["number"]].append(Press(entry["op"], entry["text"], screen))
    return found


def follow(said: Sequence[Press]) -> Way | None:
    """The way with the fewest mistakes in which these screens come of these presses; None when there is none."""
    office = replace(OFFICE, node=Node(short="1600", contact="1503", district="LA0901"))
    ways = [Way(Handset(office, now=int(time.time())))]
    for press in said:
        steps = [step for way in ways for step in way.steps(press)]
        ways = [step for step in steps if not press.screen or _same(press.screen, step.shown)]
        ways = sorted(ways, key=lambda way: way.wrong)[:MOST_WAYS]
    return ways[0] if ways else None


async def verdict(one: Ordeal) -> Verdict:
    """Compare the SMSC's disk with the node's."""
    found = Verdict()
    rows = await one.rows(
        "SELECT r.number, r.reference, s.event FROM request r JOIN submission s ON s.request = r.seq ORDER BY s.seq"
    )
    filed: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    for number, reference, event in rows:
        filed[str(number)].append((f"{reference:09}", json.loads(event)["data"]["answers"]))
    for number, said in presses(one.journal()).items():
        way = follow(said)
        if way is None:
            found.strange.append(number)
            continue
        found.lost += way.lost
        found.doubled += way.doubled
        found.again += way.again
        found.submissions += _compared(number, said, way, filed[number])
    return found


def _compared(number: str, said: Sequence[Press], way: Way, filed: Sequence[tuple[str, Any]]) -> Iterator[str]:
    """What the node's submissions of a number have that the paper has not, and the other way round."""
    told = {name for press in said for name in references(press.screen)}
    if [answers for _, answers in filed] != [dict(one.answers) for one in reversed(way.phone.requests)]:
        yield f"{number}: other submissions"
    counted = Counter(name for name, _ in filed)
    if any(counted[name] != 1 for name in told):
        yield f"{number}: told {sorted(told)}, on disk {dict(counted)}"
