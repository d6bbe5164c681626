"""Any graph has a layout in which nothing overlaps; a map too large to read is none."""

import time
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.explorer.layout import HEIGHT, MOST, WIDTH, lay_out

NODE = st.integers(0, 119)
GRAPHS = st.integers(1, 120).flatmap(
    lambda size: st.tuples(
        st.just(size),
        st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=240),
        st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=20),
    )
)


def sound(size: int, edges: list[tuple[int, int]], main: set[tuple[int, int]]) -> None:
    placed = lay_out(list(range(size)), edges, main)
    assert placed is not None
    assert set(placed.boxes) == set(range(size))
    assert set(placed.lines) | placed.back == set(edges)
    rows: dict[float, list[float]] = {}
    for box in placed.boxes.values():
        rows.setdefault(box.y, []).append(box.x)
        assert box.x >= -0.01
        assert box.x + WIDTH <= placed.width + 0.01
        assert box.y + HEIGHT <= placed.height
    for places in rows.values():
        places.sort()
        assert all(right - left >= WIDTH - 0.01 for left, right in pairwise(places))
    for (start, end), points in placed.lines.items():
        assert points[0][1] == placed.boxes[start].y + HEIGHT
        assert points[-1][1] == placed.boxes[end].y
        assert all(below[1] >= above[1] for above, below in pairwise(points))


@given(GRAPHS)
@settings(max_examples=60, deadline=None)
def test_any_graph(graph: tuple[int, list[tuple[int, int]], set[tuple[int, int]]]) -> None:
    sound(*graph)


def test_rings_and_loops_are_left_to_the_caller() -> None:
    placed = lay_out([0, 1, 2], [(0, 1), (1, 2), (2, 0), (1, 1)])
    assert placed is not None
    assert placed.back == {(2, 0), (1, 1)}


def test_the_main_way_runs_straight_down() -> None:
    edges = [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4), (3, 5)]
    placed = lay_out(list(range(6)), edges, {(0, 2), (2, 3), (3, 5)})
    assert placed is not None
    assert len({round(placed.boxes[node].x, 3) for node in (0, 2, 3, 5)}) == 1


def test_too_large_or_nothing() -> None:
    assert lay_out(list(range(MOST + 1)), []) is None
    assert lay_out([], []) is None
    begin = time.process_time()
    assert lay_out(list(range(MOST)), [(at, at + 1) for at in range(MOST - 1)] + [(0, MOST - 1)] * 9) is not None
    # Processor, not the clock on the wall: other tests run beside this one. Laying out in all orders takes hours.
    assert time.process_time() - begin < 20
