"""Rules on names and expressions: declared, of the right kind, and answered before they are used."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from flows.check.subject import Subject
from flows.check.ways import State, Ways, inputs_of
from flows.expressions import Expression
from flows.fields import RefField
from flows.findings import Finding
from flows.kinds import OPTIONAL, UNASKED, Kind, fits, kind_of
from flows.model import ALWAYS, OFFICE_NAMES, Flow
from flows.steps import Ask, Run, Submit
from flows.template import placeholders, stray_brace

Kinds = Mapping[str, Kind]


def computed(subject: Subject) -> Iterator[Finding]:
    """Computed names hang together, and are right once all they look at is answered."""
    flow = subject.flow
    order = _ordered(flow)
    for name in flow.computed:
        if name not in order:
            words = f"`{name}` is computed from itself, over others or directly"
            yield subject.error("computed", words, "computed", name)
    kinds: dict[str, Kind] = {name: kind_of(field) for name, field in flow.fields.items()}
    kinds |= {name: Kind("text") for name in flow.computed if name not in order}
    for name in order:
        inferred = flow.computed[name].infer(kinds)
        kinds[name] = replace(inferred.kind or Kind("text"), literal=None)
        for words in inferred.faults:
            yield subject.error("expression", f"`{name}`: {words}", "computed", name)
        yield from _tables(subject, flow.computed[name], "computed", name)


def expressions(subject: Subject) -> Iterator[Finding]:
    """`when`, `let`, `anonymous` and what a part is given are right wherever the flow comes to them."""
    flow = subject.flow
    ways = subject.ways
    for index, state in sorted(ways.states.items()):
        if index < 0:
            continue
        step = flow.steps[index]
        if step.when is not None:
            yield from _condition(subject, step.when, state, "when", "steps", index, "when")
        inside = state.under(step.when.tree if step.when is not None else None)
        kinds = dict(kinds_at(flow, inside))
        for name, expression in step.let.items():
            inferred = expression.infer(kinds, inside.needed)
            kinds[name] = replace(inferred.kind or Kind("text"), literal=None)
            for words in inferred.faults:
                yield subject.error("expression", f"`{name}`: {words}", "steps", index, "let", name)
            yield from _tables(subject, expression, "steps", index, "let", name)
        if isinstance(step, Run):
            yield from _run(subject, step, index, kinds, inside)
        if isinstance(step, Submit):
            yield from _submit(subject, step, index, inside)
        if isinstance(step, Ask):
            yield from _within(subject, step, index, kinds)


def texts(subject: Subject) -> Iterator[Finding]:
    """A text puts in only what is known where it is shown."""
    ways = subject.ways
    for place in subject.texts:
        for tag, wording in {(tag, words) for tag, _, words in place.text.every()}:
            if stray_brace(wording):
                words = "a brace stands only around a name: {name}"
                yield subject.error("placeholder", words, *place.path, language=tag)
            for name in placeholders(wording):
                fault = _placeholder(subject, ways, name, place.path, place.step)
                if fault:
                    yield subject.error("placeholder", fault, *place.path, language=tag)


def kinds_at(flow: Flow, state: State) -> Kinds:
    """The kind of every name where this holds; a name that may lack a value says why."""
    kinds: dict[str, Kind] = {}
    for name, field in flow.fields.items():
        missing = "" if name in state.present else OPTIONAL if name in state.answered else UNASKED
        kinds[name] = replace(kind_of(field), missing=missing)
    whole: dict[str, Kind] = {name: kind_of(field) for name, field in flow.fields.items()}
    for name in _ordered(flow):
        expression = flow.computed[name]
        base = expression.infer(whole)
        whole[name] = replace(base.kind or Kind("text"), literal=None)
        here = expression.infer(kinds, state.needed)
        kinds[name] = replace(here.kind or whole[name], literal=None)
        if here.faults and not base.faults:
            lacking = sorted(one for one in expression.names if one in kinds and kinds[one].missing)
            kinds[name] = replace(whole[name], missing=_needs(lacking))
    return kinds


def _needs(names: list[str]) -> str:
    listed = ", ".join(f"`{name}`" for name in names)
    return f"needs {listed}, not answered on every way to this place"


def _ordered(flow: Flow) -> list[str]:
    """The computed names, each after those it looks at; those in a ring are left out."""
    order: list[str] = []
    waiting = dict(flow.computed)
    while ready := [name for name, one in waiting.items() if not one.names & waiting.keys()]:
        order += ready
        for name in ready:
            del waiting[name]
    return order


def _condition(
    subject: Subject, expression: Expression, state: State, what: str, *path: str | int
) -> Iterator[Finding]:
    inferred = expression.infer(kinds_at(subject.flow, state), state.needed)
    for words in inferred.faults:
        yield subject.error("expression", f"`{what}`: {words}", *path)
    kind = inferred.kind
    if not inferred.faults and kind is not None and (kind.name != "bool" or kind.missing):
        words = f"`{what}` must be a condition that is true or false"
        if kind.missing and kind.name == "bool":
            words = f"`{what}`: `{expression.source}` {kind.missing}"
        yield subject.error("expression", words, *path)
    yield from _tables(subject, expression, *path)


def _tables(subject: Subject, expression: Expression, *path: str | int) -> Iterator[Finding]:
    for name, column in expression.tables:
        table = subject.tables.get(name)
        if table is None and subject.tables:
            yield subject.error("table", f"there is no table `{name}`", *path)
        elif table is not None and column not in table.columns:
            yield subject.error("table", f"the table `{name}` has no column `{column}`", *path)


def _run(subject: Subject, step: Run, index: int, kinds: Kinds, inside: State) -> Iterator[Finding]:
    part = subject.parts.get(step.run)
    if part is None:
        return
    wanted = inputs_of(part)
    for name in wanted:
        if name not in step.inputs and not part.fields[name].optional:
            words = f"`{part.id}` needs `{name}`: give it under `in`"
            yield subject.error("run", words, "steps", index, "run")
    for name, expression in step.inputs.items():
        inferred = expression.infer(kinds, inside.needed)
        for words in inferred.faults:
            yield subject.error("expression", f"`{name}`: {words}", "steps", index, "in", name)
        if name not in wanted:
            what = "asks that itself" if name in part.fields else "has no such field"
            yield subject.error("run", f"`{part.id}` {what}: remove `{name}`", "steps", index, "in", name)
        elif inferred.kind is not None and not fits(inferred.kind, kind_of(part.fields[name])):
            words = f"`{name}` of `{part.id}` is of another kind than {expression.source}"
            yield subject.error("run", words, "steps", index, "in", name)
    theirs = _all_kinds(part)
    for ours, its in step.outputs.items():
        yield from _output(subject, part, theirs, ours, its, index)


def _output(subject: Subject, part: Flow, theirs: Kinds, ours: str, its: str, index: int) -> Iterator[Finding]:
    path = ("steps", index, "out", ours)
    field = subject.flow.fields.get(ours)
    if field is None:
        yield subject.error("field", f"there is no field `{ours}`: declare it under `fields`", *path)
    if its not in theirs:
        yield subject.error("run", f"`{part.id}` has no `{its}`", *path)
    elif field is not None and not fits(theirs[its], kind_of(field)):
        if theirs[its].missing and not field.optional:
            yield subject.error("run", f"`{its}` of `{part.id}` may be empty: make `{ours}` optional", *path)
        else:
            yield subject.error("run", f"`{ours}` is of another kind than `{its}` of `{part.id}`", *path)


def _all_kinds(flow: Flow) -> Kinds:
    """The kinds of a part's names once it is done."""
    kinds: dict[str, Kind] = {name: kind_of(field) for name, field in flow.fields.items()}
    for name in _ordered(flow):
        kinds[name] = replace(flow.computed[name].infer(kinds).kind or Kind("text"), literal=None)
    return kinds


def _submit(subject: Subject, step: Submit, index: int, state: State) -> Iterator[Finding]:
    kinds = kinds_at(subject.flow, state)
    for at, name in enumerate(step.once):
        if name in kinds and kinds[name].missing == UNASKED:
            words = f"`{name}` {UNASKED}: `once` needs it"
            yield subject.error("unanswered", words, "steps", index, "once", at)
    anonymous = subject.flow.anonymous
    if anonymous is not None:
        yield from _condition(subject, anonymous, state, "anonymous", "anonymous")


def _within(subject: Subject, step: Ask, index: int, kinds: Kinds) -> Iterator[Finding]:
    field = subject.flow.fields.get(step.ask)
    if isinstance(field, RefField) and field.within in subject.flow.fields and kinds[field.within].missing:
        words = f"`{field.within}` {kinds[field.within].missing}, and `{step.ask}` is looked for within it"
        yield subject.error("unanswered", words, "steps", index, "ask")


def _placeholder(subject: Subject, ways: Ways, name: str, path: tuple[str | int, ...], index: int | None) -> str:
    if index is None:
        return _outside(name, path)
    state = ways.states.get(index)
    if state is None:
        return ""
    step = subject.flow.steps[index]
    if name in step.let:
        return ""
    inside = state.under(step.when.tree if step.when is not None else None)
    if name == "ref":
        return "" if "ref" in inside.answered else "{ref} has no value before `submit`"
    if name in ALWAYS:
        return ""
    kind = kinds_at(subject.flow, inside).get(name)
    if kind is None:
        return f"{{{name}}} is not declared: use a field, a computed name or one of {', '.join(ALWAYS)}"
    return "" if kind.missing in ("", OPTIONAL, "is None") else f"{{{name}}} {kind.missing}"


def _outside(name: str, path: tuple[str | int, ...]) -> str:
    """Why the name has no value in a text outside the steps."""
    allowed: tuple[str, ...] = ("dial", "short", "today")
    if path[0] == "messages" and path[-1] != "dropped":
        allowed = (*ALWAYS, *OFFICE_NAMES) if path[1] == "status" else ALWAYS
    if name in allowed:
        return ""
    return f"{{{name}}} has no value here: only {', '.join(allowed)}"
