"""Walks that stand where the last key press left them, so that the next one need not begin at the top.

Only a shorter way to the same place: a walk is found by the very state that it led to, given away once, and made anew
whenever it is missing or the day or the tables have changed.
"""

from collections import OrderedDict
from typing import Final

from flows.program import Program
from flows.session import Run, World
from flows.walk import Walk

MOST: Final = 2048
"""Walks kept in a process; of sessions that were left, the answers go with the oldest."""

_walks: OrderedDict[int, tuple[Run, Walk]] = OrderedDict()


def keep(run: Run, walk: Walk) -> None:
    """Remember the walk that stands where `run` does."""
    _walks[id(run)] = (run, walk)
    if len(_walks) > MOST:
        _walks.popitem(last=False)


def take(run: Run, compiled: Program, world: World) -> Walk | None:
    """The walk that led to `run`, which from now on is the caller's alone; None when there is none in this world."""
    # The entry holds its state, so no other state can have the same identity meanwhile.
    found = _walks.pop(id(run), None)
    if found is None:
        return None
    walk = found[1]
    # The day and the tables are all that conditions and computed names look at beside the answers.
    if walk.program is not compiled or walk.world.today != world.today or walk.world.tables is not world.tables:
        return None
    walk.world = world
    return walk


def forget() -> None:
    """Let all of them go."""
    _walks.clear()
