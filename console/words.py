"""The console's own words in each of its languages; drafts until somebody who is paid to read Lao has signed them."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

LANGUAGES: Final = ("lo", "en")
"""In the order in which they are offered; the first is taken when a browser asks for neither."""


class Words(Mapping[str, Mapping[str, str]]):
    """One dictionary for each language: `words["lo"]["sign_in"]`."""

    def __getitem__(self, language: str) -> Mapping[str, str]:
        """The words of one language."""
        return _read(language)

    def __iter__(self) -> Iterator[str]:
        """The languages."""
        return iter(LANGUAGES)

    def __len__(self) -> int:
        """How many."""
        return len(LANGUAGES)


@cache
def _read(language: str) -> Mapping[str, str]:
    place = files("console") / "words"
    found: dict[str, str] = {}
    for name in ("", "flows.", "upkeep.", "reports.", "care.", "making."):
        content = tomllib.loads((place / f"{name}{language}.toml").read_text("utf-8"))
        found |= {key: value for key, value in content.items() if isinstance(value, str)}
    return found


def is_signed(language: str) -> bool:
    """Whether somebody has signed the wording of this language."""
    content = tomllib.loads((files("console") / "words" / f"{language}.toml").read_text("utf-8"))
    return bool(content.get("signed", False))
