"""What the walks prove about a flow: one rule, one function, each finding on its line."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

from flows.check.subject import Subject
from flows.check.ways import asked
from flows.check.wording import found as word_in
from flows.explorer.measures import KEPT, orphan
from flows.explorer.paths import circling, dead_ends, route, sending
from flows.explorer.places import Atlas, Spot, spot_of
from flows.explorer.samples import never_fits
from flows.explorer.states import END, Walked
from flows.explorer.telling import Told, Verdict, told
from flows.findings import Finding
from flows.inputs import Frame
from flows.model import Flow
from flows.program import AskNode, EndNode, MenuNode, SubmitNode
from flows.revision import Revision
from flows.steps import Ask, Confirm, End, Menu, Run, Say, Submit
from flows.template import placeholders

_SOURCE: Final = re.compile(r"in: (.*?)\)*$")
_SHORT: Final = 20
"""Letters that are told of what is typed."""


@dataclass(frozen=True)
class Case:
    """A flow and its walks, in every language on every channel."""

    revision: Revision
    walks: tuple[Walked, ...]
    subject: Subject

    @cached_property
    def atlas(self) -> Atlas:
        """Where things stand in the files."""
        return Atlas(self.revision)

    @property
    def whole(self) -> bool:
        """Whether no walk met its bound: only then can it be said what never happens."""
        return not any(walk.left or walk.unanswered for walk in self.walks)

    @property
    def flows(self) -> tuple[Flow, ...]:
        """The service and its parts."""
        return (self.revision.flow, *self.revision.parts.values())


def _typed(walk: Walked, state: int) -> str:
    return ", ".join(f"{one[:_SHORT]}..." if len(one) > _SHORT else one for one in route(walk, walk.states[state]))


def stuck(case: Case) -> Iterator[Finding]:
    """A screen at which nothing that can be typed leads on."""
    for walk in case.walks:
        for state in dead_ends(walk):
            node = walk.program.nodes[state.node]
            if state.node in walk.unanswered and not (isinstance(node, AskNode) and _hopeless(node, walk)):
                continue
            words = told("stuck", way=_typed(walk, state.index))
            yield case.atlas.finding("error", "dead-end", words, spot_of(walk.program, state.node))


def _hopeless(node: AskNode, walk: Walked) -> bool:
    """Whether it is not for want of a sample that nothing fits."""
    world = walk.world
    return never_fits(node.field, Frame(walk.language, world.today, world.tables, {}, world.district, world.country))


def run_out(case: Case) -> Iterator[Finding]:
    """A way on which the steps run out."""
    for walk in case.walks:
        last = len(walk.program.nodes) - 1
        for state in walk.states:
            if any(edge.to == END and edge.node == last for edge in state.edges) and not case.revision.flow.is_part:
                words = told("run_out", way=_typed(walk, state.index))
                yield case.atlas.finding("error", "dead-end", words, spot_of(walk.program, last))
                break


def rings(case: Case) -> Iterator[Finding]:
    """Screens that lead only to each other."""
    for walk in case.walks:
        found = sorted({state.node for state in circling(walk)})
        if found:
            names = ", ".join(case.atlas.name(spot_of(walk.program, node)) for node in found)
            yield case.atlas.finding("error", "loop", told("loop", steps=names), spot_of(walk.program, found[0]))


def failures(case: Case) -> Iterator[Finding]:
    """Answers at which an expression has no value: the citizen would read "try later"."""
    for walk in case.walks:
        for state, typed, fault in walk.failed:
            where = _typed(walk, state) if walk.states else ""
            asked_early = "has no answer yet" in fault
            shown = fault.split(": ", 1)[-1]
            words = told("early" if asked_early else "failed", fault=shown, way=where, typed=repr(typed[:20]))
            yield from _at_fault(case, fault, "before-asked" if asked_early else "failed", words)


def _at_fault(case: Case, fault: str, code: str, words: Told) -> Iterator[Finding]:
    """On the line of the expression that the fault names; else on the flow's first line."""
    source = _SOURCE.search(fault)
    for flow in case.flows:
        for path, expression in _expressions(flow):
            if source and expression.source in (source[1], source[1] + ")"):
                yield Verdict(flow.file, flow.line(*path), _step(flow, path), "", words.english, "error", code, words)
                return
        for index in range(len(flow.steps)):
            if f" {flow.step_name(index)}: " in f" {fault}":
                yield case.atlas.finding("error", code, words, Spot(flow.id, index))
                return
    yield case.atlas.outside("error", code, words, case.revision.flow.id, "steps")


def _step(flow: Flow, path: tuple[Any, ...]) -> str:
    return flow.step_name(path[1]) if path[0] == "steps" else ""


def _expressions(flow: Flow) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for index, step in enumerate(flow.steps):
        if step.when is not None:
            yield ("steps", index, "when"), step.when
        yield from ((("steps", index, "let", name), one) for name, one in step.let.items())
        if isinstance(step, Run):
            yield from ((("steps", index, "in", name), one) for name, one in step.inputs.items())
    yield from ((("computed", name), one) for name, one in flow.computed.items())
    if flow.anonymous is not None:
        yield ("anonymous",), flow.anonymous


def conditions(case: Case) -> Iterator[Finding]:
    """A `when` that came out the same on every way."""
    if not case.whole:
        return
    held: dict[Spot, set[bool]] = {}
    for walk in case.walks:
        for node, values in walk.held.items():
            held.setdefault(spot_of(walk.program, node), set()).update(values)
    for spot, values in held.items():
        step = case.atlas.flow(spot.flow).steps[spot.index]
        if len(values) != 1 or step.when is None or _given(case, spot, step.when.names):
            continue
        if True in values:
            words = told("always", when=step.when.source)
            yield case.atlas.finding("warning", "condition-always", words, spot, "when")
        else:
            words = told("never", when=step.when.source)
            yield case.atlas.finding("error", "condition-never", words, spot, "when")


def _given(case: Case, spot: Spot, names: frozenset[str]) -> bool:
    """Whether it is the caller of a part that decides: the same part may be run with another value."""
    flow = case.atlas.flow(spot.flow)
    own = asked(flow) | flow.computed.keys()
    return spot.flow != case.revision.flow.id and bool(names) and not names & own


def unseen(case: Case) -> Iterator[Finding]:
    """A step of the service that no walk came to, although its condition may hold."""
    if not case.whole:
        return
    visited = {spot_of(walk.program, node) for walk in case.walks for node in walk.visited}
    decided = {spot_of(walk.program, node) for walk in case.walks for node in walk.held}
    flow = case.revision.flow
    for index, step in enumerate(flow.steps):
        spot = Spot(flow.id, index)
        if isinstance(step, Say | Ask | Menu | Confirm | End) and spot not in visited | decided:
            yield case.atlas.finding("error", "unreached", told("unreached"), spot)


def blanks(case: Case) -> Iterator[Finding]:
    """A text that puts in an answer which was not asked on some way."""
    for walk in case.walks:
        for node, name in walk.blank:
            yield case.atlas.finding("error", "before-asked", told("blank", name=name), spot_of(walk.program, node))


def unused(case: Case) -> Iterator[Finding]:
    """An answer that is asked for and goes nowhere: not to the agency, not into a condition, not into a text."""
    if not case.whole:
        return
    visited = {spot_of(walk.program, node) for walk in case.walks for node in walk.visited}
    sent = {spot_of(walk.program, node) for walk in case.walks for node in _sending(walk)}
    for flow in case.flows:
        read = _read(flow)
        handed = _handed(case, flow)
        for index, step in enumerate(flow.steps):
            spot = Spot(flow.id, index)
            if not isinstance(step, Ask) or step.ask in read | handed or spot not in visited:
                continue
            if flow is not case.revision.flow or (spot not in sent and not flow.is_part):
                yield case.atlas.finding("warning", "unused", told("unused", name=step.ask), spot, "ask")


def _sending(walk: Walked) -> set[int]:
    """The steps after which something can still be sent."""
    return {walk.states[index].node for index in sending(walk)}


def _read(flow: Flow) -> set[str]:
    """Names that an expression, a text, a check page or a search looks at."""
    names: set[str] = set()
    for _, expression in _expressions(flow):
        names |= expression.names
    texts = Subject(flow, {}, *_NOTHING).texts
    names |= {name for one in texts for _, _, words in one.text.every() for name in placeholders(words)}
    names |= {getattr(field, "within", "") for field in flow.fields.values()}
    return names


_NOTHING: Final[Any] = (None, None)


def _handed(case: Case, part: Flow) -> set[str]:
    """What any flow takes out of this part, with what it is computed of."""
    taken: set[str] = set()
    for flow in case.flows:
        for step in flow.steps:
            if isinstance(step, Run) and step.run == part.id:
                taken |= set(step.outputs.values())
    todo = list(taken)
    while todo:
        computed = part.computed.get(todo.pop())
        more = (computed.names if computed is not None else frozenset()) - taken
        taken |= more
        todo += more
    return taken


def unchecked(case: Case) -> Iterator[Finding]:
    """A way on which something is sent that the citizen did not see together on a check page, or without a notice."""
    flow = case.revision.flow
    sends = [index for index, step in enumerate(flow.steps) if isinstance(step, Submit)]
    if sends and flow.notice is None:
        yield case.atlas.finding("error", "no-notice", told("no_notice"), Spot(flow.id, sends[0]))
    for walk in case.walks:
        for state in walk.states:
            for edge in state.edges:
                if edge.submitted is not None and not edge.checked:
                    yield from _sent_unchecked(case, walk, state.index, edge.typed)


def _sent_unchecked(case: Case, walk: Walked, state: int, typed: str) -> Iterator[Finding]:
    node = walk.states[state].node
    after = _following_submit(walk, node)
    if after is not None:
        words = told("unchecked", way=_typed(walk, state), typed=repr(typed[:20]))
        yield case.atlas.finding("warning", "unchecked", words, spot_of(walk.program, after))


def _following_submit(walk: Walked, node: int) -> int | None:
    """The first sending that the steps after this one come to without another screen."""
    nodes = walk.program.nodes
    todo, done = [node], set[int]()
    while todo:
        index = todo.pop(0)
        if index in done or index >= len(nodes):
            continue
        done.add(index)
        one = nodes[index]
        if isinstance(one, SubmitNode):
            return index
        if isinstance(one, EndNode) and index != node:
            continue
        none = getattr(one, "none", None)
        targets = [to for _, to in one.options.values()] if isinstance(one, MenuNode) else [one.next]
        todo += ([none] if none is not None and index == node else []) + targets + ([one.skip] if one.when else [])
    return None


def torn(case: Case) -> Iterator[Finding]:
    """A Lao mark or vowel without its letter, on any page; the author's text is named where it stands there already."""
    for place in case.subject.texts:
        for tag, _, text in place.text.every():
            if orphan(text) >= 0:
                words = told("torn")
                one = case.subject.error("torn", words.english, *place.path, language=tag)
                yield Verdict(one.file, one.line, one.step, tag, words.english, one.severity, one.code, words)
    for walk in case.walks:
        for page in walk.seen.values():
            if orphan(page.text) >= 0 and not _written(case, walk, page.node):
                yield case.atlas.finding(
                    "error",
                    "torn",
                    told("torn_page"),
                    spot_of(walk.program, page.node),
                    language=walk.language,
                )


def _written(case: Case, walk: Walked, node: int) -> bool:
    """Whether a text of the step's flow is itself torn."""
    spot = spot_of(walk.program, node)
    texts = Subject(case.atlas.flow(spot.flow), {}, *_NOTHING).texts
    return any(orphan(words) >= 0 for one in texts for _, _, words in one.text.every())


def exposed(case: Case) -> Iterator[Finding]:
    """Words that shame or endanger, on a way that ends up as an SMS on the phone."""
    for walk in case.walks:
        tags = frozenset((walk.language, "en"))
        for state in walk.states:
            for edge in state.edges:
                for text in edge.sent:
                    if word := _sensitive(text.text, tags):
                        words = told("exposed", word=word, message=text.kind, way=_typed(walk, state.index))
                        yield case.atlas.finding(
                            "warning", "exposed", words, spot_of(walk.program, state.node), language=walk.language
                        )
        if walk.world.channel == "sms":
            for page in walk.seen.values():
                if word := _sensitive(page.text, tags):
                    words = told("stays", word=word)
                    yield case.atlas.finding(
                        "warning", "exposed", words, spot_of(walk.program, page.node), language=walk.language
                    )


@lru_cache(maxsize=KEPT)
def _sensitive(text: str, tags: frozenset[str]) -> str:
    return next((word for tag in sorted(tags) if (word := word_in("sensitive", tag, text))), "")


RULES: Final[tuple[Callable[[Case], Iterator[Finding]], ...]] = (
    stuck,
    run_out,
    rings,
    failures,
    conditions,
    unseen,
    blanks,
    unused,
    unchecked,
    torn,
    exposed,
)


def verdicts(case: Case) -> tuple[Finding, ...]:
    """Every finding once a place and code, in the order of the file."""
    first: Mapping[Any, Finding] = {}
    kept: dict[Any, Finding] = dict(first)
    for rule in RULES:
        for finding in rule(case):
            kept.setdefault((finding.file, finding.line, finding.code, finding.step, finding.language), finding)
    return tuple(sorted(kept.values(), key=lambda one: (one.file, one.line, one.severity, one.sentence)))
