"""An imported form asks the questions that an XPath engine which is not ours finds relevant, on generated answers."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flows.engine_kit import Phone
from tests.flows.imports.books import form, only, service
from tests.flows.imports.test_same_decisions import KEYS, as_xml, decided_there

HEADER = ("type", "name", "label", "required", "relevant", "constraint")
CHOICES = [["list", key, f"Choice {key}"] for key in KEYS]
MARKS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
STEADY = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

atoms = st.one_of(
    st.builds("${{n}} {} {}".format, MARKS, st.integers(0, 12)),
    st.builds("${{c}} {} '{}'".format, st.sampled_from(["=", "!="]), st.sampled_from([*KEYS, ""])),
    st.builds("selected(${{s}}, '{}')".format, st.sampled_from(KEYS)),
    st.builds("count-selected(${{s}}) {} {}".format, MARKS, st.integers(0, 3)),
    st.builds("${{t}} {} '{}'".format, st.sampled_from(["=", "!="]), st.sampled_from(["yes", ""])),
    st.builds("string-length(${{t}}) {} {}".format, MARKS, st.integers(0, 4)),
)
conditions = st.recursive(
    atoms,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("not({})".format, inner)
    ),
    max_leaves=3,
)
answers = st.fixed_dictionaries(
    {
        "n": st.integers(0, 12),
        "c": st.none() | st.sampled_from(KEYS),
        "s": st.none() | st.lists(st.sampled_from(KEYS), min_size=1, unique=True),
        "t": st.none() | st.sampled_from(["x", "yes", "a b"]),
    }
)


def asked_here(relevant: list[str], found: dict[str, Any]) -> set[str]:
    """Which of the further questions the imported form asks somebody with these answers."""
    rows = [
        ["integer", "n", "How many?", "yes"],
        ["select_one list", "c", "Which?"],
        ["select_multiple list", "s", "Which ones?"],
        ["text", "t", "Words?"],
        *(["text", f"q{at}", f"Question {at}?", "yes", rule] for at, rule in enumerate(relevant)),
    ]
    made = form(rows, CHOICES, header=HEADER)
    assert made.whole, [str(one) for one in made.left]
    skips = {step.ask: step.skip for step in only(made).steps if getattr(step, "ask", None)}  # type: ignore[union-attr]
    phone = Phone(service(made))
    for name in ("n", "c", "s", "t"):
        phone.press(typed(name, found[name], skips[name] or ""))
    for _ in relevant:
        if "Question" in phone.screen:
            phone.press("Bo")
    phone.press("1")
    return {name for name in phone.submitted.answers if name.startswith("q")}


def typed(name: str, value: Any, skip: str) -> str:
    if value is None:
        return skip
    if name == "c":
        return str(KEYS.index(value) + 1)
    return " ".join(str(KEYS.index(one) + 1) for one in value) if name == "s" else str(value)


def same(relevant: list[str], found: dict[str, Any]) -> None:
    root = as_xml(found)
    there = {f"q{at}" for at, rule in enumerate(relevant) if decided_there(rule, root)}
    assert asked_here(relevant, found) == there


@settings(STEADY, max_examples=15)
@given(st.lists(conditions, min_size=1, max_size=3), answers)
def test_an_imported_form_asks_what_is_relevant(relevant: list[str], found: dict[str, Any]) -> None:
    same(relevant, found)


@pytest.mark.slow
@settings(STEADY, max_examples=300)
@given(st.lists(conditions, min_size=1, max_size=4), answers)
def test_many_imported_forms_ask_what_is_relevant(relevant: list[str], found: dict[str, Any]) -> None:
    same(relevant, found)


def test_another_rule_would_be_seen() -> None:
    found = {"n": 3, "c": None, "s": ["1", "2"], "t": None}
    assert asked_here(["${n} > 2", "selected(${s}, 'a')", "${t} = ''"], found) == {"q0", "q2"}
