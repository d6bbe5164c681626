"""What a way through a flow costs a citizen: keys, seconds, segments, money; and what a small phone can show."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from flows.text.lao import FOLLOW, LEAD, MARK, graphemes
from flows.text.measure import segments

_HANGING: Final = (MARK | FOLLOW) - frozenset("ໆຯ")
"""What needs a letter before it; ໆ and ຯ are written with or without a blank."""
KEPT: Final = 8192
"""Texts whose measures are kept: at a keystroke nearly all pages are those of the keystroke before."""
_LAO: Final = range(0x0E80, 0x0F00)


@cache
def figures() -> Mapping[str, Any]:
    """The assumptions, as `measures.toml` states them."""
    return tomllib.loads(files(__package__).joinpath("measures.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Tariff:
    """What an operator takes on one channel, in one currency.

    Attributes:
        segment: for one SMS to the citizen. session: for one USSD session. block, seconds: for each so many seconds.
    """

    name: str
    currency: str = "LAK"
    segment: Decimal = Decimal(0)
    session: Decimal = Decimal(0)
    block: Decimal = Decimal(0)
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """One screen on a way: its pages, and what is typed there."""

    node: int
    pages: tuple[str, ...]
    typed: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What a way costs.

    Attributes:
        turns: screens answered, page turns among them. keys: presses on a keypad. seconds: at the stated pace.
        parts: SMS segments to the citizen, screens among them on the SMS channel. price: (tariff, amount, currency).
    """

    turns: int
    pages: int
    keys: int
    seconds: int
    parts: int
    price: tuple[tuple[str, str, str], ...] = ()


@lru_cache(maxsize=KEPT)
def keys_for(text: str) -> int:
    """Presses to type this on twelve keys, and one to send it."""
    pace = figures()["pace"]
    return 1 + sum(_keys(letter, pace) for letter in text)


def _keys(letter: str, pace: Mapping[str, Any]) -> int:
    if letter.isascii():
        return int(pace["keys_a_latin_letter"]) if letter.isalpha() else 1
    return int(pace["keys_a_lao_letter"])


@lru_cache(maxsize=KEPT)
def _letters(page: str) -> int:
    return graphemes(page)


def seconds_for(stop: Stop) -> float:
    """Seconds that a screen takes: reading, turning its pages, typing, and the way to us and back."""
    pace = figures()["pace"]
    letters = sum(map(_letters, stop.pages))
    keys = keys_for(stop.typed) + 2 * (len(stop.pages) - 1) if stop.typed else 0
    turns = len(stop.pages) if stop.typed else 0
    read, press, turn = pace["letters_a_second"], pace["seconds_a_key"], pace["seconds_a_turn"]
    return float(letters / read + keys * press + turns * turn)


def cost_of(stops: Iterable[Stop], sent: Iterable[str], channel: str, tariffs: Iterable[Tariff]) -> Cost:
    """The cost of a way: these screens, and these messages to the citizen."""
    way = list(stops)
    pages = sum(len(stop.pages) for stop in way)
    seconds = round(sum(map(seconds_for, way)))
    texts = [*sent, *(page for stop in way for page in stop.pages if channel == "sms")]
    parts = sum(map(segments, texts))
    keys = sum(keys_for(stop.typed) + 2 * (len(stop.pages) - 1) for stop in way if stop.typed)
    turns = sum(len(stop.pages) for stop in way if stop.typed)
    price = tuple((one.name, str(_price(one, channel, seconds, parts)), one.currency) for one in tariffs)
    return Cost(turns, pages, keys, seconds, parts, price)


def _price(tariff: Tariff, channel: str, seconds: int, parts: int) -> Decimal:
    amount = tariff.segment * parts
    if channel == "ussd":
        blocks = -(-seconds // tariff.seconds) if tariff.seconds else 0
        # Who takes longer than a session lasts dials again, and pays for that one too.
        sessions = max(1, -(-seconds // int(figures()["session"]["seconds"])))
        amount += tariff.session * sessions + tariff.block * blocks
    return amount


@lru_cache(maxsize=KEPT)
def lines_on_handset(text: str, language: str) -> int:
    """Lines that a page takes on the smallest phone, words wrapped at blanks, too long ones anywhere."""
    phone = figures()["handset"]
    columns = int(phone.get(f"columns_{language}", phone["columns"]))
    return sum(_wrapped(line, columns) for line in text.split("\n"))


def _wrapped(line: str, columns: int) -> int:
    lines, used = 1, 0
    for word in line.split(" "):
        size = graphemes(word)
        if used and used + 1 + size <= columns:
            used += 1 + size
            continue
        lines += bool(used)
        lines += max(0, -(-size // columns) - 1)
        used = size % columns or min(size, columns)
    return lines


@lru_cache(maxsize=KEPT)
def orphan(text: str) -> int:
    """Where a Lao mark stands without its letter, or a vowel before a letter without one; -1 when nowhere."""
    before = ""
    for at, letter in enumerate(text):
        lao = ord(before) in _LAO if before else False
        if letter in _HANGING and not lao:
            return at
        if before in LEAD and before and ord(letter) not in _LAO:
            return at - 1
        before = letter
    return len(text) - 1 if before in LEAD and before else -1
