"""The translated expressions decide as an XPath engine that is not ours decides on the same answers."""

import re
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import elementpath
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flows.expressions import compile_expression
from flows.imports.codes import Known
from flows.imports.translate import condition
from flows.imports.xpath import UnreadableError
from tests.flows.engine_kit import world

TODAY = date(2026, 11, 5)
KEYS = ("1", "2", "a")

KNOWN = {
    "n": Known("n", "int"),
    "m": Known("m", "int", missing=True),
    "d": Known("d", "decimal", missing=True),
    "t": Known("t", "text", missing=True),
    "u": Known("u", "text"),
    "c": Known("c", "choice", missing=True, keys={key: (key,) for key in KEYS}),
    "s": Known("s", "multi", missing=True, keys={key: (key,) for key in KEYS}),
    "b": Known("b", "date", missing=True),
}


class Names:
    def known(self, name: str) -> Known | None:
        return KNOWN.get(name)

    def all_of(self, name: str) -> tuple[Known, ...]:
        return (KNOWN[name],)

    def times(self, name: str) -> str | None:
        return None

    def turn(self) -> int | None:
        return None


answers = st.fixed_dictionaries(
    {
        "n": st.integers(0, 12),
        "m": st.none() | st.integers(0, 12),
        "d": st.none() | st.decimals(0, 12, places=1),
        "t": st.none() | st.sampled_from(["x", "yes", "a b"]),
        "u": st.sampled_from(["x", "yes"]),
        "c": st.none() | st.sampled_from(KEYS),
        "s": st.none() | st.lists(st.sampled_from(KEYS), min_size=1, unique=True),
        "b": st.none() | st.integers(-40, 40).map(lambda days: TODAY + timedelta(days)),
    }
)
marks = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
equal = st.sampled_from(["=", "!="])
numbers = st.sampled_from(["${n}", "${m}", "${d}", "3", "7", "2.5"])
sums = st.recursive(
    numbers, lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner), max_leaves=3
)
atoms = st.one_of(
    st.builds("{} {} {}".format, sums, marks, sums),
    st.builds("${{{}}} {} '{}'".format, st.sampled_from("tu"), equal, st.sampled_from(["x", "yes", "no", ""])),
    st.builds("${{{}}} {} '{}'".format, st.sampled_from("mdbsc"), equal, st.just("")),
    st.builds("${{c}} {} '{}'".format, equal, st.sampled_from([*KEYS, "gone"])),
    st.builds("${{c}} {} {}".format, marks, st.sampled_from(["1", "2"])),
    st.builds("${{s}} {} '{}'".format, equal, st.sampled_from(KEYS)),
    st.builds("selected(${{{}}}, '{}')".format, st.sampled_from("cs"), st.sampled_from([*KEYS, "gone"])),
    st.builds("count-selected(${{s}}) {} {}".format, marks, st.integers(0, 3)),
    st.builds("string-length(${{{}}}) {} {}".format, st.sampled_from("tu"), marks, st.integers(0, 4)),
    st.builds("${{b}} {} today()".format, marks),
    st.builds("today() - ${{b}} {} {}".format, marks, st.integers(-30, 30)),
    st.builds("${{{}}} {} ${{{}}}".format, st.sampled_from("tu"), equal, st.sampled_from("tu")),
)
conditions = st.recursive(
    atoms,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("not({})".format, inner)
        | st.builds("if({}, {}, {})".format, inner, inner, inner)
    ),
    max_leaves=4,
)


def as_xml(found: dict[str, Any]) -> ET.Element:
    root = ET.Element("data")
    for name, value in found.items():
        text = "" if value is None else " ".join(value) if isinstance(value, list) else str(value)
        if isinstance(value, date):
            text = str((value - TODAY).days)
        ET.SubElement(root, name).text = text
    return root


def as_xpath(source: str) -> str:
    """ODK's own functions in the words of XPath 1.0; days are counted from today, so that today is 0."""
    # An empty node is not a number: elementpath wants that said, ODK takes it so.
    source = re.sub(r"\$\{([nmdbc])\}(?! !?= ')(?!, )", r"number(/data/\1)", source)
    source = source.replace("today()", "0").replace("${", "/data/").replace("}", "")
    for key in (*KEYS, "gone"):
        for name in "cs":
            spaced = f"contains(concat(' ', /data/{name}, ' '), ' {key} ')"
            source = source.replace(f"selected(/data/{name}, '{key}')", spaced)
    blank = "(string-length(/data/s) - string-length(translate(/data/s, ' ', '')) + number(/data/s != ''))"
    return source.replace("count-selected(/data/s)", blank)


def decided_there(source: str, root: ET.Element) -> bool:
    if "if(" not in source:
        # Without boolean(), elementpath gives what stands in brackets as a list.
        return bool(elementpath.select(root, f"boolean({as_xpath(source)})", parser=elementpath.XPath1Parser))
    return _if_there(source, root)


def _if_there(source: str, root: ET.Element) -> bool:
    """XPath 1.0 has no if(): (a and b) or (not(a) and c)."""
    at = source.index("if(")
    depth, start, args = 0, at + 3, []
    for end in range(at + 3, len(source)):
        if source[end] == "(":
            depth += 1
        elif source[end] in ",)" and depth == 0:
            args.append(source[start:end])
            start = end + 1
            if source[end] == ")":
                break
        elif source[end] == ")":
            depth -= 1
    asked, yes, no = args
    return decided_there(
        f"{source[:at]}((({asked}) and ({yes})) or (not({asked}) and ({no}))){source[end + 1 :]}", root
    )


@settings(max_examples=150, deadline=None)
@given(conditions, answers)
def test_a_condition_decides_the_same(source: str, found: dict[str, Any]) -> None:
    decides_the_same(source, found)


@pytest.mark.slow
@settings(max_examples=6000, deadline=None)
@given(conditions, answers)
def test_many_conditions_decide_the_same(source: str, found: dict[str, Any]) -> None:
    decides_the_same(source, found)


def decides_the_same(source: str, found: dict[str, Any]) -> None:
    # Two empty numbers are one text for ODK, and no number for the wrapping below.
    assume(not re.search(r"\$\{\w\} !?= \$\{[nmd]\}", source))
    try:
        ours = condition(source, Names())
    except UnreadableError:
        # Too long for one expression of ours.
        return
    scope = {name: value for name, value in found.items() if value is not None}
    expected = decided_there(source, as_xml(found))
    assert compile_expression(ours).evaluate(scope, world(today=TODAY)) is expected, ours


def test_the_comparison_notices_a_wrong_translation() -> None:
    found = {"n": 1, "m": None, "d": None, "t": None, "u": "x", "c": None, "s": None, "b": None}
    assert decided_there("${m} != 3", as_xml(found)) is True
    assert compile_expression("answered(m) and m != 3").evaluate({}, world(today=TODAY)) is False
    assert compile_expression(condition("${m} != 3", Names())).evaluate({}, world(today=TODAY)) is True
