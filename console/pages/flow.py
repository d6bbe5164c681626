"""The three panes of a service: its map, the open step in all languages, and a phone that rings the draft."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiohttp import web

from console import roles
from console.map import Gone, Mark, Row, outline, svg
from console.page import Page
from console.pages.flow_phone import phone_values
from console.studio import rows
from console.studio.asked import asked_for
from console.studio.clash import Clash, clash
from console.studio.conditions import conditions
from console.studio.leaving import WEEKS, gone_of, names_of
from console.studio.look import Look
from console.studio.posted import NUMBERED
from console.studio.work import PLACE, Work, edited, opened, overtaken
from console.visit import Visit, digits
from flows.editing import DeleteStep, EditFault, needed_by
from flows.editing.rooms import Room
from flows.findings import Finding
from flows.model import Flow
from flows.steps import Ask, Confirm, End, Menu, Run, Say, Submit
from flows.yamltext import read_yaml
from store.draft_values import Stale

_TITLES: Final = 60
"""Letters of a text that the map is handed; it cuts them to its cards."""


async def page(visit: Visit) -> web.StreamResponse:
    """The three panes, at the step of the address."""
    work = await opened(visit)
    return await panes(work, step_of(work))


def step_of(work: Work) -> int:
    """The open step; the first where the address names none."""
    wanted = work.visit.asked("step", 6) or work.visit.text("step", 6)
    count = len(work.look.flow.steps) if work.look.flow is not None else 1
    return min(max(int(wanted) - 1 if wanted.isdecimal() else 0, 0), count - 1)


async def panes(work: Work, at: int, status: int = 200, **values: Any) -> web.Response:
    """The page itself; `values` hold what a form came to."""
    shown: dict[str, Any] = {"at": at, "why": "", "stale": None, "q": work.visit.asked("q", 60), **values}
    if work.look.flow is None:
        return work.show("flow_broken.html", status=status, **shown)
    shown |= await map_values(work, at, ringing=int(shown.get("rung", -1)))
    shown |= step_values(work, at)
    if "session" not in shown:
        shown |= await phone_values(work, at)
    shown["problems"] = list(problems(work))
    shown["hits"] = list(found_in(work, shown["q"])) if shown["q"] else []
    comments = await work.visit.desk.memory.drafts.comments(work.name)
    name = work.look.flow.step_name(at)
    shown["comments"] = [one for one in comments if one.step == name and not one.done_by]
    return work.show("flow.html", status=status, **shown)


# --- the map -------------------------------------------------------------------------------------------------------


async def map_values(work: Work, at: int, ringing: int) -> dict[str, Any]:
    """The picture, or the outline where there is none or it is asked for."""
    flow, graph = work.look.sound, work.look.graph
    gone = await _gone(work)
    marks = {one: _mark(work, one, gone.get(one), current=one == at, ringing=one == ringing) for one in graph.nodes}
    as_list = work.visit.asked("as", 10) == "list"
    placed = None if as_list else await work.visit.desk.studio.placer.place(graph)
    label = _labeller(work)
    drawn = (
        svg(graph, placed, marks, label, work.visit.say["fl_map_of"].format(title=_title(flow, work))) if placed else ""
    )
    listed = [_row(row, marks, label) for row in outline(graph)] if not placed else []
    return {"drawn": drawn, "listed": listed, "as_list": as_list, "left": bool(gone)}


async def _gone(work: Work) -> Mapping[int, Gone]:
    """Where citizens leave what is live, for those who see all districts: the figures are of all of them."""
    live = work.visit.desk.memory.office.live.get(work.name)
    if live is None or not work.visit.scope.everywhere:
        return {}
    figures = await work.visit.desk.memory.figures.drop_off(work.name, steps=names_of(live.flow), weeks=WEEKS)
    return gone_of(work.look.sound, live.flow, figures)


def _gone_words(work: Work, gone: Gone) -> str:
    return work.visit.say["fl_left_here"].format(n=gone.dropped, of=gone.reached)


def _title(flow: Flow, work: Work) -> str:
    return flow.title.say(work.language)


def _labeller(work: Work) -> Any:
    say = work.visit.say
    words = {"else": say["fl_otherwise"], "none": say["fl_not_found"]}

    def label(labels: tuple[str, ...]) -> str:
        return ",".join(words.get(one, one) for one in labels)

    return label


def _row(row: Row, marks: Mapping[int, Mark], label: Any) -> dict[str, Any]:
    ways = [(label(labels), marks[end].name, marks[end].href, back) for labels, end, back in row.ways]
    return {"mark": marks[row.node], "depth": min(row.depth, 6), "ways": ways}


def _mark(work: Work, at: int, gone: Gone | None, *, current: bool, ringing: bool) -> Mark:
    say, look, language = work.visit.say, work.look, work.language
    step = look.sound.steps[at]
    room = look.rooms[at].get(language) if at < len(look.rooms) else None
    found = look.at(at)
    errors = sum(one.severity == "error" for one in found)
    chip = f"{say['fl_if']} {step.when.source}" if step.when is not None else ""
    chip = f"{say['k_run']} {step.run}" if isinstance(step, Run) and not chip else chip
    title = step_title(look, at, language)
    told = [f"{say['k_' + step.verb]} {work.step(at)}", title, room_words(work, room) if room else "", chip]
    told += [_gone_words(work, gone)] if gone is not None else []
    told += [one.sentence for one in found][:2]
    name = work.step(at)
    return Mark(
        name=name,
        kind=step.verb,
        title=title,
        href=work.link(step=at + 1, lang=language, **{"as": work.visit.asked("as", 10)}),
        share=room.share if room else 0.0,
        errors=errors,
        warnings=len(found) - errors,
        chip=chip,
        gone=gone,
        says=". ".join(one for one in told if one),
        current=current,
        on_phone=ringing,
    )


def step_title(look: Look, at: int, language: str) -> str:
    """What a card says: the step's first words."""
    flow = look.sound
    step = flow.steps[at]
    text = {Say: "say", Ask: "text", Menu: "menu", End: "end"}.get(type(step), "")
    if text:
        return str(getattr(step, text).say(language)).split("\n")[0][:_TITLES]
    if isinstance(step, Confirm):
        labels = [flow.fields[one].label.say(language) for one in step.confirm if one in flow.fields]
        return ", ".join(labels)[:_TITLES]
    return step.submit if isinstance(step, Submit) else step.run if isinstance(step, Run) else ""


def room_words(work: Work, room: Room) -> str:
    """`68 of 70 · Unicode`, and on how many pages when it is more than one."""
    say = work.visit.say
    told = say["fl_room"].format(units=room.units, limit=room.limit, encoding=say[f"e_{room.encoding}"])
    return f"{told} · {say['fl_pages'].format(n=len(room.pages))}" if len(room.pages) > 1 else told


# --- the open step ---------------------------------------------------------------------------------------------------


def step_values(work: Work, at: int) -> dict[str, Any]:
    """What the form of a step shows."""
    look = work.look
    flow = look.sound
    step = flow.steps[at]
    return {
        "step": step,
        "verb": step.verb,
        "step_name": work.step(at),
        "texts": rows.text_rows(flow, at),
        "choices": rows.option_rows(flow, at),
        "values": rows.value_rows(look, at),
        "conditions": conditions(flow, at, work.visit.language, work.visit.say),
        "kinds": rows.KINDS if isinstance(step, Ask) and step.ask in flow.fields else (),
        "kind": flow.fields[step.ask].type if isinstance(step, Ask) and step.ask in flow.fields else "",
        "targets": [(one.id or f"{NUMBERED}{n + 1}", work.step(n)) for n, one in enumerate(flow.steps)],
        "rooms": {tag: (room, room_words(work, room)) for tag, room in look.rooms[at].items()},
        "last": len(flow.steps) - 1,
        "language_names": {tag: work.visit.desk.memory.office.phrases.names.get(tag, tag) for tag in flow.languages},
    }


def field_id(place: str, tag: str = "") -> str:
    """The name of a form's field, for links to it."""
    return "f-" + "-".join(place.split(".")) + (f"-{tag}" if tag else "")


def problems(work: Work) -> Iterator[dict[str, Any]]:
    """Every finding with a link to the field that mends it."""
    for one in work.look.findings:
        yield {"finding": one, "href": _mend(work, one), "name": _where(work, one)}


def _where(work: Work, one: Finding) -> str:
    at = _about(work, one)
    return work.step(at) if at >= 0 else work.visit.say["fl_whole_service"]


def _about(work: Work, one: Finding) -> int:
    """The step that a finding is about; that of a field is the step that asks for it."""
    at = work.look.step_of(one)
    parts = work.look.place_of(one).split(".")
    if at < 0 and parts[0] == "fields" and len(parts) > 1:
        asks = [n for n, step in enumerate(work.look.sound.steps) if isinstance(step, Ask) and step.ask == parts[1]]
        return asks[0] if asks else -1
    return at


def _mend(work: Work, one: Finding) -> str:
    place = work.look.place_of(one)
    at = _about(work, one)
    tag = one.language
    if tag and place.endswith(f".{tag}"):
        place = place.removesuffix(f".{tag}")
    anchor = "#" + field_id(place, tag) if place else ""
    if at >= 0:
        return work.link(step=at + 1, lang=tag or work.language) + anchor
    if place.split(".")[0] == "tests":
        return work.link("/scenarios")
    if tag:
        return work.link("/texts") + anchor
    return work.link("/service") + anchor


def found_in(work: Work, q: str) -> Iterator[tuple[str, str, str]]:
    """Steps whose names or words hold what was searched for: (name, words, link)."""
    wanted = q.casefold()
    flow = work.look.sound
    for at, step in enumerate(flow.steps):
        words = [text for row in rows.text_rows(flow, at) for text in row.words.values()]
        words += [text for row in rows.option_rows(flow, at) for text in row.label.words.values()]
        hit = next((text for text in words if wanted in text.casefold()), None)
        if hit is not None or wanted in flow.step_name(at).casefold() or wanted == step.verb:
            yield work.step(at), hit or step_title(work.look, at, work.language), work.link(step=at + 1)


# --- saving ----------------------------------------------------------------------------------------------------------


async def save(visit: Visit) -> web.StreamResponse:
    """Save the open step, or do what its button says."""
    work = await opened(visit)
    at = step_of(work)
    try:
        changes, at = asked_for(work, at)
    except EditFault as fault:
        return await answered(work, await overtaken(work, str(fault)), at)
    outcome = await edited(work, changes)
    return await answered(work, outcome, at)


async def answered(work: Work, outcome: int | Stale | str, at: int) -> web.StreamResponse:
    """After an edit: on to the page, or what stands against it, with nothing that was typed lost."""
    visit = work.visit
    if isinstance(outcome, str):
        return await panes(work, at, 422, why=outcome, form=visit.form)
    if isinstance(outcome, Stale):
        both = clash(outcome, visit.form, max(digits(visit.text("step", 6)) - 1, 0))
        return await panes(await opened(visit), both.step or 0, 409, stale=outcome, both=both)
    return visit.go(work.address(step=at + 1, lang=work.language, saved=outcome))


# --- taking away, undo -----------------------------------------------------------------------------------------------


async def ask_delete(visit: Visit) -> web.StreamResponse:
    """What hangs on a step, before it goes."""
    work = await opened(visit)
    at = step_of(work)
    held = needed_by(read_yaml(work.draft.text).data, at)
    return work.show("flow_delete.html", at=at, held=held, step_name=work.step(at))


async def delete(visit: Visit) -> web.StreamResponse:
    """Take a step away as told."""
    work = await opened(visit)
    at = step_of(work)
    then = visit.text("then", 10)
    how = DeleteStep(at, "drop" if then == "drop" else "next" if then == "next" else "refuse")
    return await answered(work, await edited(work, [how]), max(at - 1, 0))


async def undo(visit: Visit) -> web.StreamResponse:
    """One save back, or forward again."""
    work = await opened(visit)
    drafts = visit.desk.memory.drafts
    step = drafts.redo if visit.text("do", 10) == "redo" else drafts.undo
    moved = await step(work.name, visit.user.name, expected=work.expected)
    if isinstance(moved, Stale):
        return await panes(await opened(visit), step_of(work), 409, stale=moved, both=Clash((), None, ""))
    return visit.go(work.address(step=step_of(work) + 1, lang=work.language, saved=moved.version))


async def comment(visit: Visit) -> web.StreamResponse:
    """Say something of a step, or settle what was said."""
    work = await opened(visit)
    drafts = visit.desk.memory.drafts
    settled = digits(visit.text("settle", 12))
    if settled and any(one.id == settled for one in await drafts.comments(work.name)):
        await drafts.settle(settled, visit.user.name)
    else:
        name = work.look.sound.step_name(step_of(work))
        await drafts.comment(work.name, name, visit.text("words", 2000), visit.user.name)
    return visit.go(work.address(step=step_of(work) + 1, lang=work.language))


PAGES: Final = (
    Page("GET", PLACE, roles.EDITORS, page),
    Page("POST", PLACE + "/step", roles.ADMINS, save, most=4 * 1024 * 1024),
    Page("GET", PLACE + "/delete", roles.ADMINS, ask_delete),
    Page("POST", PLACE + "/delete", roles.ADMINS, delete),
    Page("POST", PLACE + "/undo", roles.ADMINS, undo),
    Page("POST", PLACE + "/comment", roles.EDITORS, comment),
)
