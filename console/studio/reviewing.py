"""Which texts of a draft a person has accepted, who and when, and which were changed since: marks hang on the words."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from flows.texts import Entry, Marks
from flows.texts.marks import digest
from store.wording import Reviewed

TICK: Final = "r:"
"""Of a form's fields: the words beside it are accepted."""
SHOWN: Final = "s:"
"""The mark that the box was shown with: a tick that was there already says nothing of words that are changed now."""

Places = Mapping[tuple[str, str], Reviewed]


@dataclass(frozen=True, slots=True)
class Standing:
    """One text in one language.

    Attributes:
        state: "none" where there are no words. mark: the digest, "" without words. who: as told beside the mark.
        was: the review that the words have lost, where they were changed.
    """

    state: Literal["yes", "stale", "no", "none"]
    mark: str = ""
    who: str = ""
    was: Reviewed | None = None


def place_names(found: Sequence[Entry]) -> list[str]:
    """A name for each place that goes with its step when that is moved, and means no other place of the service."""
    names: list[str] = []
    times: Counter[str] = Counter()
    for one in found:
        parts = one.key.split(".")
        # A step without an id is called by its number, verb and field: the number is what a move changes.
        step = one.step.partition(":")[2] if one.step[:1].isdigit() else one.step
        name = " ".join((f"steps.{step}", ".".join(parts[2:]))) if parts[0] == "steps" else one.key
        times[name] += 1
        names.append(f"{name} {times[name]}" if times[name] > 1 else name)
    return names


def standing(one: Entry, place: str, tag: str, first: str, marks: Marks, places: Places) -> Standing:
    """How one text stands; `first` is the language of the originals."""
    if tag not in one.words:
        return Standing("none")
    mark = digest(one, tag, first)
    who = marks.by.get(tag, {}).get(mark)
    if who is not None:
        return Standing("yes", mark, who)
    was = places.get((place, tag))
    # A mark that was taken back by hand is no change of the words.
    return Standing("stale", mark, was=was) if was is not None and was.digest != mark else Standing("no", mark)


@dataclass(frozen=True, slots=True)
class Ticks:
    """What a form asks for: (key, language) that are accepted, and the marks (language, digest) to be taken back."""

    accepted: Collection[tuple[str, str]]
    withdrawn: Collection[tuple[str, str]]


def ticks_of(found: Sequence[Entry], first: str, form: Mapping[str, str]) -> Ticks:
    """The ticks of a posted form that hold for the words of `found`, the texts as they are now.

    A tick holds for the words that its page showed or that came with it; not for words that somebody else saved
    meanwhile, and not where the box was ticked for other words before.
    """
    accepted, withdrawn = [], []
    for one in found:
        for tag, words in one.words.items():
            name = f"{one.key}:{tag}"
            mark, before = digest(one, tag, first), form.get(SHOWN + name, "")
            if TICK + name not in form:
                withdrawn += [(tag, before)] if before and before == mark else []
            elif not before and _same(form.get(f"t:{name}"), words):
                accepted.append((one.key, tag))
    return Ticks(accepted, withdrawn)


def _same(typed: str | None, words: str) -> bool:
    return typed is not None and typed.replace("\r\n", "\n").strip() == words.strip()


def seen_of(
    found: Sequence[Entry], first: str, accepted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, str]]:
    """(place, language) -> (mark, words), as the store keeps them."""
    return {
        (place, tag): (digest(one, tag, first), words)
        for one, place in zip(found, place_names(found), strict=True)
        for tag, words in one.words.items()
        if (one.key, tag) in accepted
    }
