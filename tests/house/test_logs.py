"""Every line that our code logs: its event is a literal, and its keys are ones that the fence lets through."""

import ast
from collections.abc import Iterator

from sala import log
from sala.doctor import ROOMS
from tests.house.tree import ROOT, parsed, python_files

METHODS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
LOGGERS = {"log", "_log", "logger", "_logger"}
KEYS = log.TOKENS | log.FIGURES | {"exc_info"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for file in python_files(*ROOMS):
        for node in ast.walk(parsed(file)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            on = node.func.value
            if node.func.attr in METHODS and isinstance(on, ast.Name) and on.id in LOGGERS:
                yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def test_there_are_calls_to_look_at() -> None:
    assert len(list(calls())) > 10


def test_every_event_is_a_literal() -> None:
    assert [place for place, call in calls() if len(call.args) != 1 or not isinstance(call.args[0], ast.Constant)] == []


def test_the_fence_lets_every_key_through() -> None:
    withheld = [f"{place}: {key.arg}" for place, call in calls() for key in call.keywords if key.arg not in KEYS]
    assert withheld == [], "sala/log.py lists the keys that pass"
