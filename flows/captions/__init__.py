"""Our own words on the pages that are printed or looked at: storyboard, poster, difference; a TOML file a language.

The phrases of the channel itself are another thing: those go to citizens' phones (`flows/phrases/`). As there,
`signed = false` at the top of a file marks all of it as drafts.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

FALLBACK: Final = "en"
"""The language of a reader whom no file speaks to."""


@dataclass(frozen=True, slots=True)
class Captions:
    """The captions of one language: `captions("en")("poster.ask", contact="1503")`."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, /, **values: Any) -> str:
        """The words with their values put in; an unknown key is a `KeyError`."""
        words = self.texts[key]
        # One pass over the template: a value with a brace in it is never read again.
        return words.format_map(values) if values else words

    def has(self, key: str) -> bool:
        """Whether there is such a caption."""
        return key in self.texts


@cache
def captions(language: str) -> Captions:
    """The captions of a language; what it does not have is said in English."""
    texts = _texts(FALLBACK)
    own = _texts(language) if language in languages() else {}
    return Captions(language if own else FALLBACK, texts | own)


def _texts(language: str) -> dict[str, str]:
    content = tomllib.loads(files(__name__).joinpath(f"{language}.toml").read_text("utf-8"))
    content.pop("signed")
    return dict(_dotted(content, ""))


def languages() -> tuple[str, ...]:
    """The languages that there are captions in."""
    return tuple(
        sorted(one.name.removesuffix(".toml") for one in files(__name__).iterdir() if one.name.endswith(".toml"))
    )


def _dotted(content: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value
