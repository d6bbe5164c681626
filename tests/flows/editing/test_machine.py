"""Any walk of an editor: files that load, remarks stay, what is taken back leaves no trace; the careless are caught."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from flows.editing import (
    AddLanguage,
    AddOption,
    AddStep,
    Change,
    CopyStep,
    DeleteStep,
    EditFault,
    FirstLanguage,
    LeadTo,
    MoveStep,
    MoveUp,
    RemoveKey,
    RemoveLanguage,
    RenameField,
    RenameStep,
    SetText,
    SetType,
    SetValue,
    TellApart,
    edit,
)
from flows.loader import load
from flows.steps import Ask, Menu
from flows.texts import entries

FARM = """\
# A small service, with a remark in every corner.
sala: 1
id: farm
agency: vets   # whose queue
title: {lo: ສັດ, en: "Animals: sick"}
languages: [lo, en]   # the first is the fallback

entry:
  # given once, for good
  menu: 5
  form: [kind, village]

fields:
  kind:
    type: choice
    sensitivity: public
    label: {lo: ສັດ, en: Animal}
    choices:
      cow: {lo: ງົວ, en: Cow}   # and oxen
      # buffaloes too
      buf: {lo: ຄວາຍ, en: 'Buffalo'}
  many: {type: int, max: 900, label: {lo: ຈັກ, en: Number}, why: size}   # of the herd
  village: {type: ref, label: {lo: ບ້ານ, en: Village}, why: route}

computed:
  late: many > 3 and kind == "cow"   # for the officer

# what is asked
steps:
  # the menu
  - menu: {lo: ຫຍັງ, en: What}
    options:
      1: {label: {lo: ໃໝ່, en: New}, goto: first}   # the usual one
      2: {label: {lo: ຊ່ວຍ, en: Help}, goto: help}
  - id: first   # from key 1
    ask: kind
    text: {lo: "ສັດຫຍັງ?", en: "Which animal?"}

  # how many
  - ask: many
    text:
      # short, please
      lo: "ຈັກໂຕ?"
      en: "How many {kind}?"
  - ask: village
    text: {lo: ບ້ານ, en: Village}
    none: help
  - when: late
    say: {lo: ຫຼາຍ, en: "Many: {many}."}
  - confirm: [kind, many, village]   # in this order
  - submit: farm
    once: [kind, village]
  - end: {lo: ຂອບໃຈ, en: "Thanks {ref}."}
  - id: help
    end: {lo: ໂທ, en: Call}
# the end
"""
WORDS = st.text("ກຂ່້າິີ ,:#'\"{}[]!&*-?|>%@`ab1\n\u202e\u200d😀é~", min_size=1, max_size=40)
NAMES = st.sampled_from(("fee", "late", "village", "one_more", "two", "no", "null", "x1"))
TAGS = st.sampled_from(("lo", "en"))
NUMBERS = st.integers(0, 25)


def _remarks(text: str) -> set[str]:
    return {found[1] for line in text.splitlines() if (found := re.search(r"(?:^|\s)(#\s.*)$", line))}


class Editor(RuleBasedStateMachine):
    """One person at one service."""

    def __init__(self) -> None:
        super().__init__()
        self.text = FARM

    def _do(self, change: Change) -> None:
        try:
            after = edit(self.text, change, "farm.yaml")
        except EditFault:
            return
        lost = _remarks(self.text) - _remarks(after)
        # A remark goes with the line that it is about, and with nothing else.
        takes_away = isinstance(change, SetValue) and change.value is None
        if not takes_away and not isinstance(change, DeleteStep | RemoveKey | RemoveLanguage | SetType):
            assert not lost, (change, lost)
        self.text = after

    def _step(self, at: int) -> int:
        return at % len(load(self.text, "farm.yaml").steps)

    @rule(at=NUMBERS, tag=TAGS, words=WORDS)
    def say(self, at: int, tag: str, words: str) -> None:
        keys = [one.key for one in entries(load(self.text, "farm.yaml"))][1:]
        key = keys[at % len(keys)].split(".")
        self._do(
            SetText(tuple(int(part) if n == 1 and part.isdigit() else part for n, part in enumerate(key)), tag, words)
        )

    @rule(at=NUMBERS, to=NUMBERS)
    def move(self, at: int, to: int) -> None:
        self._do(MoveStep(self._step(at), self._step(to)))

    @rule(at=NUMBERS)
    def copy(self, at: int) -> None:
        self._do(CopyStep(self._step(at)))

    @rule(at=NUMBERS, then=st.sampled_from(("refuse", "next", "drop")))
    def delete(self, at: int, then: Any) -> None:
        self._do(DeleteStep(self._step(at), then))

    @rule(at=NUMBERS, name=NAMES)
    def call(self, at: int, name: str) -> None:
        self._do(RenameStep(self._step(at), name.replace("_", "-")))

    @rule(at=NUMBERS, name=NAMES)
    def call_the_answer(self, at: int, name: str) -> None:
        fields = list(load(self.text, "farm.yaml").fields)
        self._do(RenameField(fields[at % len(fields)], name))

    @rule(
        at=NUMBERS, kind=st.sampled_from(("text", "name", "int", "decimal", "date", "code", "ref", "multi", "choice"))
    )
    def another_kind(self, at: int, kind: str) -> None:
        fields = list(load(self.text, "farm.yaml").fields)
        self._do(SetType(fields[at % len(fields)], kind))

    @rule(at=NUMBERS, name=NAMES, words=WORDS)
    def ask_more(self, at: int, name: str, words: str) -> None:
        text = {"lo": "ກ", "en": words}
        self._do(AddStep(at, {"ask": name, "text": text}, {name: {"type": "text", "label": text, "why": words}}))

    @rule(at=NUMBERS, to=NUMBERS)
    def lead(self, at: int, to: int) -> None:
        self._do(LeadTo(("steps", self._step(at), "goto"), self._step(to)))

    @rule(at=NUMBERS, name=NAMES)
    def offer(self, at: int, name: str) -> None:
        flow = load(self.text, "farm.yaml")
        step = flow.steps[self._step(at)]
        if isinstance(step, Ask) and hasattr(flow.fields.get(step.ask), "choices"):
            self._do(AddOption(("fields", step.ask, "choices"), name, {"lo": "ກ", "en": "A"}))

    @rule(at=NUMBERS, up=st.booleans())
    def order_or_take_away(self, at: int, up: bool) -> None:
        flow = load(self.text, "farm.yaml")
        step = flow.steps[self._step(at)]
        path: tuple[str | int, ...] = ("steps", self._step(at), "options")
        keys = list(step.options) if isinstance(step, Menu) else []
        if isinstance(step, Ask):
            path, keys = ("fields", step.ask, "choices"), list(getattr(flow.fields.get(step.ask), "choices", ()))
        if keys:
            place = (*path, keys[at % len(keys)])
            self._do(MoveUp(place) if up else RemoveKey(place))

    @rule(at=NUMBERS, apart=st.booleans())
    def other_words_by_sms(self, at: int, apart: bool) -> None:
        verb = load(self.text, "farm.yaml").steps[self._step(at)].verb
        self._do(TellApart(("steps", self._step(at), "text" if verb == "ask" else verb), apart))

    @rule(at=NUMBERS, value=st.sampled_from(("answered(village)", "late and many < 9", 'kind == "cow"', None)))
    def only_if(self, at: int, value: str | None) -> None:
        self._do(SetValue(("steps", self._step(at), "when"), value))

    @rule(name=NAMES, value=st.sampled_from(("many + 9", '"x: y" if late else "#"', None)))
    def work_out(self, name: str, value: str | None) -> None:
        self._do(SetValue(("computed", name), value))

    @rule(tag=st.sampled_from(("lo", "en", "vi")), what=st.sampled_from((AddLanguage, FirstLanguage, RemoveLanguage)))
    def speak(self, tag: str, what: Any) -> None:
        self._do(what(tag))

    @rule(at=NUMBERS, name=st.sampled_from(("fresh_one", "z")))
    def there_and_back(self, at: int, name: str) -> None:
        """What is taken back by hand leaves no trace, whatever was done before."""
        fields = list(load(self.text, "farm.yaml").fields)
        field = fields[at % len(fields)]
        assert self._twice(RenameField(field, name), RenameField(name, field)) == self.text
        tag, words = next(iter(entries(load(self.text, "farm.yaml"))[0].words.items()))
        there, back = SetText(("title",), tag, "ກວາງ"), SetText(("title",), tag, words)
        assert self._twice(there, back) == self.text

    def _twice(self, there: Change, back: Change) -> str:
        return edit(edit(self.text, there, "farm.yaml"), back, "farm.yaml")

    @invariant()
    def loads_and_is_what_it_says(self) -> None:
        flow = load(self.text, "farm.yaml")
        assert flow.source == self.text
        assert self.text.startswith(FARM[:60])
        # Saying what stands there is no change: not a blank, not a quote.
        tag, words = next(iter(entries(flow)[0].words.items()))
        assert edit(self.text, SetText(("title",), tag, words), "farm.yaml") == self.text


class Careless(Editor):
    """The negative control: an editor that writes its file anew, as most would."""

    def _do(self, change: Change) -> None:
        before = self.text
        super()._do(change)
        if self.text != before:
            self.text = "\n".join(line.split(" # ")[0] for line in self.text.splitlines()) + "\n"
            assert _remarks(before) <= _remarks(self.text)


ENOUGH = (Phase.explicit, Phase.generate)
"""A walk that fails is short enough to be read as it is."""
FEW = settings(max_examples=4, stateful_step_count=6, deadline=None, derandomize=True, database=None, phases=ENOUGH)
MANY = settings(
    max_examples=10, stateful_step_count=20, deadline=None, phases=ENOUGH, suppress_health_check=list(HealthCheck)
)


def test_a_short_walk_of_an_editor_breaks_nothing() -> None:
    run_state_machine_as_test(Editor, settings=FEW)


@pytest.mark.slow
def test_any_walk_of_an_editor_breaks_nothing() -> None:
    run_state_machine_as_test(Editor, settings=MANY)


def test_a_careless_editor_is_caught() -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Careless, settings=FEW)
