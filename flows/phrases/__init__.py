"""What the channel itself says, in every language: keys, refusals, menus, notices, statuses; one TOML file a language.

A text is found by group and key (`front.help`). `{name}` puts a value in and does nothing else. The texts of a service
stand in its flow, not here. `signed = false` at the top of a file marks all of it as drafts: a speaker signs them off.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

FALLBACK: Final = "en"
"""The language of a phrase that the asked language has not."""
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrase catalogue.

    Attributes:
        texts: language tag -> key -> text. names: language tag -> how the language calls itself on a phone.
        unsigned: the languages whose texts no speaker has signed off.
    """

    texts: Mapping[str, Mapping[str, str]]
    names: Mapping[str, str]
    unsigned: frozenset[str] = frozenset()

    def say(self, language: str, key: str, **values: Any) -> str:
        """The text with its values put in; an unknown language speaks English, an unknown key is a `KeyError`.

        A placeholder without a value becomes nothing: a citizen never reads a brace.
        """
        return fill(self.text(language, key), values)

    def text(self, language: str, key: str) -> str:
        """The same with its placeholders as they stand."""
        return self._of(language)[key]

    def has(self, language: str, key: str) -> bool:
        """Whether there is such a phrase, in this language or the fallback."""
        return key in self._of(language)

    def group(self, language: str, name: str) -> Mapping[str, str]:
        """The phrases of one group, by the part of the key after the point, unfilled."""
        start = f"{name}."
        return {key.removeprefix(start): text for key, text in self._of(language).items() if key.startswith(start)}

    def _of(self, language: str) -> Mapping[str, str]:
        return self.texts.get(language) or self.texts[FALLBACK]


def fill(text: str, values: Mapping[str, Any]) -> str:
    """The text with `{name}` replaced by its value; a value is never read again for placeholders."""
    if "{" not in text:
        return text
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], "")), text)


def placeholders(text: str) -> frozenset[str]:
    """The names between braces."""
    return frozenset(_PLACEHOLDER.findall(text))


@cache
def load() -> Phrases:
    """Read the files that ship with the package; once a process."""
    texts: dict[str, Mapping[str, str]] = {}
    names: dict[str, str] = {}
    unsigned: set[str] = set()
    for file in files(__name__).iterdir():
        if not file.name.endswith(".toml"):
            continue
        language = file.name.removesuffix(".toml")
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        names[language] = content.pop("name")
        if not content.pop("signed"):
            unsigned.add(language)
        texts[language] = {f"{group}.{key}": text for group, texts_ in content.items() for key, text in texts_.items()}
    return Phrases(texts, names, frozenset(unsigned))
