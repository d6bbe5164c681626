"""Walks one way through a flow once more, for what stands on its screens."""

from collections.abc import Callable, Iterable
from functools import partial

from msgspec.structs import replace

from flows import engine
from flows.explorer.walker import sealed
from flows.program import Node, forget, program
from flows.revision import Revision
from flows.screens import Shown
from flows.session import Run, Step, World
from flows.turn import Need, Text
from flows.walk import Walk


class Eyes:
    """Sees the last screen of a replay: its step, and the pages that it shows next."""

    def __init__(self) -> None:
        self.screen: tuple[int, tuple[str, ...]] = (-1, ())

    def held(self, node: Node, *, value: bool) -> None:
        """See the `Watch` of a program."""

    def shown(self, walk: Walk, run: Run, shown: Shown) -> None:
        """See the `Watch` of a program."""
        node = walk.says[0].node.index if shown.alone and walk.says else walk.at.index
        # A text that stands alone turns its pages by being read: each page is a screen of its own.
        self.screen = (node, shown.pages[run.page : run.page + 1] if shown.alone else shown.pages)


def replay(
    revision: Revision, language: str, world: World, typed: Iterable[str]
) -> list[tuple[int, tuple[str, ...], tuple[Text, ...]]]:
    """Walk one way: for the opening and each input the screen that follows (step, pages) and the SMS that go out."""
    own = sealed(revision)
    eyes = program(own).watch = Eyes()
    try:
        step = _settled(partial(engine.open, own, language), world)
        found: list[tuple[int, tuple[str, ...], tuple[Text, ...]]] = [(*eyes.screen, ())]
        for text in typed:
            run = step.run
            if run is None:
                break
            step = _settled(partial(engine.press, own, run, text), world)
            sent = tuple(effect for effect in step.effects if isinstance(effect, Text))
            found.append((eyes.screen[0], () if step.told else eyes.screen[1], sent))
        return found
    finally:
        forget(own)


def _settled(turn: Callable[[World], Step | Need], world: World) -> Step:
    """One turn of somebody who has sent nothing like it before."""
    while isinstance(step := turn(world), Need):
        world = replace(world, known={**world.known, step: None})
    return step
