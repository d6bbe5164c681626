"""An officer's morning in a district whose link is down, as she clicks it: a test walks it, the guide shows it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from playwright.async_api import expect

from sala.demo import PASSWORD
from store.scope import EVERYTHING
from tests.console.conftest import Site
from tests.console.hand import Hand, sign_in
from tests.console.town import Wire, births
from tests.sala.test_serve import answer_to
from tests.store.test_queue import refuse

REGISTRY: Final = "civil-registry"
MOST_KEYS: Final = 40
"""Answers at the counter, at most: a birth has fifteen."""


@dataclass(frozen=True)
class Morning:
    """The town behind the walk: one request that its agency refused, five that wait, a line that is cut."""

    site: Site
    wire: Wire
    wrong: str
    visitor: str


@asynccontextmanager
async def town(site: Site, telephone: int = 12) -> AsyncIterator[Morning]:
    """Cut the line and let five births come in; one of them is refused for the mother's name.

    `telephone` is in everybody's number: who has registered a birth once is not asked for it again.
    """
    wire = Wire(site.node, REGISTRY)
    wire.cut()
    try:
        references = await births(site, [f"+8562055{telephone}40{n:02d}" for n in range(5)])
        entry = await site.memory.queue.one(EVERYTHING, references[0])
        assert entry
        await refuse(site.memory, entry.latest, REGISTRY, "mother_name")
        await site.memory.review.tell("unmatched", "ຂໍຖາມເລື່ອງໃບເກີດ")
        yield Morning(site, wire, references[0], f"020 55 {telephone}5 777")
    finally:
        wire.mend()


async def _sign_in(hand: Hand, _morning: Morning) -> None:
    await sign_in(hand, "officer", PASSWORD)


async def _look(hand: Hand, _morning: Morning) -> None:
    await hand.button("sign_in")
    await hand.page.wait_for_url("**/queue")


async def _to_fix(hand: Hand, _morning: Morning) -> None:
    await hand.click(hand.page.locator("#tab-fix"))
    await hand.page.wait_for_url("**state=fix*")


async def _fix(hand: Hand, morning: Morning) -> None:
    await hand.click(hand.page.locator(f"main a[href$='/queue/{morning.wrong}/fix']"))
    await hand.write(hand.page.locator("#f-mother_name"), "Bouavanh Keomany", over=True)


async def _sent(hand: Hand, morning: Morning) -> None:
    await hand.button("fix_send")
    await hand.page.wait_for_url(f"**/queue/{morning.wrong}")


async def _stick(hand: Hand, _morning: Morning) -> None:
    await hand.link("nav_queue")
    await hand.click(hand.page.locator("#usb"))
    await hand.button("stick_write")
    newest = hand.page.locator("li.good")
    async with hand.page.expect_download() as waiting:
        await hand.click(newest.get_by_role("link"))
    await (await waiting.value).path()


async def _sync(hand: Hand, morning: Morning) -> None:
    morning.wire.mend(resume=False)
    await hand.link("nav_queue")
    await hand.click(hand.page.locator("#sync"))
    await expect(hand.page.locator(".push")).to_contain_text(hand.say["sync_over"].partition("{")[0].strip())


async def _calls(hand: Hand, _morning: Morning) -> None:
    await hand.link("nav_calls")
    await expect(hand.page.locator(".said").first).to_be_visible()


async def _counter(hand: Hand, morning: Morning) -> None:
    """The message is done with; somebody comes in, and her birth is asked for as on the telephone."""
    page = hand.page
    await hand.click(page.locator("main form[action$='/done'] button").first)
    await hand.link("nav_counter")
    await hand.write(page.locator("#number"), morning.visitor)
    await hand.button("begin")
    await expect(page.locator("#screen")).to_be_visible()


async def _slip(hand: Hand, _morning: Morning) -> None:
    """Her answers, each followed by Enter, in the language that the officer reads; then the paper."""
    page = hand.page
    name = {"en": "English", "lo": "ລາວ"}[hand.language]
    for _ in range(MOST_KEYS):
        if await page.get_by_role("link", name=hand.say["next_person"]).count():
            break
        shown = await page.locator("#screen").inner_text()
        chosen = next((line.split()[0] for line in shown.split("\n") if line.endswith(name)), "")
        await hand.enter(page.locator("#input"), chosen or answer_to(shown))
        await expect(page.locator("#screen")).not_to_have_text(shown)
    await hand.link("slip")
    await expect(page.locator(".slip")).to_be_visible()


async def _reports(hand: Hand, _morning: Morning) -> None:
    await hand.link("nav_reports")
    await expect(hand.page.locator("h1")).to_be_visible()


Act = Callable[[Hand, Morning], Awaitable[None]]
ACTS: Final[Mapping[str, Act]] = {
    "sign-in": _sign_in,
    "look": _look,
    "to-fix": _to_fix,
    "fix": _fix,
    "sent": _sent,
    "stick": _stick,
    "sync": _sync,
    "calls": _calls,
    "counter": _counter,
    "slip": _slip,
    "reports": _reports,
}
"""What she does, in its order, by the name of its picture."""

Shoot = Callable[[str], Awaitable[None]]


async def walk(hand: Hand, morning: Morning, shoot: Shoot) -> None:
    """The whole morning."""
    for name, act in ACTS.items():
        await act(hand, morning)
        await shoot(name)
