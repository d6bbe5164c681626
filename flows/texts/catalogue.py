"""Every text of a flow with where it stands, what values it shows and how much room it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.check import Subject
from flows.fields import PerChannel
from flows.model import Flow
from flows.phrases import load as phrases
from flows.tables import Tables
from flows.template import placeholders
from flows.text.measure import SMS, USSD, units


@dataclass(frozen=True, slots=True)
class Entry:
    """One text.

    Attributes:
        key: its place in the file, dotted; `.ussd` or `.sms` at the end where the channels differ.
        step: how findings call the step, "" outside the steps. words: by language; a missing one is not there.
    """

    key: str
    step: str
    words: Mapping[str, str]

    @property
    def values(self) -> frozenset[str]:
        """The names of the values that it shows in its first language."""
        return frozenset(placeholders(next(iter(self.words.values()), "")))

    def room(self, tag: str) -> str:
        """`41 of 70`: the units that the words take, and those of one page or message."""
        words = self.words.get(tag, "")
        budget = SMS if self.key.startswith("messages.") else USSD
        return f"{units(words)} of {budget.limit(words)}" if words else ""


def entries(flow: Flow) -> tuple[Entry, ...]:
    """The texts in the file's order."""
    found: list[Entry] = []
    for place in Subject(flow, {}, Tables(), phrases()).texts:
        key = ".".join(map(str, place.path))
        step = flow.step_name(place.step) if place.step is not None else ""
        if not any(isinstance(one, PerChannel) for one in place.text.root.values()):
            found.append(Entry(key, step, {tag: place.text.say(tag) for tag in place.text.languages}))
            continue
        found += [
            Entry(f"{key}.{channel}", step, {tag: place.text.say(tag, channel) for tag in place.text.languages})
            for channel in ("ussd", "sms")
        ]
    return tuple(found)


def missing(found: Sequence[Entry], languages: Sequence[str]) -> dict[str, int]:
    """How many texts each language lacks."""
    return {tag: sum(tag not in one.words for one in found) for tag in languages}
