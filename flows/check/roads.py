"""Rules on the ways through a flow: no step in vain, no dead end, no ring without a way out."""

from collections.abc import Iterator

from flows.check.subject import Subject
from flows.check.ways import OUT, reach
from flows.findings import Finding
from flows.kinds import conjuncts
from flows.steps import Ask, Confirm, Menu, Run, Submit


def unreachable(subject: Subject) -> Iterator[Finding]:
    """Every step can be reached."""
    ways = subject.ways
    for index in range(len(subject.flow.steps)):
        if index not in ways.reachable:
            yield subject.error(
                "unreachable", "no way leads to this step: a goto or an end stands before it", "steps", index
            )


def dead_ends(subject: Subject) -> Iterator[Finding]:
    """A service never runs out of steps without saying so."""
    flow = subject.flow
    if flow.is_part:
        return
    ways = subject.ways
    for index in sorted(ways.reachable):
        if OUT in ways.successors[index]:
            words = "the steps run out after this one: put an `end` without `when` below it"
            yield subject.error("dead-end", words, "steps", index)


def rings(subject: Subject) -> Iterator[Finding]:
    """From every step some way leads to an end, and no ring turns without waiting for the citizen."""
    ways = subject.ways
    for index in sorted(ways.reachable - ways.finishing):
        yield subject.error("loop", "from this step no way leads to an end: it goes round for ever", "steps", index)
        return
    waiting = {index for index in ways.reachable if _waits(subject, index)}
    running = {
        i: tuple(to for to in after if to not in waiting and not _asks_again(subject, i, to))
        for i, after in ways.successors.items()
        if i not in waiting
    }
    for index in sorted(running):
        if index in ways.reachable and index in reach(running[index], running):
            yield subject.error("loop", "this ring asks nothing: it would turn without the citizen", "steps", index)
            return


def sent_once(subject: Subject) -> Iterator[Finding]:
    """On each way at most one submission: a citizen holds one reference."""
    ways = subject.ways
    sends = [index for index in sorted(ways.reachable) if isinstance(subject.flow.steps[index], Submit)]
    for index in sends:
        further = reach(ways.successors[index], ways.successors)
        for other in sends:
            if other in further:
                words = "a second submission stands on the same way: send once, with `to` for further agencies"
                yield subject.error("submit-twice", words, "steps", other)


def _asks_again(subject: Subject, index: int, to: int) -> bool:
    """Whether a jump leads to a question that is surely asked: its whole condition stands in the jump's own."""
    jump, asked = subject.flow.steps[index], subject.flow.steps[to]
    if asked.when is None or jump.when is None or jump.goto is None or jump.goto != asked.id:
        return False
    return isinstance(asked, Ask | Menu | Confirm) and conjuncts(asked.when.tree) <= conjuncts(jump.when.tree)


def _waits(subject: Subject, index: int) -> bool:
    step = subject.flow.steps[index]
    if step.when is not None:
        return False
    if isinstance(step, Run):
        part = subject.parts.get(step.run)
        return part is not None and any(isinstance(one, Ask | Menu) and one.when is None for one in part.steps)
    return isinstance(step, Ask | Menu | Confirm)
