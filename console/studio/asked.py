"""What the form of a step asks for: its words and values, and what the button does that was pressed."""

from console.studio import posted
from console.studio.conditions import put_together
from console.studio.work import Work
from flows.editing import (
    AddOption,
    Change,
    CopyStep,
    HeldFault,
    LeadTo,
    MoveStep,
    MoveUp,
    RemoveKey,
    RenameField,
    RenameStep,
    SetType,
    SetValue,
    TellApart,
)
from flows.editing.names import leads
from flows.steps import Ask, Menu
from flows.yamltext import read_yaml


def asked_for(work: Work, at: int) -> tuple[list[Change], int]:
    """The changes of the form, and the step that is open afterwards.

    Raises:
        EditFault: something in the form cannot be meant; the sentence says what.
    """
    do, _, rest = work.visit.text("do", 160).partition(":")
    changes = [*posted.changes_in(work.draft.text, work.visit.form), *_condition(work, at)]
    # A button's place has the old names, a step that moves has another number: so renaming stands between the two.
    changes = [*_within(work, at, do, rest, changes), *_called(work, at)]
    match do:
        case "up":
            return [*changes, MoveStep(at, at - 1)], max(at - 1, 0)
        case "down":
            return [*changes, MoveStep(at, at + 1)], at + 1
        case "copy":
            return [*changes, CopyStep(at)], at + 1
        case _:
            return changes, at


def _within(work: Work, at: int, do: str, rest: str, changes: list[Change]) -> list[Change]:
    """What a button inside the form does, beside what was typed."""
    match do:
        case "option":
            return [*changes, *_new_option(work, at)]
        case "without":
            kept = [one for one in changes if not _inside(one, posted.path_of(rest))]
            return [*kept, RemoveKey(posted.path_of(rest))]
        case "higher":
            return [*changes, MoveUp(posted.path_of(rest))]
        case "apart" | "joined":
            return [*changes, TellApart(posted.path_of(rest), do == "apart")]
        case _:
            return changes


def _inside(change: Change, path: posted.Path) -> bool:
    return tuple(getattr(change, "path", ()))[: len(path)] == path


def _condition(work: Work, at: int) -> list[Change]:
    """A condition that was chosen, beside the one that stands in its field."""
    visit = work.visit
    chosen = visit.text("if-is", 200)
    if not chosen:
        return []
    before = visit.text(f"v:steps.{at}.when", posted.LONGEST)
    return [SetValue(("steps", at, "when"), put_together(before, chosen, visit.text("if-number", 20), visit.say))]


def _called(work: Work, at: int) -> list[Change]:
    """Other names for the step and its answer, and another kind of answer; last, since paths have the old names."""
    visit, step = work.visit, work.look.sound.steps[at]
    found: list[Change] = []
    if isinstance(step, Ask) and step.ask in work.look.sound.fields:
        kind, name = visit.text("new-type", 20), visit.text("new-field", 40)
        if kind and kind != work.look.sound.fields[step.ask].type:
            found.append(SetType(step.ask, kind))
        if name and name != step.ask:
            found.append(RenameField(step.ask, name))
    new, old = visit.text("new-id", 40), step.id or ""
    if "new-id" not in visit.form or new == old:
        return found
    if new:
        return [*found, RenameStep(at, new)]
    held = [words for _, words, _, _ in leads(read_yaml(work.draft.text).data, old)]
    if held:
        raise HeldFault(f"the name `{old}` of this step", held)
    return [*found, SetValue(("steps", at, "id"), None)]


def _new_option(work: Work, at: int) -> list[Change]:
    step = work.look.sound.steps[at]
    visit = work.visit
    label = {tag: visit.text(f"label-{tag}", 200) for tag in work.languages}
    if isinstance(step, Menu):
        key = next(str(n) for n in range(1, 40) if n != 9 and str(n) not in step.options)  # noqa: PLR2004 - it turns pages
        target = visit.text("label-goto", 40)
        number = target.removeprefix(posted.NUMBERED)
        lead = [LeadTo(("steps", at, "options", key, "goto"), int(number) - 1)] if number != target else []
        return [AddOption(("steps", at, "options"), key, label, target), *lead]
    name = step.ask if isinstance(step, Ask) else ""
    taken = getattr(work.look.sound.fields.get(name), "choices", {})
    key = next(f"c{n}" for n in range(1, 60) if f"c{n}" not in taken)
    return [AddOption(("fields", name, "choices"), key, label)]
