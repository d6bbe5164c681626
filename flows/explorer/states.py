"""A walked flow as values: the places a citizen can be at, what she can type there, and the pages she sees."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from flows.program import Program
from flows.screens import Shown
from flows.session import Run, World
from flows.turn import Text

Kind = Literal["answer", "skip", "none", "option", "pick", "read", "send", "change", "same", "bad", "help", "back"]
FORWARD: Final[frozenset[str]] = frozenset({"answer", "skip", "option", "pick", "read", "send", "same"})
"""Edges that bring a citizen on; the others repeat a screen or go back."""
END: Final = -1
PARKED: Final = -2
"""Where an edge leads that leaves the flow: its end, or a polite stop after too many tries."""
FAILED: Final = -3
"""The flow failed: an expression had no value."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One input at a state, and where it leads.

    Attributes:
        to: number of the state, or END, PARKED, FAILED. weight: share of the people who would go this way.
        sent: texts that went out as SMS with it. submitted: the answers that went to the agency, by name.
        shown: pages of the closing screen, where it leads out.
    """

    kind: Kind
    typed: str
    to: int
    weight: int = 1
    sent: tuple[Text, ...] = ()
    submitted: tuple[str, ...] | None = None
    checked: bool = False
    shown: tuple[str, ...] = ()
    node: int = -1
    reason: str = ""


@dataclass(slots=True)
class State:
    """One place in the flow that a citizen can be at, standing for all that differ in nothing that matters ahead."""

    index: int
    node: int
    run: Run
    shown: Shown
    says: tuple[int, ...]
    edges: list[Edge] = field(default_factory=list)
    came: tuple[int, str] | None = None
    plain: bool = True
    """Whether it is an ordinary screen: nothing refused, nothing being changed, nothing asked back."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A page that some citizen sees.

    Attributes:
        node: the step whose screen it is. says: the texts that stand on it. page, pages: which of how many.
        reason: of the refusal that it shows, "" for none.
    """

    node: int
    says: tuple[int, ...]
    page: int
    pages: int
    text: str
    reason: str = ""
    end: bool = False


@dataclass(slots=True)
class Walked:
    """One walk: a language on a channel.

    Attributes:
        held: step -> truth values that its `when` was seen to have. failed: (state, typed, fault).
        left: states that were found but not gone on from, because of the bound. unanswered: steps without an input.
    """

    program: Program
    language: str
    world: World
    states: list[State] = field(default_factory=list)
    seen: dict[tuple[int, str], Seen] = field(default_factory=dict)
    held: dict[int, set[bool]] = field(default_factory=dict)
    failed: list[tuple[int, str, str]] = field(default_factory=list)
    visited: set[int] = field(default_factory=set)
    blank: dict[tuple[int, str], None] = field(default_factory=dict)
    unanswered: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)
    left: int = 0
    presses: int = 0
    profile: bool = False
    ways: dict[str, Any] = field(default_factory=dict)
    """The longest and the likeliest way, once somebody asked for them."""
