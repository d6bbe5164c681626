"""One turn while it is being answered: what came in, what is known, and what goes out; the table of screens.

A screen is a pair of functions: its pages, and what a key does there. Screens open each other by name, through the
visit, so that no module of theirs imports another one in a ring.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from flows.dialogue.keys import choose
from flows.dialogue.office import Office
from flows.dialogue.state import Draft, Person, Spot, Talk
from flows.phrases import fill
from flows.text.measure import Budget
from flows.text.paging import Line, paginate
from flows.turn import Channel, Effect, Heard, Moment, Need

SMS_OPEN_SECONDS: Final = 86_400
"""How long a question asked by SMS waits for its answer."""


class AskingError(Exception):
    """The turn cannot be answered before the store has told something; never leaves `hear`."""

    def __init__(self, need: Need) -> None:
        """Take the question."""
        super().__init__(need.kind)
        self.need = need


class Shown(msgspec.Struct, frozen=True):
    """What the citizen gets: one page (USSD) or one message; `told`: an effect of this turn says it already."""

    text: str
    end: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    """One kind of screen of the channel's own (a flow's screens are the engine's).

    Attributes:
        pages: what it shows here. press: what a key that is not 9, 0 or 00 does.
        back: what 0 does on the first page; None opens the front menu.
        same: whether its pages are the same for all who speak a language, but for what the spot is about: one of a few.
    """

    pages: "Callable[[Visit, Spot], tuple[str, ...]]"
    press: "Callable[[Visit, Spot, str], Shown]"
    back: "Callable[[Visit, Spot], Shown] | None" = None
    same: bool = False


class Visit(msgspec.Struct):
    """One turn under way. `talk` and `person` are replaced as it goes; nothing of the caller's is changed."""

    office: Office
    talk: Talk
    person: Person
    heard: Heard
    moment: Moment
    screens: Mapping[str, Screen]
    effects: list[Effect] = []

    @property
    def channel(self) -> Channel:
        """The door of this turn."""
        return self.heard.channel

    @property
    def sms(self) -> bool:
        """Whether this turn is a text message."""
        return self.heard.channel == "sms"

    @property
    def budget(self) -> Budget:
        """The room of one page of the channel's own screens."""
        return self.office.node.message if self.sms else self.office.node.ussd

    @property
    def language(self) -> str:
        """The person's language; before it was chosen, the one guessed from a keyword, else the node's first."""
        return self.person.language or self.talk.language or self.office.languages[0]

    @property
    def spot(self) -> Spot:
        """Where this channel stands."""
        return self.talk.sms if self.sms else self.talk.ussd

    def known(self, need: Need) -> Any:
        """What the store says; the first time it is asked."""
        if need not in self.moment.known:
            raise AskingError(need)
        return self.moment.known[need]

    def say(self, key: str, **values: Any) -> str:
        """A phrase in the person's language; `{dial}`, `{short}` and `{contact}` are always there."""
        text = self.office.phrases.text(self.language, key)
        if "{" not in text:
            return text
        node = self.office.node
        fixed = {"dial": node.dial, "short": node.short or node.dial, "contact": node.contact or node.dial}
        return fill(text, fixed | values)

    def stand(self, spot: Spot) -> None:
        """Remember where this channel stands from now on."""
        if self.sms:
            until = self.moment.now + SMS_OPEN_SECONDS if spot.screen else 0
            self.talk = replace(self.talk, sms=replace(spot, until=until))
        else:
            self.talk = replace(self.talk, ussd=spot)

    def pages(self, spot: Spot) -> tuple[str, ...]:
        """The pages of a screen of the channel's own."""
        screen = self.screens[spot.screen]
        if not screen.same:
            return screen.pages(self, spot)
        key = ("pages", self.channel, self.language, spot.screen, spot.about)
        return self.office.once(lambda: screen.pages(self, spot), *key)

    def open(self, spot: Spot) -> Shown:
        """Show a screen of the channel's own."""
        pages = self.pages(spot)
        spot = replace(spot, page=max(0, min(spot.page, len(pages) - 1)))
        self.stand(spot)
        return Shown(pages[spot.page])

    def close(self, text: str) -> Shown:
        """End the dialogue with a text of the channel's own; one longer than a page is shown page by page instead."""
        pages = self.sheet([text], last="")
        if len(pages) > 1 and not self.sms:
            return self.open(Spot("note", about=text))
        self.stand(Spot())
        return Shown(text if self.sms else pages[0], end=True)

    def note(self, key: str, **values: Any) -> Shown:
        """Show a phrase on a screen of its own, from which any key leads back; on SMS it waits for nothing."""
        return self.tell(self.say(key, **values))

    def tell(self, text: str) -> Shown:
        """The same with a text that is no phrase."""
        return self.close(text) if self.sms else self.open(Spot("note", about=text))

    def sheet(
        self, texts: Sequence[str], options: Mapping[str, str] | None = None, *, last: str | None = None, more: str = ""
    ) -> tuple[str, ...]:
        """The pages of a screen: texts, then options, then the keys that work here (`last`; None is back)."""
        lines = [Line(text) for text in texts if text]
        lines += [Line(f"{key} {label}", whole=True) for key, label in (options or {}).items()]
        back = self.say("keys.back")
        last = ("" if self.sms else back) if last is None else last
        more = more or f"{self.say('keys.next')} {back}"
        return paginate(lines, self.budget, more=more, last=last)

    def pick(self, options: Mapping[str, str], text: str) -> str:
        """The key of the option that was meant; "" for none."""
        return choose(options, text)

    def draft(self, key: str) -> Draft | None:
        """The begun service of this key."""
        return next((one for one in self.talk.drafts if one.key == key), None)
