"""`python -m docs.pictures.guides`: walks both guides in a browser, in both languages; keeps a picture of each step.

The walks are those that tests/console/test_walks.py holds to ten minutes: a new admin's first service, an officer's
morning.
"""

import asyncio

from playwright.async_api import ViewportSize

from docs.pictures.rig import PICTURES, studio
from sala.loops import new_loop
from tests.console import first_service, morning
from tests.console.hand import Hand

SIZE = ViewportSize(width=1280, height=800)
LANGUAGES = ("en", "lo")


async def service(language: str) -> None:
    """The admin's."""
    async with studio() as made:
        hand = Hand(await made.page(language, SIZE), language)

        async def shoot(name: str) -> None:
            await made.keep(hand.page, PICTURES / "admin" / f"{name}-{language}.png")

        await first_service.walk(hand, shoot)


async def officer(language: str) -> None:
    """The officer's; numbered as the steps of her guide."""
    async with studio() as made, morning.town(made.site) as town:
        hand = Hand(await made.page(language, SIZE), language)

        async def shoot(name: str) -> None:
            number = list(morning.ACTS).index(name) + 1
            await made.keep(hand.page, PICTURES / "officer" / f"{number}-{name}-{language}.png")

        await morning.walk(hand, town, shoot)


async def main() -> None:
    """Both, in both languages."""
    for language in LANGUAGES:
        await service(language)
        await officer(language)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())
