"""Guided: a new step, by what it is to do; nobody needs to know how the file says it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from console import roles
from console.page import Page
from console.pages.flow import answered
from console.studio.clash import steps_now
from console.studio.parts import given, told
from console.studio.rows import KINDS as TYPES
from console.studio.work import PLACE, Work, edited, opened
from console.visit import Visit, digits
from flows.editing import AddStep, Change, EditFault, RenameStep, SetText
from flows.editing.wording import words_of
from flows.imports.yamlout import Formula
from store.draft_values import Stale

KINDS: Final = ("question", "menu", "text", "check", "send", "part", "end")
_CHOOSE: Final = frozenset({"choice", "multi"})
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


async def ask(visit: Visit) -> web.StreamResponse:
    """What kind, then its words."""
    return await _form(await opened(visit))


async def _form(work: Work, status: int = 200, why: str = "", steps: Mapping[int, int] | None = None) -> web.Response:
    """The form; `steps` say where each step stands now, if somebody has moved them since the form was made."""
    visit = work.visit
    kind = visit.asked("kind", 20) or visit.text("kind", 20)
    after = visit.asked("after", 6) or visit.text("after", 6)
    typed = visit.asked("type", 20) or visit.text("type", 20)
    flow = work.look.sound
    names = visit.desk.memory.office.phrases.names
    wanted = visit.asked("part", 40) or visit.text("part", 40)
    part = work.look.parts.get(wanted) if wanted != work.name else None
    return work.show(
        "flow_add.html",
        status=status,
        why=why,
        kind=kind if kind in KINDS else "",
        kinds=KINDS,
        after=_now(steps, digits(after)) if after.isdecimal() else str(len(flow.steps)),
        aims={n: _now(steps, digits(visit.text(f"to-{n}", 6))) for n in range(1, 9)},
        chosen=visit.form.getall("names", []),
        types=TYPES,
        type=typed if typed in TYPES else "",
        choosing=typed in _CHOOSE,
        targets=[(work.step(at), at + 1) for at in range(len(flow.steps))],
        asked=list(flow.fields),
        language_names={tag: names.get(tag, tag) for tag in flow.languages},
        tables=sorted(visit.desk.tables),
        form=visit.form,
        part=wanted if part is not None else "",
        parts=[
            (id_, one.title.say(visit.language)) for id_, one in sorted(work.look.parts.items()) if id_ != work.name
        ],
        told=told(part, visit.language, visit.say) if part is not None else (),
        given=given(part, flow.languages, visit.language) if part is not None else (),
    )


def _now(steps: Mapping[int, int] | None, number: int) -> int:
    """The number of a step, as people count, after what somebody else has moved; the same where it is gone."""
    return number if steps is None else steps.get(number - 1, number - 1) + 1


async def add(visit: Visit) -> web.StreamResponse:
    """Make it."""
    work = await opened(visit)
    after = visit.text("after", 6)
    count = len(work.look.sound.steps)
    at = min(int(after), count) if after.isdecimal() else count
    try:
        changes = _made(work, at)
    except EditFault as fault:
        return await _form(work, 422, str(fault))
    outcome = await edited(work, changes)
    if isinstance(outcome, str):
        return await _form(work, 422, outcome)
    if isinstance(outcome, Stale):
        # What is added overwrites nobody; but where it goes may have moved, so the person looks again.
        why = visit.say["fl_add_stale"].format(by=outcome.by, at=visit.moment(outcome.at))
        return await _form(await opened(visit), 409, why, steps_now(outcome))
    return await answered(work, outcome, at)


def _made(work: Work, at: int) -> list[Change]:
    visit = work.visit
    kind = visit.text("kind", 20)
    match kind:
        case "question":
            return _question(work, at)
        case "menu":
            return _menu(work, at)
        case "text" | "end":
            return [AddStep(at, {"say" if kind == "text" else "end": _words(work, "text")})]
        case "check":
            names = [str(one) for one in visit.form.getall("names", []) if isinstance(one, str)]
            if not names:
                raise EditFault(visit.say["fl_check_empty"])
            return [AddStep(at, {"confirm": names})]
        case "send":
            return _send(work, at)
        case "part":
            return _part(work, at)
        case _:
            raise EditFault(visit.say["fl_choose_kind"])


def _words(work: Work, name: str) -> dict[str, str]:
    """The words of every language, in the service's order; at least one."""
    typed = {tag: work.visit.form.get(f"{name}-{tag}", "") for tag in work.languages}
    found = {tag: words for tag, value in typed.items() if isinstance(value, str) and (words := words_of(value))}
    if not found:
        raise EditFault(work.visit.say["fl_words_missing"])
    return found


def _question(work: Work, at: int) -> list[Change]:
    visit = work.visit
    name, kind = visit.text("name", 40), visit.text("type", 20)
    if not _NAME.fullmatch(name):
        raise EditFault(visit.say["fl_bad_name"])
    if kind not in TYPES:
        raise EditFault(visit.say["fl_choose_type"])
    step: dict[str, Any] = {"ask": name, "text": _words(work, "text")}
    field: dict[str, Any] = {"type": kind, **_of_kind(visit, kind)}
    if visit.text("optional", 3):
        field["optional"] = True
        step["skip"] = visit.text("skip", 3) or "1"
    # Personal is what a field is when its file says nothing.
    if (private := visit.text("sensitivity", 20)) in ("public", "sensitive"):
        field["sensitivity"] = private
    field["label"] = _words(work, "label")
    if kind in _CHOOSE:
        field["choices"] = _choices(work)
    if why := visit.text("reason", 200):
        field["why"] = why
    return [AddStep(at, step, {name: field})]


def _of_kind(visit: Visit, kind: str) -> Mapping[str, Any]:
    """What only this kind of answer has."""
    if kind == "ref":
        table = visit.text("table", 40) or "places"
        return {"table": table} | ({"level": "village"} if table == "places" else {})
    if kind == "code":
        check = visit.text("check", 10)
        return {"pattern": visit.text("pattern", 200)} | ({"check": check} if check else {})
    return {"max": 160} if kind == "text" else {}


def _choices(work: Work) -> dict[str, dict[str, str]]:
    """One line a choice, the same line in each language."""
    lines = {tag: _lines(work, f"choices-{tag}") for tag in work.languages}
    count = max((len(some) for some in lines.values()), default=0)
    if not count:
        raise EditFault(work.visit.say["fl_choices_missing"])
    found: dict[str, dict[str, str]] = {}
    for at in range(count):
        words = {tag: some[at] for tag, some in lines.items() if at < len(some)}
        found[_key(words.get("en", ""), at, found)] = words
    return found


def _lines(work: Work, name: str) -> list[str]:
    value = work.visit.form.get(name, "")
    return [words_of(line) for line in value.splitlines() if line.strip()] if isinstance(value, str) else []


def _key(words: str, at: int, taken: dict[str, Any]) -> str:
    stem = re.sub(r"[^a-z0-9]+", "_", words.casefold()).strip("_")[:20]
    return stem if re.match(r"[a-z]", stem) and stem not in taken else f"c{at + 1}"


def _menu(work: Work, at: int) -> list[Change]:
    """A menu of lines, each with the step that it leads to; a target without an id gets one."""
    visit, flow = work.visit, work.look.sound
    options: dict[str, Any] = {}
    names: list[Change] = []
    ids = {index: step.id for index, step in enumerate(flow.steps)}
    for n in range(1, 9):
        label = {tag: words_of(visit.text(f"option-{n}-{tag}", 200)) for tag in work.languages}
        label = {tag: words for tag, words in label.items() if words}
        target = visit.text(f"to-{n}", 6)
        if not label or not target.isdecimal():
            continue
        index = int(target) - 1
        if ids.get(index) is None:
            ids[index] = f"step-{index + 1}" if f"step-{index + 1}" not in ids.values() else f"step-{index + 1}-b"
            names.append(RenameStep(index, str(ids[index])))
        options[str(len(options) + 1)] = {"label": label, "goto": ids[index]}
    if not options:
        raise EditFault(visit.say["fl_options_missing"])
    return [*names, AddStep(at, {"menu": _words(work, "text"), "options": options})]


def _part(work: Work, at: int) -> list[Change]:
    """Another flow as a part of this one: what it is told, and the answers that come back under names of ours."""
    visit = work.visit
    part = work.look.parts.get(visit.text("part", 40))
    if part is None or part.id == work.name:
        raise EditFault(visit.say["fl_part_missing"])
    step: dict[str, Any] = {"run": part.id}
    values = {one.name: visit.text(f"in-{one.name}", 300) for one in told(part, visit.language, visit.say)}
    if inputs := {name: Formula(value) for name, value in values.items() if value}:
        step["in"] = inputs
    fields: dict[str, Any] = {}
    outputs: dict[str, str] = {}
    for one in given(part, work.languages, visit.language):
        own = visit.text(f"out-{one.name}", 40)
        if not visit.text(f"take-{one.name}", 3):
            continue
        if not _NAME.fullmatch(own):
            raise EditFault(visit.say["fl_bad_name"])
        outputs[own] = one.name
        fields[own] = one.field
    if not outputs:
        raise EditFault(visit.say["fl_part_gives_nothing"])
    return [AddStep(at, step | {"out": outputs}, fields)]


def _send(work: Work, at: int) -> list[Change]:
    """Sending, with the receipt that the citizen gets."""
    flow = work.look.sound
    step: dict[str, Any] = {"submit": flow.id}
    changes: list[Change] = []
    if flow.messages.receipt is None:
        changes += [SetText(("messages", "receipt"), tag, words) for tag, words in _words(work, "text").items()]
    step["receipt"] = "receipt"
    return [*changes, AddStep(at, step)]


PAGES: Final = (
    Page("GET", PLACE + "/add", roles.ADMINS, ask),
    Page("POST", PLACE + "/add", roles.ADMINS, add),
)
