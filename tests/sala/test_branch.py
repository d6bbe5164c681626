"""What a hub says of its nodes, in sentences."""

from typing import Any

from sala.branch import _node


def row(**over: Any) -> dict[str, Any]:
    return {
        "node": "LA-XK-03",
        "heard": "2026-11-29 18:23Z",
        "version": "0.1.0",
        "waiting": 0,
        "oldest_age": 0,
        "in_custody": 0,
        "custody_age": 0,
        "free_mb": 78_009,
        "clock": "good",
        "copies": 2,
        "read_up_to": 1,
        "references": 39_998,
        "refused": "",
        "cloned": "",
    } | over


def test_a_node_that_is_well() -> None:
    assert _node(row()) == (
        "node LA-XK-03: heard 2026-11-29 18:23Z, nothing waits there; two copies; clock good; 78,009 MB free;"
        " version 0.1.0; has read up to 1; 39,998 references left"
    )


def test_a_node_that_is_not() -> None:
    ill = row(waiting=1200, oldest_age=7200, in_custody=3, custody_age=90, copies=1, clock="doubtful", references=-1)
    said = _node(ill | {"refused": "4: no such table", "cloned": "two machines use this name"})
    for words in (
        "1,200 waiting there, the oldest for 2 h",
        "3 in custody here, the oldest for 1 min",
        "one copy",
        "clock doubtful",
        "REFUSED 4: no such table",
        "TWO MACHINES USE THIS NAME",
    ):
        assert words in said
    assert "references" not in said


def test_a_node_that_was_never_heard() -> None:
    assert _node(row(heard="never", copies="", clock="", version="")) == "node LA-XK-03: never heard"
