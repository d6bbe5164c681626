"""Walks a form's tree and gives each question its place in the flow: which repetition it is, and when it is asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from flows.imports.codes import Code, Known
from flows.imports.form import Form, Node
from flows.imports.names import field_name
from flows.imports.report import ImportFault, Report
from flows.imports.translate import condition_of, joined
from flows.imports.xpath import Binary as BinaryNode
from flows.imports.xpath import Node as Expression
from flows.imports.xpath import Number, Ref, UnreadableError, parse

MOST_TURNS: Final = 10
_SECOND: Final = 2
MOST_FIELDS: Final = 150
MOST_STEPS: Final = 280
"""What one flow can hold, with room for the steps that an import adds."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One question at one place of the flow.

    Attributes:
        turns: which repetition of each repeat around it, from 1. conditions: what must hold, outermost first, each with
            the line and the turns in which its names are looked up.
        begins: for the row that begins a group or repeat, its node.
    """

    node: Node
    name: str
    turns: tuple[int, ...]
    conditions: tuple["Asked", ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One condition of the form and where it was written."""

    place: str
    column: str
    source: Expression
    turns: tuple[int, ...]


@dataclass(slots=True)
class Survey:
    """The questions in order, and every name of the form with its meaning.

    Attributes:
        spots: in the order asked. entries: (name of the form, turns) -> what it is here.
        late: calculations not yet worked out, by the same key.
    """

    report: Report
    bound: int
    spots: list[Spot] = field(default_factory=list)
    entries: dict[tuple[str, tuple[int, ...]], Known] = field(default_factory=dict)
    late: dict[tuple[str, tuple[int, ...]], Callable[[], None]] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)
    repeats: dict[str, Expression | None] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)

    def fresh(self, name: str) -> str:
        """A name of ours that nothing has yet."""
        made = field_name(name, self.names)
        self.names[made] = None
        return made

    def scope(self, turns: tuple[int, ...], own: Known | None = None) -> "Scope":
        """The names as seen from a place."""
        return Scope(self, turns, own)

    def condition(self, asked: tuple[Asked, ...]) -> Code | None:
        """All of these conditions that can be carried over; the others are reported."""
        codes: list[Code] = []
        for one in asked:
            notes: list[str] = []
            try:
                codes.append(condition_of(one.source, self.scope(one.turns), notes))
            except UnreadableError as error:
                self.report.left(one.place, one.column, f"{error}: what depends on it is always asked")
            for note in notes:
                self.report.changed(one.place, one.column, note)
        return joined(codes) if codes else None


@dataclass(frozen=True, slots=True)
class Scope:
    """The names of the form from one place of it."""

    survey: Survey
    turns: tuple[int, ...]
    own: Known | None = None

    def known(self, name: str) -> Known | None:
        """The nearest one of this name, going outwards."""
        if not name:
            return self.own
        for end in range(len(self.turns), -1, -1):
            key = (name, self.turns[:end])
            if (work := self.survey.late.pop(key, None)) is not None:
                work()
            if key in self.survey.entries:
                return self.survey.entries[key]
        return None

    def all_of(self, name: str) -> tuple[Known, ...]:
        """Every repetition of it."""
        for key in [key for key in self.survey.late if key[0] == name]:
            self.survey.late.pop(key)()
        return tuple(known for (one, _), known in self.survey.entries.items() if one == name)

    def times(self, name: str) -> str | None:
        """How often a repeat is gone through."""
        count = self.survey.repeats.get(name)
        if isinstance(count, Number):
            return count.source
        known = self.known(count.name) if isinstance(count, Ref) else None
        if known is None or known.kind != "int":
            return None
        return f"{known.name} if answered({known.name}) else 0" if known.missing else known.name

    def turn(self) -> int | None:
        """The innermost repetition."""
        return self.turns[-1] if self.turns else None


def lay_out(form: Form, survey: Survey) -> None:
    """Put every question of the form into `survey.spots`; repeats are unrolled up to their bound."""
    _lay(form.nodes, survey, (), ())
    asked = sum(spot.node.kind == "question" for spot in survey.spots)
    if len(survey.spots) > MOST_STEPS:
        raise ImportFault(f"the form asks {asked} questions: one flow holds {MOST_FIELDS}; split it into services")


def _lay(
    nodes: tuple[Node, ...] | list[Node], survey: Survey, turns: tuple[int, ...], above: tuple[Asked, ...]
) -> None:
    for node in nodes:
        conditions = (*above, *_relevant(node, survey, turns))
        match node.kind:
            case "question":
                survey.spots.append(Spot(node, _spot_name(node, survey, turns), turns, conditions))
            case "group":
                if node.line.texts.get("label"):
                    survey.spots.append(Spot(node, "", turns, conditions))
                _lay(node.inside, survey, turns, conditions)
            case "repeat":
                _repeat(node, survey, turns, conditions)
        if len(survey.spots) > MOST_STEPS * 2:
            raise ImportFault("the form asks more than one flow can hold: split it, or lower --repeats")


def _spot_name(node: Node, survey: Survey, turns: tuple[int, ...]) -> str:
    return survey.fresh("_".join([node.name or "question", *map(str, turns)]))


def _relevant(node: Node, survey: Survey, turns: tuple[int, ...]) -> tuple[Asked, ...]:
    return _asked(node, "relevant", node.line.get("relevant"), survey, turns)


def _asked(node: Node, column: str, source: str, survey: Survey, turns: tuple[int, ...]) -> tuple[Asked, ...]:
    if not source:
        return ()
    try:
        return (Asked(node.line.place, column, parse(source), turns),)
    except UnreadableError as error:
        survey.report.left(node.line.place, column, f"{error}: what depends on it is always asked")
        return ()


def _repeat(node: Node, survey: Survey, turns: tuple[int, ...], above: tuple[Asked, ...]) -> None:
    place, count = node.line.place, _count(node, survey)
    fixed = int(count.source) if isinstance(count, Number) and count.source.isdigit() else None
    most = min(fixed, MOST_TURNS) if fixed is not None else survey.bound
    if fixed is not None and fixed > most:
        survey.report.left(place, "repeat", f"it is gone through {fixed} times there, and {most} times here")
    elif fixed is None:
        survey.report.changed(place, "repeat", f"it is gone through at most {most} times; --repeats changes that")
    survey.repeats[node.name] = count if fixed is None or fixed == most else None
    for turn in range(1, most + 1):
        inside = (*turns, turn)
        extra: tuple[Asked, ...] = ()
        if isinstance(count, Ref):
            survey.limits[count.name] = most
            extra = (Asked(place, "repeat_count", BinaryNode(">=", count, Number(str(turn))), turns),)
        elif fixed is None and turn > 1:
            more = f"\0more {node.name} {turn}"
            before = (
                above
                if turn == _SECOND
                else (*above, Asked(place, "repeat", Ref(f"\0more {node.name} {turn - 1}"), turns))
            )
            survey.spots.append(Spot(node, survey.fresh(f"more_{node.name}_{turn}"), turns, before, more=True))
            survey.entries[(more, turns)] = Known(survey.spots[-1].name, "bool", missing=bool(before))
            extra = (Asked(place, "repeat", Ref(more), turns),)
        if node.line.texts.get("label"):
            survey.spots.append(Spot(node, "", inside, (*above, *extra)))
        _lay(node.inside, survey, inside, (*above, *extra))


def _count(node: Node, survey: Survey) -> Expression | None:
    source = node.line.get("repeat_count")
    if not source:
        return None
    try:
        count = parse(source)
    except UnreadableError:
        count = None
    if isinstance(count, Ref | Number):
        return count
    survey.report.changed(node.line.place, "repeat_count", "it is asked after each time whether there is one more")
    return None
