"""Conditions from a list: each one that is offered is one that the check takes."""

from pathlib import Path

import pytest

from console.studio.conditions import GAP, conditions, put_together
from console.words import Words
from flows.check import check
from flows.editing import EditFault
from flows.loader import load

KINDS = """
sala: 1
id: kinds
agency: vets
title: {en: Kinds}
languages: [en]
fields:
  kind: {type: choice, label: {en: Kind}, choices: {a: {en: A}, b: {en: B}}}
  some: {type: multi, label: {en: Some}, choices: {a: {en: A}, b: {en: B}}}
  many: {type: int, label: {en: Many}}
  size: {type: decimal, label: {en: Size}}
  born: {type: date, label: {en: Born}}
  sure: {type: yesno, label: {en: Sure}}
  name: {type: name, label: {en: Name}}
steps:
  - {ask: kind, text: {en: K?}}
  - {ask: some, text: {en: S?}}
  - {ask: many, text: {en: M?}}
  - {ask: size, text: {en: Z?}}
  - {ask: born, text: {en: B?}}
  - {ask: sure, text: {en: U?}}
  - {ask: name, text: {en: N?}}
  - end: {en: Bye}
"""
SAY = Words()["en"]
BIRTH = (Path(__file__).resolve().parents[2] / "flows" / "library" / "birth.yaml").read_text("utf-8")


def test_every_condition_that_is_offered_can_be_used() -> None:
    flow = load(KINDS, "kinds.yaml")
    offered = dict(conditions(flow, len(flow.steps), "en", SAY))
    assert offered['kind == "b"'] == "Kind: B"
    assert len(offered) == len(flow.fields) * 2 + 4 + 2 + 2 + 2 + 2 + 2
    names = [f"  c{n}: {put_together('', one, '5', SAY)!r}" for n, one in enumerate(offered)]
    text = KINDS.replace("steps:", "\n".join(["computed:", *names, "steps:"]))
    found = [
        one for one in check(load(text, "kinds.yaml"), prove=False) if one.code in ("expression", "name", "choice")
    ]
    assert found == []
    wrong = text.replace('kind == "b"', 'kind == "z"')
    assert [one.code for one in check(load(wrong, "kinds.yaml"), prove=False) if one.severity == "error"] != []


def test_nothing_that_is_asked_later_is_offered() -> None:
    assert conditions(load(BIRTH, "birth.yaml"), 0, "en", SAY) == []


def test_both_hold_and_a_number_is_a_number() -> None:
    assert put_together("late or several", "many >= #", "3", SAY) == "(late or several) and many >= 3"
    assert put_together("", f'size >= dec("{GAP}")', "2,5", SAY) == 'size >= dec("2.5")'
    for number in ("", "x", "1.5", "1); f("):
        with pytest.raises(EditFault, match="needs a number"):
            put_together("", "many >= #", number, SAY)
