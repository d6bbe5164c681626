"""What an agency says by SMS: one bit for each of 64 submissions, exceptions, missing parts, and statuses going home.

    runs       epoch and first sequence, and 64 bits: the agency has it, with its effect
    verdicts   what is not simply accepted, with reason and fields
    partly     of a long submission, which parts have come
    news       statuses of its feed after a number, each named by reference and sixteen bits of the submission's id

A node's own word is a `Question`: up to which status it has heard; whatever is owed comes back as an `Answer`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sync.bearer.anything import Anything
from sync.bearer.coder import Reader, Unfit, Writer
from sync.bearer.codes import Scene
from sync.bearer.frame import PARTS, ROOM
from sync.bearer.packer import day_of

SPAN: Final = 64
"""Submissions that one run speaks of."""

VERDICTS: Final = ("invalid", "conflict", "retry", "too_new", "unreadable")
"""`unreadable`: the frame is genuine, and the agency has not its page or another version: send it packed otherwise."""

REASONS: Final = (
    "", "missing_field", "bad_value", "duplicate_case", "not_eligible", "documents_needed", "other",
)  # fmt: skip
STATUSES: Final = ("in_review", "needs_correction", "approved", "rejected", "ready", "closed", "transferred")

_REFERENCES: Final = 10**9
_MARKS: Final = 1 << 16
_MOST: Final = 64
_ANY: Final = Anything()


@dataclass(frozen=True, slots=True)
class Run:
    """Of the submissions `first` to `first + 63` of an epoch, which the agency has accepted: one bit for each."""

    epoch: str
    first: int
    bits: int = 0

    def holds(self, sequence: int) -> bool:
        """Say whether this run speaks of a sequence."""
        return 0 <= sequence - self.first < SPAN

    def accepted(self) -> list[int]:
        """Return the sequences that were accepted."""
        return [self.first + place for place in range(SPAN) if self.bits >> place & 1]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the agency says of a submission that it has not accepted; the run that holds it must be in the answer."""

    epoch: str
    sequence: int
    status: str
    reason: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Partly:
    """Which parts of a long submission have come, one bit for each."""

    epoch: str
    sequence: int
    bits: int


@dataclass(frozen=True, slots=True)
class Told:
    """One status: `mark` is sixteen bits of the submission's id, so that an older revision's is not taken for it."""

    seq: int
    reference: str
    mark: int
    status: str
    reason: str = ""
    fields: tuple[str, ...] = ()
    params: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything of one SMS of the agency; `news` are all of this node's statuses after `after`, oldest first."""

    runs: tuple[Run, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    partly: tuple[Partly, ...] = ()
    after: int = 0
    news: tuple[Told, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the body of its frame."""
        writer, scene = Writer(), Scene(day_of(0))
        writer.number(len(self.runs))
        for run in self.runs:
            writer.uniform(int(run.epoch, 16), 1 << 32)
            writer.uniform(run.first, 1 << 32)
            writer.uniform(run.bits, 1 << SPAN)
        writer.number(len(self.verdicts))
        for verdict in self.verdicts:
            self._place(writer, verdict.epoch, verdict.sequence)
            writer.uniform(VERDICTS.index(verdict.status), len(VERDICTS))
            _write_why(writer, verdict.reason, verdict.fields, scene)
        writer.number(len(self.partly))
        for one in self.partly:
            self._place(writer, one.epoch, one.sequence)
            writer.uniform(one.bits, 1 << PARTS)
        writer.number(len(self.news))
        if self.news:
            writer.number(self.after)
            before = self.after
            for told in self.news:
                _write_told(writer, told, before, scene)
                before = told.seq
        return writer.to_bytes()

    @property
    def fits(self) -> bool:
        """Whether it goes into one SMS."""
        return len(self.to_bytes()) <= ROOM

    def _place(self, writer: Writer, epoch: str, sequence: int) -> None:
        for index, run in enumerate(self.runs):
            if run.epoch == epoch and run.holds(sequence):
                writer.uniform(index, len(self.runs))
                writer.uniform(sequence - run.first, SPAN)
                return
        raise Unfit("no run holds it")

    @classmethod
    def of(cls, body: bytes) -> "Answer":
        """Read the body of a frame; raises `Unfit`."""
        reader, scene = Reader(body), Scene(day_of(0))
        runs = tuple(
            Run(f"{reader.uniform(1 << 32):08x}", reader.uniform(1 << 32), reader.uniform(1 << SPAN))
            for _ in range(_count(reader))
        )
        verdicts = []
        for _ in range(_count(reader)):
            epoch, sequence = _placed(reader, runs)
            verdicts.append(
                Verdict(epoch, sequence, VERDICTS[reader.uniform(len(VERDICTS))], *_read_why(reader, scene))
            )
        partly = tuple(Partly(*_placed(reader, runs), reader.uniform(1 << PARTS)) for _ in range(_count(reader)))
        count = _count(reader)
        after = before = reader.number() if count else 0
        news = []
        for _ in range(count):
            news.append(_read_told(reader, before, scene))
            before = news[-1].seq
        reader.close()
        return cls(runs, tuple(verdicts), partly, after, tuple(news))


@dataclass(frozen=True, slots=True)
class Question:
    """What a node asks without a submission: it has heard all statuses up to `heard`, and what more is there?"""

    heard: int

    def to_bytes(self) -> bytes:
        """Return the body of its frame."""
        writer = Writer()
        writer.number(self.heard)
        return writer.to_bytes()

    @classmethod
    def of(cls, body: bytes) -> "Question":
        """Read the body of a frame; raises `Unfit`."""
        reader = Reader(body)
        heard = reader.number()
        reader.close()
        if heard < 0:
            raise Unfit("no status has such a number")
        return cls(heard)


def mark_of(event_id: str) -> int:
    """Return the sixteen bits that a status names a submission by."""
    return int.from_bytes(hashlib.sha256(event_id.encode()).digest()[:2], "big")


def runs_over(owed: Sequence[tuple[str, int]]) -> list[Run]:
    """Return runs that hold all of these (epoch, sequence), without bits; in the order of their first."""
    runs: list[Run] = []
    for epoch, sequence in sorted(set(owed)):
        if not runs or runs[-1].epoch != epoch or not runs[-1].holds(sequence):
            runs.append(Run(epoch, sequence))
    return runs


def filled(answer: Answer, news: Sequence[Told], after: int) -> Answer:
    """Return the answer with as many of the statuses as one SMS still holds."""
    full = replace(answer, after=after)
    for told in news[:_MOST]:
        longer = replace(full, news=(*full.news, told))
        if not longer.fits:
            break
        full = longer
    return full if full.news else answer


def _count(reader: Reader) -> int:
    count = reader.number()
    if not 0 <= count <= _MOST:
        raise Unfit("too many")
    return count


def _placed(reader: Reader, runs: Sequence[Run]) -> tuple[str, int]:
    if not runs:
        raise Unfit("no run holds it")
    run = runs[reader.uniform(len(runs))]
    return run.epoch, run.first + reader.uniform(SPAN)


def _write_why(writer: Writer, reason: str, fields: Sequence[str], scene: Scene) -> None:
    known = reason in REASONS
    writer.uniform(REASONS.index(reason) if known else len(REASONS), len(REASONS) + 1)
    if not known:
        scene.words.write(writer, reason)
    writer.number(len(fields))
    for name in fields:
        scene.words.write(writer, name)


def _read_why(reader: Reader, scene: Scene) -> tuple[str, tuple[str, ...]]:
    index = reader.uniform(len(REASONS) + 1)
    reason = REASONS[index] if index < len(REASONS) else scene.words.read(reader)
    return reason, tuple(scene.words.read(reader) for _ in range(_count(reader)))


def _write_told(writer: Writer, told: Told, before: int, scene: Scene) -> None:
    writer.number(told.seq - before)
    writer.uniform(int(told.reference), _REFERENCES)
    writer.uniform(told.mark, _MARKS)
    known = told.status in STATUSES
    writer.uniform(STATUSES.index(told.status) if known else len(STATUSES), len(STATUSES) + 1)
    if not known:
        scene.words.write(writer, told.status)
    _write_why(writer, told.reason, told.fields, scene)
    writer.pick(int(bool(told.params)), (7, 1))
    if told.params:
        _ANY.write(writer, told.params, scene)


def _read_told(reader: Reader, before: int, scene: Scene) -> Told:
    seq = before + reader.number()
    reference = f"{reader.uniform(_REFERENCES):09d}"
    mark = reader.uniform(_MARKS)
    index = reader.uniform(len(STATUSES) + 1)
    status = STATUSES[index] if index < len(STATUSES) else scene.words.read(reader)
    reason, fields = _read_why(reader, scene)
    params = _ANY.read(reader, scene) if reader.pick((7, 1)) else None
    return Told(seq, reference, mark, status, reason, fields, params)
