"""What the explorer found, in the reader's own language: a key among the captions, and the values put in."""

from dataclasses import dataclass
from typing import Final

from flows.captions import Captions, captions
from flows.findings import Finding

_WAY: Final = "way"


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence before it has a language.

    Attributes:
        key: of `problem.KEY` in flows/captions.
        values: (name, value); `way` is what was typed to come there, "" for nothing.
    """

    key: str
    values: tuple[tuple[str, str], ...] = ()

    def in_words(self, words: Captions) -> str:
        """The sentence in these captions' language."""
        put = dict(self.values)
        if _WAY in put:
            put[_WAY] = words("problem.after", keys=put[_WAY]) if put[_WAY] else words("problem.at_once")
        return words(f"problem.{self.key}", **put)

    @property
    def english(self) -> str:
        """The sentence that `sala flow check --paths` prints."""
        return self.in_words(captions("en"))


@dataclass(frozen=True, slots=True)
class Verdict(Finding):
    """A finding of the explorer; its `sentence` is the English of `told`."""

    told: Told = Told("stuck")


def told(key: str, **values: str) -> Told:
    """The sentence of this key with these values."""
    return Told(key, tuple(values.items()))
