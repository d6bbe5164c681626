"""Rules on what a flow must have and may not have, whatever its ways."""

import keyword
from collections import Counter
from collections.abc import Iterator

from flows.check.subject import Subject
from flows.check.ways import asked, inputs_of
from flows.expressions import FUNCTIONS
from flows.fields import CodeField, DateField, RefField
from flows.findings import Finding
from flows.inputs.codes import pattern_fault
from flows.inputs.days import limits
from flows.model import ALWAYS, OFFICE_NAMES
from flows.revision import run_faults
from flows.steps import Ask, Confirm, End, Menu, Run, Submit


def service(subject: Subject) -> Iterator[Finding]:
    """A service needs a notice, a way in, an agency and an end."""
    flow = subject.flow
    if flow.is_part:
        return
    if flow.notice is None:
        yield subject.error("notice", "`notice` is missing: a citizen must be told what the answers are for", "id")
    if flow.entry is None:
        yield subject.error("entry", "`entry` is missing: give the service a menu number, a code or a keyword", "id")
    elif flow.entry.menu is None and not (flow.entry.ussd or flow.entry.sms):
        yield subject.error("entry", "nothing leads to this service: give it `menu`, `ussd` or `sms`", "entry")
    if flow.agency is None:
        yield subject.error("agency", "`agency` is missing: say whose queue gets the submissions", "id")
    if not any(isinstance(step, End) for step in flow.steps):
        yield subject.error("end", "the flow has no `end`: say the last words", "steps")


def runs(subject: Subject) -> Iterator[Finding]:
    """Every flow that is run is there, is a part, and does not run itself."""
    yield from run_faults(subject.flow, subject.parts)


def step_ids(subject: Subject) -> Iterator[Finding]:
    """An id names one step, and every goto leads to one."""
    flow = subject.flow
    for name, count in Counter(step.id for step in flow.steps if step.id).items():
        if count > 1:
            last = max(index for index, step in enumerate(flow.steps) if step.id == name)
            yield subject.error("step-id", f"two steps have the id `{name}`: give one another id", "steps", last, "id")
    for index, step in enumerate(flow.steps):
        targets: list[tuple[str | None, tuple[str, ...]]] = [(step.goto, ("goto",))]
        if isinstance(step, Ask):
            targets.append((step.none, ("none",)))
        if isinstance(step, Menu):
            targets += [(option.goto, ("options", key, "goto")) for key, option in step.options.items()]
        for target, path in targets:
            if target is not None and target not in flow.step_ids:
                yield subject.error("goto", f"there is no step with the id `{target}`", "steps", index, *path)
        if step.goto is not None and isinstance(step, End | Menu):
            yield subject.error("goto", f"`goto` does nothing in a step of `{step.verb}`", "steps", index, "goto")


def names(subject: Subject) -> Iterator[Finding]:
    """A name means one thing, and none that the language of expressions has taken."""
    flow = subject.flow
    places = [("fields", name) for name in flow.fields] + [("computed", name) for name in flow.computed]
    places_of_let = [("steps", index, "let", name) for index, step in enumerate(flow.steps) for name in step.let]
    for path in (*places, *places_of_let):
        name = str(path[-1])
        if name in ALWAYS or name in OFFICE_NAMES or name in FUNCTIONS or keyword.iskeyword(name):
            yield subject.error("name", f"`{name}` already has a meaning: choose another name", *path)
        elif path[0] != "fields" and name in flow.fields:
            yield subject.error("name", f"`{name}` is already a field: choose another name", *path)
        elif path[0] == "steps" and name in flow.computed:
            yield subject.error("name", f"`{name}` is already computed: choose another name", *path)


def asked_fields(subject: Subject) -> Iterator[Finding]:
    """Steps ask for declared fields, and every declared field is asked."""
    flow = subject.flow
    for index, step in enumerate(flow.steps):
        if isinstance(step, Ask) and step.ask not in flow.fields:
            yield subject.error(
                "field", f"there is no field `{step.ask}`: declare it under `fields`", "steps", index, "ask"
            )
    given = inputs_of(flow)
    for name, one in flow.fields.items():
        if name not in asked(flow) and name not in given:
            yield subject.error("unasked", f"no step asks for `{name}`: ask it or remove it", "fields", name)
        if one.sensitivity == "prohibited":
            yield subject.error("prohibited", f"`{name}` may not be asked here: remove the field", "fields", name)
        if not one.why and one.sensitivity != "public" and name not in given:
            yield subject.warning("why", f"say under `why` what `{name}` is needed for", "fields", name)


def named_fields(subject: Subject) -> Iterator[Finding]:
    """`confirm`, `once` and `form` name fields that are asked; `receipt` names a message."""
    flow = subject.flow
    known = asked(flow) & flow.fields.keys()
    named: list[tuple[str, tuple[str | int, ...]]] = []
    for index, step in enumerate(flow.steps):
        if isinstance(step, Confirm):
            named += [(name, ("steps", index, "confirm", at)) for at, name in enumerate(step.confirm)]
        if isinstance(step, Submit):
            named += [(name, ("steps", index, "once", at)) for at, name in enumerate(step.once)]
            if step.receipt is not None and flow.messages.get(step.receipt) is None:
                words = f"there is no message `{step.receipt}`: write it under `messages`"
                yield subject.error("message", words, "steps", index, "receipt")
    if flow.entry is not None:
        named += [(name, ("entry", "form", at)) for at, name in enumerate(flow.entry.form)]
    for name, path in named:
        if name not in known:
            what = "is asked in no step" if name in flow.fields else "is not declared under `fields`"
            yield subject.error("field", f"`{name}` {what}", *path)


def field_rules(subject: Subject) -> Iterator[Finding]:
    """The limits, patterns, codes and tables of each field make sense."""
    for name, one in subject.flow.fields.items():
        least, most = getattr(one, "min", None), getattr(one, "max", None)
        if isinstance(one, DateField):
            continue
        if least is not None and most is not None and least > most:
            yield subject.error("limits", f"`min` of `{name}` is larger than its `max`", "fields", name, "min")
        if isinstance(one, CodeField) and (words := pattern_fault(one.pattern)):
            yield subject.error("pattern", words, "fields", name, "pattern")
        for key in getattr(one, "code", {}):
            if key not in getattr(one, "choices", {}):
                yield subject.error("choice", f"`code` names `{key}`, which is no choice", "fields", name, "code", key)
        if isinstance(one, RefField):
            yield from _ref(subject, name, one)


def date_limits(subject: Subject) -> Iterator[Finding]:
    """A date field has at least one day between its limits, whenever it is asked."""
    for name, one in subject.flow.fields.items():
        if not isinstance(one, DateField):
            continue
        for test in subject.flow.tests:
            first, last = limits(one, test.today)
            if first > last:
                words = f"no day fits `{name}`: `min` is after `max` on {test.today}"
                yield subject.error("limits", words, "fields", name, "min")
                break


def _ref(subject: Subject, name: str, one: RefField) -> Iterator[Finding]:
    known = subject.tables.get(one.table)
    if known is None:
        if subject.tables:
            yield subject.error("table", f"there is no table `{one.table}`", "fields", name, "table")
        return
    places = subject.tables.named(one.table)
    if one.level and not places.every(one.level):
        yield subject.error(
            "table", f"the table `{one.table}` has no row of level `{one.level}`", "fields", name, "level"
        )
    if one.within not in ("", "district", *subject.flow.fields) and places.at(one.within) is None:
        words = f"`within` is the name of a field, a code of the table or `district`, not `{one.within}`"
        yield subject.error("table", words, "fields", name, "within")


def languages(subject: Subject) -> Iterator[Finding]:
    """Every text has every language of the flow, and no other."""
    flow = subject.flow
    for place in subject.texts:
        for tag in flow.languages:
            if tag not in place.text.root:
                yield subject.error("language", f"the text has no `{tag}`: add it", *place.path, language=tag)
        for tag in place.text.root:
            if tag not in flow.languages:
                words = f"`{tag}` is not among the `languages` of this flow: add it there, or remove the text"
                yield subject.error("language", words, *place.path, language=tag)


def spoken(subject: Subject) -> Iterator[Finding]:
    """A language stands once, and the parts that are run speak it too."""
    flow = subject.flow
    for tag, count in Counter(flow.languages).items():
        if count > 1:
            yield subject.error("language", f"the language `{tag}` stands twice", "languages")
    for index, step in enumerate(flow.steps):
        part = subject.parts.get(step.run) if isinstance(step, Run) else None
        for tag in flow.languages if part else ():
            if part and tag not in part.languages:
                yield subject.error("language", f"the part `{part.id}` does not speak `{tag}`", "steps", index, "run")
