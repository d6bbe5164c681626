"""A person's hand at the desk: does in a browser what she does, and counts her cost by the keystroke-level model.

The operators and their seconds are of Card, Moran and Newell, "The keystroke-level model for user performance time
with interactive systems", Communications of the ACM 23 (1980) 7, and "The psychology of human-computer interaction"
(1983), chapter 8. The model is for people who know what they do and make no mistakes, so it is told here
pessimistically: a stop to think before every click and every field, and the paper's slowest typists.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from playwright.async_api import Locator, Page, Request, expect

from console.visit import ROOT
from console.words import Words

THINK: Final = 1.35
"""Operator M: to make up one's mind."""

POINT: Final = 1.10
"""Operator P: to bring the mouse to something."""

CLICK: Final = 0.20
"""To press the mouse's button, which P leaves out."""

HOME: Final = 0.40
"""Operator H: the hand goes from the mouse to the keys, or back."""

KEY: Final = 0.50
"""Operator K for Latin letters and digits: that of somebody who types letters at random."""

LAO_KEY: Final = 1.20
"""Operator K for Lao letters: the paper's worst typist, who does not know the keyboard."""

CONTROL: Final = 2 * KEY
"""Two keys together: Ctrl and A, which marks what a field holds."""

FRESH: Final = ".htmx-swapping, .htmx-settling, .htmx-added"
"""What htmx has put on the page and not made work yet: for some 20 ms."""

_SHIFTED: Final = frozenset('?!:"_+()*&%$#@')


@dataclass(slots=True)
class Tally:
    """What a walk took: clicks, keys, whole pages loaded, parts of pages asked for, and seconds by the model."""

    clicks: int = 0
    keys: int = 0
    fields: int = 0
    loads: int = 0
    parts: int = 0
    seconds: float = 0.0


def keys_of(text: str) -> tuple[int, float]:
    """How many keys these letters are, and their seconds; a capital letter is two. Lao letters are one each.

    Those Lao letters that stand above others on a key need Shift as well: the worst typist's second pays for it.
    """
    lao = sum("\u0e80" <= letter <= "\u0eff" for letter in text)
    shifts = sum(letter.isupper() or letter in _SHIFTED for letter in text)
    plain = len(text) - lao + shifts
    return lao + plain, lao * LAO_KEY + plain * KEY


@dataclass
class Hand:
    """Whoever walks; `page` is hers, `language` that of the desk as she reads it."""

    page: Page
    language: str = "en"
    tally: Tally = field(default_factory=Tally)
    typing: bool = False

    def __post_init__(self) -> None:
        """Count what the browser asks for from now on."""
        self.page.on("request", self._asked)

    @property
    def say(self) -> Mapping[str, str]:
        """The desk's words in her language."""
        return Words()[self.language]

    async def open(self, path: str) -> None:
        """Come by a bookmark: a click."""
        self._point()
        await self.page.goto(f"{ROOT}{path}")

    async def click(self, what: Locator) -> None:
        """Think, point, press; on a page that is there with its scripts."""
        await self._ready()
        self._point()
        await what.click()

    async def link(self, key: str) -> None:
        """Click the link that has these words of the desk."""
        await self.click(self.page.get_by_role("link", name=self.say[key], exact=True))

    async def button(self, key: str) -> None:
        """Click the button that has these words of the desk."""
        await self.click(self.page.get_by_role("button", name=self.say[key], exact=True))

    async def write(self, what: Locator, text: str, *, over: bool = False) -> None:
        """Click into a field and type; `over`: in place of what it holds."""
        await self._ready()
        self._point()
        self._type(text)
        self.tally.fields += 1
        if over:
            self.tally.keys += 2
            self.tally.seconds += CONTROL
        await what.fill(text)

    async def enter(self, what: Locator, text: str) -> None:
        """Type into the field that has the cursor already, and press Enter."""
        await self._ready()
        self.tally.seconds += THINK + KEY
        self.tally.keys += 1
        self._type(text)
        await what.fill(text)
        await what.press("Enter")

    async def _ready(self) -> None:
        """Wait for the page with its scripts, and for what was just put into it: no person is as fast as that."""
        await self.page.wait_for_load_state()
        await expect(self.page.locator(FRESH)).to_have_count(0)

    def _point(self) -> None:
        self.tally.clicks += 1
        self.tally.seconds += THINK + POINT + CLICK + (HOME if self.typing else 0)
        self.typing = False

    def _type(self, text: str) -> None:
        keys, seconds = keys_of(text)
        self.tally.keys += keys
        self.tally.seconds += seconds + (0 if self.typing else HOME)
        self.typing = True

    def _asked(self, request: Request) -> None:
        if request.redirected_from is not None:
            return
        if request.is_navigation_request():
            self.tally.loads += 1
        elif request.resource_type in {"xhr", "fetch"}:
            self.tally.parts += 1


async def sign_in(hand: Hand, name: str, password: str) -> None:
    """From the address of the desk to the first page of her work."""
    await hand.open("/")
    await hand.write(hand.page.locator("#name"), name)
    await hand.write(hand.page.locator("#password"), password)
