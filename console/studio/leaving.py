"""Where citizens leave a service, for the draft that is open: figures of what is live, by the steps they are about."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from console.map import Gone
from console.studio.kin import kin
from flows.model import Flow

WEEKS: Final = 13
"""A quarter of a year: enough people, and not yet another service."""


class Figure(Protocol):
    """One step's figure, as the store tells it."""

    @property
    def reached(self) -> int:
        """At most so many came there."""

    @property
    def dropped(self) -> int:
        """So many of them went no further; 0 also where it is too few to be told."""


def gone_of(draft: Flow, live: Flow, figures: Sequence[Figure]) -> Mapping[int, Gone]:
    """Step of the draft -> who left there.

    Args:
        draft: what is drawn.
        live: what the figures were counted on.
        figures: one for each step of `live`, in its order; none where nothing may be told.
    """
    told = {
        name: Gone(one.reached, one.dropped)
        for name, one in zip(kin(live), figures, strict=False)
        if one.dropped and one.reached
    }
    return {at: told[name] for at, name in enumerate(kin(draft)) if name in told}


def names_of(flow: Flow) -> list[str]:
    """The names under which the store counts."""
    return [flow.step_name(at) for at in range(len(flow.steps))]
