"""Draws the life of a delivery from its table: `python -m sync.states` prints it, `--write` renews docs/sync.md."""

import argparse
import sys
from collections import defaultdict
from pathlib import Path
from typing import Final, get_args

from flows import delivery
from flows.delivery import Event, State

BEGIN: Final = "<!-- states: made by `python -m sync.states --write`, not by hand -->"
END: Final = "<!-- /states -->"
PAGE: Final = Path("docs/sync.md")


def diagram() -> str:
    """Return the state diagram in Mermaid, with a table of what each event means."""
    arrows: defaultdict[tuple[State, State], list[Event]] = defaultdict(list)
    for (state, event), to in delivery.TABLE.items():
        arrows[state, to].append(event)
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> queued"]
    lines += [f"    {state} --> {to}: {', '.join(events)}" for (state, to), events in arrows.items()]
    lines += [f"    {state} --> [*]" for state in get_args(State) if state in delivery.ENDED]
    lines += ["```", "", "| event | when | from | to |", "|---|---|---|---|"]
    lines += [_row(event) for event in get_args(Event)]
    return "\n".join(lines)


def _row(event: Event) -> str:
    states = delivery.sources(event)
    goals = dict.fromkeys(delivery.TABLE[state, event] for state in states)
    return f"| `{event}` | {delivery.MEANING[event]} | {', '.join(states)} | {', '.join(goals)} |"


def replaced(text: str) -> str:
    """Return a page with its diagram made anew; raises ValueError when it has no place for one."""
    before, found, rest = text.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        raise ValueError("the page has no place for the diagram")
    return f"{before}{BEGIN}\n{diagram()}\n{END}{after}"


def main(arguments: list[str] | None = None) -> int:
    """Print the diagram, or write it into the page."""
    parser = argparse.ArgumentParser(prog="python -m sync.states", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write it into {PAGE}")
    if parser.parse_args(arguments).write:
        PAGE.write_text(replaced(PAGE.read_text("utf-8")), "utf-8")
    else:
        sys.stdout.write(diagram() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
