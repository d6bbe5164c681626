"""What can be changed at a step, as rows of a form: each row is a place of the file, its words or its value."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from console.studio.look import Look
from console.studio.posted import at_place, shown
from flows.fields import (
    AnyField,
    ChoiceField,
    CodeField,
    DateField,
    DecimalField,
    IntField,
    MultiField,
    NameField,
    PerChannel,
    RefField,
    Text,
    TextField,
    TimeField,
)
from flows.model import Flow
from flows.steps import Ask, Confirm, End, Menu, Run, Say, Submit
from flows.yamltext import read_yaml

Kind = Literal["line", "number", "formula", "step", "check", "choose", "names", "pairs", "codes"]
_SIZED: Final = (TextField, NameField, IntField, DecimalField, DateField, TimeField, MultiField, CodeField)
_AS_GIVEN: Final = ("names", "check", "pairs", "codes")
KINDS: Final = ("choice", "text", "name", "int", "date", "yesno", "phone", "ref", "multi", "decimal", "time", "code")
"""Kinds of answers, the most frequent first."""
_CHOSEN: Final = ("choose", "step")
_NUMBERS: Final = (TextField, NameField, IntField, MultiField, CodeField)


@dataclass(frozen=True, slots=True)
class TextRow:
    """A text: its place, which word names it, and its words by language ("" where one is missing)."""

    key: str
    label: str
    words: Mapping[str, str]
    wanted: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A value: its place, which word names it, how it is asked for, and what may be chosen."""

    key: str
    label: str
    kind: Kind
    value: Any
    options: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class OptionRow:
    """A line of a menu, or a choice of a question; `goto` is None for a choice."""

    key: str
    number: str
    label: TextRow
    goto: str | None = None


def text_rows(flow: Flow, at: int) -> list[TextRow]:
    """The texts of a step, those of its field among them."""
    step, base = flow.steps[at], f"steps.{at}"
    rows: list[TextRow] = []
    match step:
        case Say(say=text):
            rows += text_row(flow, f"{base}.say", "w_say", text)
        case Ask():
            rows += text_row(flow, f"{base}.text", "w_text", step.text)
            rows += text_row(flow, f"{base}.error", "w_error", step.error, wanted=False)
            rows += text_row(flow, f"{base}.help", "w_help", step.help, wanted=False)
        case Menu(menu=text):
            rows += text_row(flow, f"{base}.menu", "w_menu", text)
        case End(end=text):
            rows += text_row(flow, f"{base}.end", "w_end", text)
        case Run() | Confirm() | Submit():
            pass
    field = flow.fields.get(step.ask) if isinstance(step, Ask) else None
    if isinstance(step, Ask) and field is not None:
        rows += text_row(flow, f"fields.{step.ask}.label", "w_label", field.label)
        if field.help is not None:
            rows += text_row(flow, f"fields.{step.ask}.help", "w_help_of_answer", field.help, wanted=False)
    return rows


def text_row(flow: Flow, key: str, label: str, text: Text | None, *, wanted: bool = True) -> Iterator[TextRow]:
    """The row of a text; two where the channels differ."""
    said = text.root if text is not None else {}
    if any(isinstance(one, PerChannel) for one in said.values()):
        for channel in ("ussd", "sms"):
            words = {tag: _channel(said.get(tag), channel) for tag in flow.languages}
            yield TextRow(f"{key}.{channel}", label, words, wanted, channel)
        return
    yield TextRow(key, label, {tag: str(said.get(tag, "")) for tag in flow.languages}, wanted)


def _channel(words: str | PerChannel | None, channel: str) -> str:
    if isinstance(words, PerChannel):
        return words.sms if channel == "sms" else words.ussd
    return words or ""


def option_rows(flow: Flow, at: int) -> list[OptionRow]:
    """The options of a menu, or the choices of the field that is asked."""
    step = flow.steps[at]
    if isinstance(step, Menu):
        base = f"steps.{at}.options"
        return [
            OptionRow(
                f"{base}.{key}", key, next(text_row(flow, f"{base}.{key}.label", "w_option", one.label)), one.goto
            )
            for key, one in step.options.items()
        ]
    field = flow.fields.get(step.ask) if isinstance(step, Ask) else None
    if isinstance(field, ChoiceField | MultiField) and isinstance(step, Ask):
        base = f"fields.{step.ask}.choices"
        return [
            OptionRow(f"{base}.{key}", key, next(text_row(flow, f"{base}.{key}", "w_option", label)))
            for key, label in field.choices.items()
        ]
    return []


def value_rows(look: Look, at: int) -> list[ValueRow]:
    """The values of a step and of its field."""
    flow = look.sound
    step, base = flow.steps[at], f"steps.{at}"
    rows: list[ValueRow] = []
    if isinstance(step, Ask):
        rows += _field(flow, step.ask, look)
        rows.append(ValueRow(f"{base}.skip", "v_skip", "line", step.skip or ""))
        rows.append(ValueRow(f"{base}.tries", "v_tries", "number", step.tries))
        rows.append(ValueRow(f"{base}.none", "v_none", "step", step.none or ""))
    if isinstance(step, Run):
        rows.append(ValueRow(f"{base}.in", "v_in", "pairs", pairs(look.text, f"{base}.in")))
        rows.append(ValueRow(f"{base}.out", "v_out", "pairs", pairs(look.text, f"{base}.out")))
    if isinstance(step, Confirm):
        rows.append(ValueRow(f"{base}.confirm", "v_confirm", "names", step.confirm, _asked(flow)))
    if isinstance(step, Submit):
        rows.append(ValueRow(f"{base}.submit", "v_submit", "line", step.submit))
        rows.append(ValueRow(f"{base}.once", "v_once", "names", step.once, _asked(flow)))
        named = [(name, name) for name in flow.messages.named]
        rows.append(ValueRow(f"{base}.receipt", "v_receipt", "choose", step.receipt or "", [("", "-"), *named]))
        rows.append(ValueRow(f"{base}.to", "v_to", "codes", ", ".join(step.to)))
    rows.append(ValueRow(f"{base}.when", "v_when", "formula", step.when.source if step.when is not None else ""))
    if not isinstance(step, Run | Confirm | Submit):
        rows.append(ValueRow(f"{base}.let", "v_let", "pairs", pairs(look.text, f"{base}.let")))
    if not isinstance(step, Menu | End):
        rows.append(ValueRow(f"{base}.goto", "v_goto", "step", step.goto or ""))
    return as_written(look.text, rows)


def as_written(text: str, rows: Sequence[ValueRow]) -> list[ValueRow]:
    """The rows with what the file itself says: a default that nobody wrote is not put into it by a save."""
    data = read_yaml(text).data
    return [
        replace(row, value=shown(data, row.key) or (row.value if row.kind in _CHOSEN else ""))
        if row.kind not in _AS_GIVEN
        else row
        for row in rows
    ]


def pairs(text: str, place: str) -> list[tuple[str, str]]:
    """The named values of a place, as the file has them."""
    return [(str(name), str(value)) for name, value in (at_place(text, place) or {}).items()]


def _asked(flow: Flow) -> list[tuple[str, str]]:
    """Fields in the order in which they are asked."""
    names = [step.ask for step in flow.steps if isinstance(step, Ask)]
    names += [name for step in flow.steps if isinstance(step, Run) for name in step.outputs]
    return [(name, name) for name in dict.fromkeys(names) if name in flow.fields]


def _field(flow: Flow, name: str, look: Look) -> Iterator[ValueRow]:
    field: AnyField | None = flow.fields.get(name)
    if field is None:
        return
    base = f"fields.{name}"
    if isinstance(field, _SIZED):
        kind: Kind = "number" if isinstance(field, _NUMBERS) else "line"
        for bound in ("max",) if isinstance(field, CodeField) else ("min", "max"):
            value = getattr(field, bound)
            yield ValueRow(f"{base}.{bound}", f"v_{bound}", kind, getattr(value, "source", value))
    if isinstance(field, RefField):
        tables = sorted(look.subject.tables) if look.subject is not None else [field.table]
        yield ValueRow(f"{base}.table", "v_table", "choose", field.table, [(one, one) for one in tables])
        levels = [("", "-"), ("province", "province"), ("district", "district"), ("village", "village")]
        yield ValueRow(f"{base}.level", "v_level", "choose", field.level, levels)
        within = [("", "-"), ("district", "v_own_district")]
        within += [(one, one) for one, other in flow.fields.items() if isinstance(other, RefField) and one != name]
        within += [(field.within, field.within)] if field.within not in dict(within) else []
        yield ValueRow(f"{base}.within", "v_within", "choose", field.within, within)
    if isinstance(field, CodeField):
        yield ValueRow(f"{base}.pattern", "v_pattern", "line", field.pattern)
        checks = [("", "-"), *((one, one) for one in ("luhn", "verhoeff", "mod11", "mod97"))]
        yield ValueRow(f"{base}.check", "v_check", "choose", field.check or "", checks)
    if isinstance(field, ChoiceField | MultiField):
        outside = [(key, field.code.get(key, "")) for key in field.choices]
        yield ValueRow(f"{base}.code", "v_code", "pairs", outside)
    yield ValueRow(f"{base}.optional", "v_optional", "check", field.optional)
    kinds = [(one, f"s_{one}") for one in ("public", "personal", "sensitive")]
    yield ValueRow(f"{base}.sensitivity", "v_sensitivity", "choose", field.sensitivity, kinds)
    yield ValueRow(f"{base}.why", "v_why", "line", field.why)
    yield ValueRow(f"{base}.profile", "v_profile", "check", field.profile)
