"""Signing in as a person does: a second factor begun with a square, then the login page on a thin link (check O1)."""

import asyncio
import base64
import re

import pytest
from playwright.async_api import Browser, Page, expect

from console import secrets
from console.square import square
from console.visit import ROOT
from store.scope import EVERYTHING
from store.users import Newcomer
from tests.console.conftest import WIDE, Site
from tests.console.town import Wire, births

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

PASSWORD = "four unlike words here"
THIN = {"offline": False, "latency": 300, "downloadThroughput": 16_000, "uploadThroughput": 16_000}
"""128 kbit/s and 300 ms."""

MOST = 100_000


async def opened(site: Site, browser: Browser, *, script: bool = True) -> Page:
    context = await browser.new_context(base_url=site.base, viewport=WIDE, locale="en-GB", java_script_enabled=script)
    context.set_default_timeout(60_000)
    return await context.new_page()


async def enter(page: Page, name: str, code: str = "") -> None:
    await page.goto(ROOT + "/login")
    await page.get_by_label("User name").fill(name)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Code", exact=False).fill(code)
    await page.get_by_role("button", name="Sign in").click()


def digits_now(site: Site, secret: bytes) -> str:
    """Of the step after this one: good for a minute at least, however slow the machine is."""
    return secrets.totp(secret, int(site.memory.clock.now()) // secrets.PERIOD + 1)


async def somebody(site: Site, name: str) -> None:
    hashed = await asyncio.to_thread(secrets.hash_password, PASSWORD)
    await site.memory.users.add(Newcomer(name, hashed, ["officer"], EVERYTHING, fresh=False), by="test")


async def test_o1_from_the_square_to_the_list_on_a_thin_link(site: Site, browser: Browser) -> None:
    Wire(site.node, "civil-registry").cut()
    await births(site, [f"+85620555133{n:02d}" for n in range(5)])
    await somebody(site, "noy")
    page = await opened(site, browser, script=False)
    await enter(page, "noy")
    await page.goto(ROOT + "/account?second=1")
    key = await page.locator("code.key").inner_text()
    secret = base64.b32decode(key.replace(" ", ""))
    drawn = await page.locator("svg.square path").last.get_attribute("d")
    address = secrets.address(secret, "noy", site.node.config.node)
    assert f'd="{drawn}"' in str(square(address, "")), "the square is this key's"
    await page.locator("#second-code").fill(digits_now(site, secret))
    await page.get_by_role("button", name="second factor").click()
    codes = await page.locator("ol.codes code").all_inner_texts()
    assert len(codes) == secrets.CODES
    await page.context.close()

    page = await opened(site, browser)
    session = await page.context.new_cdp_session(page)
    weights: list[float] = []
    session.on("Network.loadingFinished", lambda said: weights.append(said["encodedDataLength"]))
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", THIN)
    await enter(page, "noy", digits_now(site, secret))
    await expect(page.locator("#sync")).to_be_enabled(timeout=60_000)
    await expect(page.locator("table.cards tbody tr").first).to_be_visible(timeout=60_000)
    assert 5_000 < sum(weights) < MOST, "the sign-in and the list together"
    await page.context.close()

    page = await opened(site, browser)
    await enter(page, "noy", codes[0])
    await expect(page).to_have_url(re.compile("/queue"))
    await page.context.close()
    page = await opened(site, browser)
    await enter(page, "noy", codes[0])
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.context.close()
