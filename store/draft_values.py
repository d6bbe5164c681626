"""What the life of drafts and proposals is told in: frozen values, and the faults that a person can mend."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from flows.errors import Fault

Kind = Literal["flow", "table", "phrases"]
ProposalState = Literal["open", "approved", "live", "refused", "replaced", "failed"]


class DraftFault(Fault):
    """This cannot be done with a draft."""

    code = "draft"
    ours = False


class ApprovalFault(Fault):
    """A second person has to say so."""

    code = "approval"
    ours = False


@dataclass(frozen=True, slots=True)
class DraftHead:
    """An open draft in a list: who saved it last and when, and the digest of what was live when it was begun."""

    kind: Kind
    id: str
    base_revision: str
    version: int
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What to edit.

    Attributes:
        text: the draft; where none is open, what is live.
        base_revision: the digest of what was live when it was begun ("": nothing was).
        version: what `save` must be told. 0: nobody has ever saved one.
        by, at: who saved it last, and when; "" and 0 where no draft is open.
        behind: something else was published since it was begun.
    """

    id: str
    text: str
    base_revision: str
    version: int
    by: str
    at: int
    kind: Kind = "flow"
    undoable: bool = False
    redoable: bool = False
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody else has saved since; nothing was written.

    Attributes:
        by, at, version: who, when, and what the draft's version is now.
        theirs: the draft as it is now. mine: the text that was to be saved.
        before: the text that both began from; "" when it is no longer kept.
    """

    by: str
    at: int
    version: int
    theirs: str
    mine: str
    before: str


@dataclass(frozen=True, slots=True)
class DraftAct:
    """One thing that happened to a draft: open, save, undo, redo, discard, published."""

    version: int
    what: str
    by: str
    at: int
    note: str


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said of a step ("" of the whole); `done_by` is who settled it."""

    id: int
    step: str
    text: str
    by: str
    at: int
    done_by: str = ""
    done_at: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """A text as it was proposed; it does not change with the draft.

    Attributes:
        id: its number; `name` is the flow's, table's or language's.
        files: texts by file name, the proposed one first.
        digest: of the revision; "" until it is worked out. base: of what was live then.
        active_from: when it is to be live; 0: as soon as it is approved.
        decided_by, decided_at, answer: who approved or refused it, and the note; also why it failed.
    """

    id: int
    kind: Kind
    name: str
    digest: str
    base: str
    files: Mapping[str, str]
    note: str
    active_from: int
    state: ProposalState
    by: str
    at: int
    decided_by: str = ""
    decided_at: int = 0
    answer: str = ""

    @property
    def text(self) -> str:
        """The text that was edited."""
        return next(iter(self.files.values()), "")


def person(actor: str) -> str:
    """Whom a record names: `anna` is the same at the desk and in `anna (command:root)`."""
    return actor.partition(" (")[0].strip().casefold()
