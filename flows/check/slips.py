"""Rules on what is no fault by itself and yet nearly always a slip of whoever wrote it: warnings, all of them."""

from collections.abc import Iterator
from itertools import pairwise

from flows.check.subject import Subject
from flows.check.ways import Ways, inputs_of, reach
from flows.fields import DateField, DecimalField, IntField
from flows.findings import Finding
from flows.model import Flow
from flows.steps import Ask, Confirm, End, Run, Say, Submit

LONGER = 4
"""Times that a text may be as long as in the language in which it is longest beside it."""
LONG = 30
"""Letters below which a text is too short to be called long: a translation of one word may well be five."""


def unconfirmed(subject: Subject) -> Iterator[Finding]:
    """Where a check page stands before the sending, it shows what is sent.

    Not asked of what is sensitive, for a check page by SMS stays on the phone; nor of an answer that could have ended
    the dialogue: whoever came further knows what it was. A sending without any check page is the explorer's to judge.
    """
    flow = subject.flow
    ways = subject.ways
    told = _deciding(ways)
    for index in sorted(ways.reachable):
        for name in _asked(flow, index):
            field = flow.fields.get(name)
            if (
                field is not None
                and field.sensitivity != "sensitive"
                and name not in told
                and _unseen(ways, index, name)
            ):
                words = f"`{name}` is sent, and no check page after its question shows it: list it under `confirm`"
                yield subject.warning("unconfirmed", words, "steps", index)


def late_texts(subject: Subject) -> Iterator[Finding]:
    """What the citizen should know before she sends does not come after the check page."""
    flow = subject.flow
    ways = subject.ways
    texts = {index for index, step in enumerate(flow.steps) if isinstance(step, Say)}
    onward = {index: after if index in texts else () for index, after in ways.successors.items()}
    sends = {index for index, step in enumerate(flow.steps) if isinstance(step, Submit)}
    for index in sorted(ways.reachable):
        if isinstance(flow.steps[index], Confirm):
            for late in sorted(texts & reach(ways.successors[index], onward)):
                if sends & reach(ways.successors[late], onward):
                    words = "this text is read only when all is sent: put it before the check page"
                    yield subject.warning("late-text", words, "steps", late)


def twice(subject: Subject) -> Iterator[Finding]:
    """No step stands twice in a row."""
    steps = subject.flow.steps
    for index, (before, step) in enumerate(pairwise(steps), start=1):
        if step == before:
            yield subject.warning("twice", "this step is the one before it again: remove one", "steps", index)


def open_limits(subject: Subject) -> Iterator[Finding]:
    """A number or a day that somebody types has a largest value: a slip of a key is then asked about at once."""
    given = inputs_of(subject.flow)
    for name, field in subject.flow.fields.items():
        if name in given or "max" in field.model_fields_set:
            continue
        if isinstance(field, IntField | DecimalField):
            words = f"say under `max` the largest `{name}` that makes sense: one key too many passes without it"
            yield subject.warning("open-limit", words, "fields", name)
        elif isinstance(field, DateField):
            words = f"say under `max` the last `{name}` that makes sense, such as `today`"
            yield subject.warning("open-limit", words, "fields", name)


def lengths(subject: Subject) -> Iterator[Finding]:
    """A text is about as long in one language as in the others."""
    for place in subject.texts:
        for channel in ("ussd", "sms"):
            said = {tag: len(place.text.say(tag, channel)) for tag in place.text.root}
            for tag, length in said.items():
                others = [one for other, one in said.items() if other != tag]
                if others and length >= LONG and length > LONGER * max(others):
                    words = f"this text is {length / max(others):.0f} times as long as in any other language"
                    sentence = f"{words}: was it put in twice?"
                    yield subject.warning("lengths", sentence, *place.path, language=tag)


def _asked(flow: Flow, index: int) -> tuple[str, ...]:
    step = flow.steps[index]
    return (step.ask,) if isinstance(step, Ask) else tuple(step.outputs) if isinstance(step, Run) else ()


def _unseen(ways: Ways, index: int, name: str) -> bool:
    """Whether the answer of this step can be sent by way of check pages of which none shows it, or after them."""
    steps = ways.flow.steps
    pages = {at: step.confirm for at, step in enumerate(steps) if isinstance(step, Confirm) and at in ways.reachable}
    shown = {at for at, names in pages.items() if name in names}
    onward = {at: tuple(to for to in after if to not in shown) for at, after in ways.successors.items()}
    # A step that was skipped, or whose answer was given up, answered nothing. Which outputs a part has, it knows.
    given = [edge for edge in ways.edges if edge.start == index and edge.ran]
    starts = {edge.to for edge in given if edge.answered or isinstance(steps[index], Run)} - shown
    if any(index in reach(ways.successors[page], ways.successors) for page in pages):
        return _sends(ways, reach(starts, onward))
    return any(_sends(ways, reach({page}, onward)) for page in pages.keys() & reach(starts, onward))


def _sends(ways: Ways, indices: frozenset[int]) -> bool:
    return any(isinstance(ways.flow.steps[index], Submit) for index in indices if index in ways.reachable)


def _deciding(ways: Ways) -> frozenset[str]:
    """The names that an end before a sending depends on, those behind computed names included."""
    names: set[str] = set()
    for index, step in enumerate(ways.flow.steps):
        if (
            isinstance(step, End)
            and step.when is not None
            and _sends(ways, reach(ways.successors[index], ways.successors))
        ):
            names |= step.when.names
    computed = ways.flow.computed
    while more := {one for name in names & computed.keys() for one in computed[name].names} - names:
        names |= more
    return frozenset(names)
