"""Any graph at all: a clear refusal, or a flow that loads and that the check finds sound."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.imports import ImportFault
from tests.flows.imports.books import errors
from tests.flows.imports.rapid import asks, flow, imported, says

SIZE = 7
TARGETS = st.sampled_from(["", *(f"n{at}" for at in range(SIZE))])
OTHER = st.sampled_from(["", *(f"n{at}" for at in range(SIZE)), "gone"])


def choice(uuid: str, result: str, yes: str, no: str, other: str) -> dict[str, Any]:
    ways = [("Yes", [("has_any_word", ["yes"])], yes), ("No", [("has_any_word", ["no"])], no)]
    return asks(uuid, result, ways, other, [{"uuid": f"{uuid}-w", "type": "send_msg", "text": f"Is it {uuid}?"}])


def number(uuid: str, result: str, low: str, high: str, other: str) -> dict[str, Any]:
    ways = [("Low", [("has_number_lt", [10])], low), ("High", [("has_number_between", [10, 99])], high)]
    return asks(uuid, result, ways, other)


def split(uuid: str, result: str, yes: str, other: str) -> dict[str, Any]:
    ways = [("Yes", [("has_category", ["Yes"])], yes)]
    return asks(uuid, "", ways, other, operand=f"@results.{result}.category", wait=False)


RESULTS = st.sampled_from(["one", "two", "three"])
KINDS = st.one_of(
    st.tuples(st.just(says), st.just("Hello @results.one"), TARGETS),
    st.tuples(st.just(choice), RESULTS, TARGETS, TARGETS, OTHER),
    st.tuples(st.just(number), RESULTS, TARGETS, TARGETS, OTHER),
    st.tuples(st.just(split), RESULTS, TARGETS, TARGETS),
)


GRAPHS = st.lists(KINDS, min_size=SIZE, max_size=SIZE)


@settings(max_examples=60, deadline=None)
@given(GRAPHS)
def test_any_graph_is_refused_or_becomes_a_sound_flow(kinds: list[Any]) -> None:
    refused_or_sound(kinds)


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(max_examples=4000, deadline=None)
@given(GRAPHS)
def test_many_graphs_are_refused_or_become_sound_flows(kinds: list[Any]) -> None:
    refused_or_sound(kinds)


def refused_or_sound(kinds: list[Any]) -> None:
    nodes = [make(f"n{at}", *given_) for at, (make, *given_) in enumerate(kinds)]
    try:
        found = imported(flow("Any", *nodes))
    except ImportFault:
        return
    assert errors(found) == set(), next(iter(found.files.values()))
