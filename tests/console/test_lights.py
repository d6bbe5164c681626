"""What the desk says of its machine: may it be switched off, how long must a link hold, is the audit's chain whole."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from console.visit import ROOT
from store.database import Database
from tests.console.conftest import SignedIn, Site
from tests.console.town import Wire, births, soon

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]
expect.set_options(timeout=60_000)

REGISTRY = "civil-registry"


async def test_the_light_goes_out_while_something_is_sent_and_one_sync_runs_at_a_time(
    site: Site, signed_in: SignedIn
) -> None:
    wire = Wire(site.node, REGISTRY)
    wire.cut()
    await births(site, ["+8562055515501", "+8562055515502"])

    async def waiting() -> bool:
        return wire.is_down

    await soon(waiting, "the cut")
    page = await signed_in("officer")
    await page.goto(ROOT + "/queue")
    main = page.locator("main")
    await expect(main).to_contain_text("Safe to switch off")
    await expect(main).to_contain_text("a link of 128 kbit/s must hold for about 1 min")
    held = asyncio.Event()
    deliver = wire._deliver

    async def slow(batch: Any) -> Any:
        await held.wait()
        return await deliver(batch)

    wire._connector.deliver = slow
    try:
        await page.get_by_role("button", name="Sync now", exact=True).first.click()
        await expect(main).to_contain_text("Please wait before you switch off")
        await expect(page.locator(".push")).to_contain_text("Syncing:")
        first = await site.memory.pushes.open()
        assert first
        assert await site.memory.pushes.ask("", "somebody else") is False, "one at a time"
        auditor = await signed_in("auditor")
        await auditor.goto(ROOT + "/queue")
        await expect(auditor.locator(".push")).to_contain_text(first.actor)
    finally:
        held.set()
        wire.mend(resume=False)
    await expect(main).to_contain_text("Safe to switch off")
    await expect(main).to_contain_text("Nothing waits")
    last = await site.memory.pushes.last()
    assert last
    assert last.n == first.n


async def test_a_row_of_the_audit_that_was_changed_is_told_on_the_page(site: Site, signed_in: SignedIn) -> None:
    for n in range(3):
        await site.memory.audit.note("officer", "number_revealed", str(n), reason="a reason to be changed")

    async def change(database: Database) -> None:
        await database.begin()
        await database.rows("UPDATE audit SET actor = 'nobody' WHERE n = 2")

    page = await signed_in("auditor")
    await page.goto(ROOT + "/audit")
    await expect(page.locator("main")).to_contain_text("The chain is whole")
    await site.memory.writer.do(change)
    await page.get_by_role("button", name="Read all of it now").click()
    await expect(page.get_by_role("alert")).to_contain_text("The chain is broken at row 2")
