"""From a TOML file to a checked map: one that ships with Sala, by its name, or an operator's own, by its path."""

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from flows.errors import ConfigFault
from flows.toml_lines import line_of
from gateways.http.model import Map, Send, Tell, Ussd
from gateways.http.words import named

SEND_WORDS: Final = frozenset(
    {
        "to", "plain", "text", "hex", "sender", "plain_sender", "mark", "coding", "link", "callback", "base_url",
        "username", "password", "basic", "token", "account", "extra",
    }
)  # fmt: skip
ANSWER_WORDS: Final = frozenset({"text", "state", "more", "over", "session", "number", "plain", "code", "echo", "also"})

_SAID: Final = {
    "missing": "is missing",
    "extra_forbidden": "is no key of a map; look for a typo, docs/gateways/http.md lists them all",
}


def shipped() -> tuple[str, ...]:
    """The names of the maps that ship with Sala."""
    folder = files("gateways.http") / "maps"
    return tuple(sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml")))


@cache
def load(name: str) -> Map:
    """The map of this name, or in this file.

    Raises:
        ConfigFault: one sentence that names the file, the line and the key, and says what to do.
    """
    file = f"{name}.toml" if name in shipped() else name
    text = _text(name)
    try:
        found = Map.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as broken:
        raise ConfigFault(f"{file}: not TOML: {broken}", hint="texts stand in quotes") from broken
    except ValidationError as wrong:
        raise _fault(wrong, file, text) from None
    _check(found, file, text)
    return found


def _text(name: str) -> str:
    try:
        if name in shipped():
            return (files("gateways.http") / "maps" / f"{name}.toml").read_text("utf-8")
        return Path(name).read_text("utf-8")
    except (OSError, ValueError) as missing:
        hint = f"there are: {', '.join(shipped())}; or give the path of a file"
        raise ConfigFault(f"no map is called {name!r}", hint=hint) from missing


def _fault(wrong: ValidationError, file: str, text: str) -> ConfigFault:
    mistakes = wrong.errors(include_url=False, include_input=False)
    mistakes.sort(key=lambda one: one["type"] != "extra_forbidden")
    location = tuple(str(part) for part in mistakes[0]["loc"])
    said = mistakes[0]["msg"].removeprefix("Value error, ")
    key, _, rest = said.partition(": ")
    if rest and key.isidentifier():
        location, said = (*location, key), rest
    return _mistake(file, text, location, _SAID.get(mistakes[0]["type"], said))


def _mistake(file: str, text: str, location: tuple[str, ...], said: str) -> ConfigFault:
    line = line_of(text, location)
    place = f"{file}:{line}" if line else file
    return ConfigFault(f"{place}: {'.'.join(location)}: {said}" if location else f"{place}: {said}")


def _check(found: Map, file: str, text: str) -> None:
    """Refuse words that nothing gives, and samples that the map itself does not understand."""
    if found.ussd is not None:
        for key in ("answer", "ended"):
            _words(found.ussd, key, ANSWER_WORDS, (file, text), ("ussd", key))
    if found.sms is not None:
        send, tell = found.sms.send, found.sms.tell
        for key in ("url", "body", "headers") if tell else ():
            _words(tell, key, SEND_WORDS | {"name", "state"}, (file, text), ("sms", "tell", key))
        for key in ("url", "body", "headers", "gsm7", "ucs2"):
            _words(send, key, SEND_WORDS, (file, text), ("sms", "send", key))
        if "taken" not in send.samples:
            said = "is missing: the operator's answer when it takes a message, for the kit"
            raise _mistake(file, text, ("sms", "send", "samples", "taken"), said)


def _words(
    part: Send | Tell | Ussd | None, key: str, there: frozenset[str], source: tuple[str, str], location: tuple[str, ...]
) -> None:
    value = getattr(part, key)
    asked = named([value.body, dict(value.headers)] if hasattr(value, "body") else value)
    for word in asked:
        if word.partition(".")[0] not in there:
            said = f"there is no word {{{word}}}; there are: {', '.join(sorted(there))}"
            raise _mistake(*source, location, said)
