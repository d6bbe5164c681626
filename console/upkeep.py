"""What an admin looks after besides services: agencies, channels, and the machine, as the pages see them.

Most of it lies in rooms beside the desk; `sala/upkeep.py` looks there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Key:
    """A key by its fingerprint: twelve digits of a hash, in groups of four, to be compared by telephone.

    `kind` is `shared` (of the secret that both sides have), `seal` (bodies are sealed to it) or `hub` (signs what comes
    down). `secret` is never in it.
    """

    kind: Literal["shared", "seal", "hub"]
    print: str


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency of the configuration. `hub`: it is reached through this node's hub."""

    name: str
    connector: str
    address: str
    keys: Sequence[Key]
    hub: bool = False
    bearer: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking an agency: "" or the code of the fault, and how long it took."""

    fault: str
    milliseconds: int
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of the configuration, and how it does. Sums of money are in the unit of its `prices`.

    Attributes:
        ussd, sms: whether it has this side here. sends: whether a test message can go by it.
        state, since, fault: how its link stands (`up`, `down`, `unknown`).
        limits: its settings by name, as text. counts: what it did since the start, by side and outcome.
        spent, budget: of this day; None: another process sends.
    """

    name: str
    gateway: str
    ussd: bool
    sms: bool
    sends: bool
    codes: Sequence[str]
    alphabets: Sequence[str]
    state: str
    since: int
    fault: str
    limits: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    spent: str | None = None
    budget: str = ""
    segments: bool = False


@dataclass(frozen=True, slots=True)
class Below:
    """A node below this hub, as it last said of itself; times are epoch seconds, 0 for never."""

    name: str
    at: int
    cloned: bool
    version: str
    waiting: int
    oldest: int
    in_custody: int
    custody_since: int
    free_mb: int
    full: bool
    clock: str
    copies: int
    left: int
    refused: Sequence[str]
    behind: Sequence[str]


@dataclass(frozen=True, slots=True)
class Machine:
    """How this node is; times are epoch seconds, 0 for never; sizes are megabytes.

    Attributes:
        keys_apart: whether the database's key lies elsewhere than the data.
        copies: 2, 1, or 0 when no second copy is configured. copy_since: until when all is on it.
        clones: words of a second machine that uses this name.
    """

    version: str
    stage: str
    up_since: int
    data: str
    free_mb: int
    floor_mb: int
    reserve: bool
    full: bool
    writable: bool
    clock: str
    keys_apart: bool
    copies: int
    copy_since: int
    copy_reason: str
    copy_path: str
    messages: int
    oldest_message_at: int
    unknown_messages: int
    memos: int
    below: Sequence[Below] = ()
    is_hub: bool = False
    up_to: str = ""


class Upkeep(Protocol):
    """Composed in `sala/`."""

    def agencies(self) -> Sequence[Agency]:
        """All that are configured."""

    async def ask(self, agency: str) -> Asked:
        """Ask an agency for its news, as the node does anyway, and wait at most ten seconds."""

    async def channels(self) -> Sequence[Channel]:
        """All that are configured."""

    async def machine(self) -> Machine:
        """This node, and those below it."""

    def begin_check(self, by: str) -> bool:
        """Read the whole database in the background and note in the audit what is wrong; False: one is under way."""

    @property
    def checking(self) -> bool:
        """Whether a check is under way."""
