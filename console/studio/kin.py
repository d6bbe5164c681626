"""Which step of one text is which step of another: by what stays of its name when it is moved."""

from collections import Counter

from flows.model import Flow


def kin(flow: Flow) -> list[str]:
    """A name for each step, in order: the number in it goes, and equal ones are counted."""
    names: list[str] = []
    times: Counter[str] = Counter()
    for at in range(len(flow.steps)):
        name = flow.step_name(at)
        name = name.partition(":")[2] if name[:1].isdigit() else name
        times[name] += 1
        names.append(f"{name} {times[name]}")
    return names
