"""A phone on a draft: the keys pressed so far are played from the start by the real engine; nothing is kept anywhere.

It begins inside the flow, after the language and the notice, as the flow's own tests do: what was walked can be kept
as one of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from msgspec.structs import replace

from flows.check.conversation import Rehearsal, rehearse
from flows.explorer import Settings, walks_of
from flows.explorer.paths import route
from flows.explorer.places import spot_of
from flows.explorer.replay import Eyes
from flows.explorer.states import END, Walked
from flows.explorer.walker import sealed
from flows.imports.yamlout import Bare
from flows.model import Expect, FlowTest
from flows.phrases import Phrases
from flows.program import forget, program
from flows.revision import Revision
from flows.tables import Tables
from flows.text.measure import Budget, needs, units
from flows.turn import Channel

MOST_KEYS: Final = 200
"""Keys of one session: a flow's test may have no more."""
LONGEST_KEY: Final = 500
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Turn:
    """One key or message, and what came of it.

    Attributes:
        typed: "" for the dial. screen: what the phone shows. step: its number in the flow, -1 where the channel or a
            part speaks. pages: how many the screen takes. sent: (name, words) of SMS. trouble: why it is not possible.
    """

    typed: str
    screen: str
    step: int
    pages: int
    sent: tuple[tuple[str, str], ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """The phone after its keys.

    Attributes:
        turns: all of them, the dial first. open: a key can be pressed. dropped: the session broke, a dial goes on.
        submitted: the answers that went to the agency.
    """

    language: str
    channel: Channel
    today: date
    turns: tuple[Turn, ...]
    open: bool
    dropped: bool
    submitted: Mapping[str, Any] | None = None
    sms: tuple[str, ...] = field(default=())

    @property
    def screen(self) -> str:
        """What is shown now."""
        return self.turns[-1].screen if self.turns else ""

    @property
    def step(self) -> int:
        """The step that is shown now."""
        return self.turns[-1].step if self.turns else -1

    @property
    def units(self) -> int:
        """Of this page."""
        return units(self.screen)

    @property
    def encoding(self) -> str:
        """Of this page."""
        return needs(self.screen)

    @property
    def keys(self) -> tuple[str, ...]:
        """What was sent after the dial."""
        return tuple(turn.typed for turn in self.turns[1:])


def ring(
    revision: Revision,
    keys: Sequence[str],
    *,
    language: str,
    channel: Channel,
    today: date,
    tables: Tables,
    phrases: Phrases,
    budget: Budget | None = None,
) -> Session:
    """Dial, and press these keys; also DROP, DIAL, MORE and `+20h`.

    Raises:
        Fault: the flow cannot run as it is.
    """
    own = sealed(revision)
    test = FlowTest(name="phone", channel=channel, language=language, today=today, press=("",), expect=Expect())
    walked = rehearse(own, test, tables, phrases)
    if budget is not None and channel == "ussd":
        walked.world = replace(walked.world, budget=budget)
    eyes = program(own).watch = Eyes()
    try:
        turns = [_turn(walked, eyes, typed[:LONGEST_KEY]) for typed in ("", *keys[:MOST_KEYS])]
    finally:
        forget(own)
    return Session(
        walked.language,
        channel,
        today,
        tuple(turns),
        walked.open,
        not walked.open and walked.run is not None and walked.submitted is None,
        walked.submitted,
        tuple(walked.sms),
    )


def _turn(walked: Rehearsal, eyes: Eyes, typed: str) -> Turn:
    before = len(walked.sms)
    eyes.screen = (-1, ())
    trouble = walked.send(typed)
    node, pages = eyes.screen
    step = -1
    if node >= 0:
        spot = spot_of(program(walked.revision), node)
        step = spot.index if spot.flow == walked.revision.flow.id else _around(walked.revision, node)
    sent = tuple(zip(walked.sms[before:], walked.texts[before:], strict=True))
    screen = "" if typed == "DROP" and not trouble else walked.screen
    return Turn(typed, screen, step, max(1, len(pages)), sent, trouble)


def _around(revision: Revision, node: int) -> int:
    """The step of the service that runs the part in which this place of the row lies."""
    row = program(revision).nodes
    part = row[node].part
    while part.outer is not None and part.outer.outer is not None:
        part = part.outer
    first = next((at for at, one in enumerate(row) if getattr(one, "inner", None) is part), -1)
    return spot_of(program(revision), first).index if first >= 0 else -1


def way_to(revision: Revision, settings: Settings, step: int) -> tuple[str, ...] | None:
    """What somebody types who comes to a step the likeliest way; None when no walk comes there.

    Args:
        revision: the flow with its parts.
        settings: with the one language and the one channel of the phone.
        step: its number in the flow.
    """
    walked = walks_of(revision, settings, likely=True, profiles=False)[0]
    nodes = {at for at, _ in enumerate(walked.program.nodes) if _is(walked, revision, at, step)}
    for state in walked.states:
        if state.plain and (state.node in nodes or nodes.intersection(state.says)):
            return route(walked, state)
    for state in walked.states:
        for edge in state.edges:
            if edge.to == END and edge.node in nodes:
                return (*route(walked, state), edge.typed)
    return None


def _is(walked: Walked, revision: Revision, node: int, step: int) -> bool:
    if node == len(walked.program.nodes) - 1:
        return False
    spot = spot_of(walked.program, node)
    if spot.flow == revision.flow.id:
        return spot.index == step
    return _around(walked.program.revision, node) == step


def as_test(session: Session, name: str) -> dict[str, Any]:
    """The session as one of the flow's own tests, as an author writes it."""
    press = [int(typed) if _NUMBER.fullmatch(typed) else typed for typed in ("", *session.keys)]
    first = next((line for line in session.screen.split("\n") if line.strip()), "")
    expect: dict[str, Any] = {"screen": first} if first else {}
    if session.submitted is not None:
        expect["submitted"] = {key: _plain(value) for key, value in session.submitted.items()}
    expect["sms"] = list(session.sms)
    return {
        "name": name,
        "channel": session.channel,
        "language": session.language,
        "today": Bare(session.today.isoformat()),
        "press": press,
        "expect": expect,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return Bare(value) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else value
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
