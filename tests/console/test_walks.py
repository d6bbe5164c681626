"""The two walks of the guides, in both languages: they end where they should, and cost a person at most ten minutes."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from store.scope import EVERYTHING
from tests.console import first_service, morning
from tests.console.conftest import WIDE, Site
from tests.console.hand import CLICK, HOME, KEY, LAO_KEY, POINT, THINK, Hand, Tally, keys_of

expect.set_options(timeout=60_000)
TEN_MINUTES = 600
MOST_PAGES = 30


@pytest_asyncio.fixture(loop_scope="module")
async def hand(request: pytest.FixtureRequest, site: Site, browser: Browser) -> AsyncIterator[Hand]:
    """Somebody whom the desk does not know yet, in a browser of her own that asks for her language."""
    language: str = request.param
    context = await browser.new_context(
        base_url=site.base, viewport=WIDE, locale={"lo": "lo-LA"}.get(language, "en-GB")
    )
    context.set_default_timeout(60_000)
    yield Hand(await context.new_page(), language)
    await context.close()


def cost(tally: Tally) -> tuple[int, int]:
    """What does not depend on the machine. A form that goes before the page's script is there loads a page more."""
    assert tally.loads <= MOST_PAGES
    assert tally.seconds <= TEN_MINUTES
    return tally.clicks, tally.keys


async def nothing(_name: str) -> None:
    """Take no picture."""


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("hand", ["en", "lo"], indirect=True)
async def test_a_first_service_from_template_to_published_without_a_line_of_yaml(site: Site, hand: Hand) -> None:
    name = f"water-{hand.language}"
    await first_service.walk(hand, name=name)
    live = site.memory.office.live[name]
    assert "# A report: what happened" in live.source
    assert "urgency:\n    type: choice" in live.source
    assert [test.name for test in live.flow.tests] == [first_service.WALK[hand.language]]
    assert cost(hand.tally) == {"en": (37, 302), "lo": (37, 294)}[hand.language]


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("hand", ["en", "lo"], indirect=True)
async def test_a_morning_of_an_officer_whose_link_is_down(site: Site, hand: Hand) -> None:
    async with morning.town(site, {"en": 12, "lo": 13}[hand.language]) as one:
        await morning.walk(hand, one, nothing)
        fixed = await site.memory.queue.one(EVERYTHING, one.wrong)
    assert fixed
    assert fixed.case_revision == 2
    assert cost(hand.tally) == {"en": (21, 102), "lo": (21, 105)}[hand.language]


@pytest.mark.parametrize(
    ("text", "keys", "seconds"), [("ab1", 3, 3 * KEY), ("Ab?", 5, 5 * KEY), ("ລາວ", 3, 3 * LAO_KEY), ("", 0, 0)]
)
def test_a_key_costs_what_the_model_says(text: str, keys: int, seconds: float) -> None:
    found = keys_of(text)
    assert found[0] == keys
    assert found[1] == pytest.approx(seconds)


def test_the_operators_are_those_of_the_paper() -> None:
    assert (THINK, POINT, CLICK, HOME, KEY, LAO_KEY) == (1.35, 1.10, 0.20, 0.40, 0.50, 1.20)
