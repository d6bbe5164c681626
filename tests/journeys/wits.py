"""What a simulated citizen answers: she reads the English screen, knows the question, and makes up a value."""

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from flows.model import Flow
from flows.steps import Ask

OPTION: Final = re.compile(r"^(\d{1,2}) \S", re.MULTILINE)
# The last line of a screen names the keys that work there; its numbers are no options.
HINT: Final = re.compile(r"^(9 Next|0 Back|9 Next 0 Back)$", re.MULTILINE)
# Only after its word: a screen may show a citizen nine digits that she has typed herself.
REFERENCE: Final = re.compile(r"\b(?:reference|request)\s+(\d{3}) (\d{3}) (\d{3})(?!\d)", re.IGNORECASE)
_SYLLABLES: Final = ("Kham", "La", "Seng", "Bou", "Vong", "Noy", "Phet", "Thong", "Mani", "Sou", "Keo", "Dao")
NONSENSE: Final = (
    "zzz",
    "99999999999",
    "",
    " ",
    "*",
    "#",
    "1*2",
    "1*",
    "ສະບາຍດີ",
    "໑",
    "😀",
    "\u202etxet",
    "a\x00b",
    "\ufffd",
    "-1",
    "31022026",
    "Kham" * 700,
)


def references(screen: str) -> set[str]:
    """The references that the screen tells."""
    return {"".join(groups) for groups in REFERENCE.findall(screen)}


def options(screen: str) -> list[str]:
    """The numbers of the options on the screen."""
    return OPTION.findall(HINT.sub("", screen))


def _name(rng: random.Random) -> str:
    return " ".join("".join(rng.choices(_SYLLABLES, k=rng.randint(1, 3))).capitalize() for _ in range(2))


def _date(field: Any, rng: random.Random) -> str:
    today = date.today()  # noqa: DTZ011 - the node's day is near enough
    latest = field.max.on(today) if field.max else today + timedelta(days=20)
    earliest = max(field.min.on(today) if field.min else date(1950, 1, 1), latest - timedelta(days=40))
    day = earliest + timedelta(days=rng.randint(1, max(1, (latest - earliest).days - 1)))
    return rng.choice([f"{day:%d%m%Y}", f"{day.day}/{day.month}/{day:%y}", f"{day:%d-%m-%Y}"])


def _number(field: Any, rng: random.Random) -> str:
    low = int(getattr(field, "min", None) or 1)
    high = getattr(field, "max", None)
    return str(rng.randint(low, min(int(high), low + 50) if high is not None else low + 50))


def _choice(field: Any, rng: random.Random) -> str:
    keys = [number for number in range(1, len(field.choices) + 3) if number != 9]
    return str(rng.choice(keys[: len(field.choices)]))


_MAKERS: Final[Mapping[str, Callable[[Any, random.Random], str]]] = {
    "text": lambda field, rng: f"Road {rng.randint(1, 999)}, near the market"[: field.max],
    "name": lambda _, rng: _name(rng),
    "int": _number,
    "decimal": _number,
    "date": _date,
    "time": lambda _, rng: f"{rng.randint(8, 16):02}30",
    "phone": lambda _, rng: f"020555{rng.randint(10_000, 99_999)}",
    "choice": _choice,
    "multi": _choice,
    "yesno": lambda _, rng: rng.choice(["1", "2"]),
}


class Wits:
    """Knows the questions of the flows and what fits them."""

    def __init__(self, flows: Iterable[Flow], places: Sequence[str], codes: Mapping[str, Sequence[str]]) -> None:
        """`places` are codes of villages; `codes` are good values for `code` fields and other tables, by field name."""
        self._places = places
        self._codes = codes
        self._asks: list[tuple[str, Ask, Any]] = []
        for flow in flows:
            for step in flow.steps:
                if isinstance(step, Ask) and step.ask in flow.fields:
                    self._asks.append((_plain(step.text.say("en")), step, flow.fields[step.ask]))
        # The longest text that fits is the question meant.
        self._asks.sort(key=lambda known: -len(known[0]))

    def answer(self, screen: str, rng: random.Random) -> str:
        """What a willing citizen presses or types."""
        if "English" in screen and (line := re.search(r"^(\d) .*English", screen, re.MULTILINE)):
            return line[1]
        if "1 Send" in screen or "1 Yes, send" in screen:
            return "1" if rng.random() < 0.93 else rng.choice(["2", "0"])
        plain = _plain(screen)
        for text, step, field in self._asks:
            if text and text in plain:
                if step.skip and rng.random() < 0.4:
                    return step.skip
                return self._value(step.ask, field, rng)
        offered = options(screen)
        return rng.choice(offered) if offered else "1"

    def _value(self, name: str, field: Any, rng: random.Random) -> str:
        if name in self._codes:
            return rng.choice(self._codes[name])
        if field.type == "ref":
            return rng.choice(self._places)
        maker = _MAKERS.get(field.type)
        return maker(field, rng) if maker else "1"


def _plain(text: str) -> str:
    """Without line breaks, placeholders' values aside: up to the first of them."""
    return re.sub(r"\s+", " ", text.partition("{")[0]).strip()[:60]
