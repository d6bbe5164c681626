"""A new admin's first service, from a template to published, as she clicks it: a test walks it, the guide shows it."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from console.visit import ROOT

LONGER = "ກະລຸນາບອກພວກເຮົາວ່າແມ່ນເລື່ອງຫຍັງ ແລະ ເກີດຂຶ້ນຢູ່ໃສ ເພື່ອໃຫ້ພວກເຮົາຊ່ວຍໄດ້ໄວ"
Shoot = Callable[[str], Awaitable[None]]
ANSWERS = ("1", "1", "The tap is dry", "1", "0901005", "1")
"""Water; urgent; what happened; no day; the village; send."""


async def nothing(_name: str) -> None:
    """Take no picture."""


async def walk(page: Page, shoot: Shoot = nothing, name: str = "water-fault") -> None:
    """Everything from the list of services to the version that is live."""
    await page.goto(f"{ROOT}/flows")
    await shoot("list")
    await page.get_by_role("link", name="New service").click()
    await page.get_by_label("A report of a problem").check()
    await page.locator("#title-lo").fill("ແຈ້ງນ້ຳປະປາ")
    await page.locator("#title-en").fill("Report a water problem")
    await page.locator("#id").fill(name)
    await page.locator("#agency").fill("commerce")
    await shoot("new")
    await page.get_by_role("button", name="Make the service").click()
    await expect(page.locator("h1")).to_contain_text("ແຈ້ງນ້ຳປະປາ")
    await shoot("editor")
    await _question(page, shoot)
    await _costs(page, shoot)
    await _walks(page, shoot, name)
    await _texts(page, shoot)
    await page.get_by_role("link", name="Publish", exact=True).click()
    await page.locator("#note").fill("The first version")
    await shoot("publish")
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
    await shoot("versions")


async def _question(page: Page, shoot: Shoot) -> None:
    await page.get_by_role("link", name="Add a step").click()
    await page.get_by_role("link", name="A question", exact=True).click()
    await page.get_by_role("link", name="One of a few").click()
    await page.locator("#text-lo").fill("ຮີບດ່ວນບໍ?")
    await page.locator("#text-en").fill("Is it urgent?")
    await page.locator("#name").fill("urgency")
    await page.locator("#label-lo").fill("ດ່ວນ")
    await page.locator("#label-en").fill("Urgency")
    await page.locator("#choices-lo").fill("ດ່ວນ\nບໍ່ດ່ວນ")
    await page.locator("#choices-en").fill("Urgent\nNot urgent")
    await shoot("question")
    await page.get_by_role("button", name="Add a step").click()
    await expect(page.locator("#step-title")).to_contain_text("2 urgency")


async def _costs(page: Page, shoot: Shoot) -> None:
    """A longer question, and what it would cost; then the first one again."""
    field = page.locator(".editor textarea").first
    short = await field.input_value()
    await field.fill(f"{short} {LONGER}")
    costs = page.locator("#costs")
    await expect(costs.locator(".changed").first).to_be_visible()
    await costs.scroll_into_view_if_needed()
    await shoot("costs")
    await field.fill(short)
    await expect(costs.locator("table")).to_be_visible()
    await expect(costs.locator(".changed")).to_have_count(0)


async def _texts(page: Page, shoot: Shoot) -> None:
    """All texts: one is read and marked; then the phone, large, for the colleagues in the room."""
    await page.get_by_role("link", name="All texts").click()
    await page.get_by_role("checkbox").first.check()
    await page.get_by_role("button", name="Save texts").click()
    await expect(page.get_by_role("checkbox").first).to_be_checked()
    await shoot("texts")
    await page.get_by_role("link", name="Large phone").click()
    await expect(page.locator("#phone .lcd")).to_be_visible()
    await shoot("large")


async def _walks(page: Page, shoot: Shoot, name: str) -> None:
    """The template's walks go another way now: the new one is walked on the phone and kept, theirs go."""
    await page.goto(f"{ROOT}/flows/{name}?step=2&lang=en")
    await page.get_by_role("button", name="Dial at the start").click()
    log = page.locator("#phone .log li")
    await expect(log).to_have_count(1)
    for count, answer in enumerate(ANSWERS, 2):
        await page.locator("#typed").fill(answer)
        await page.locator(".reply button").click()
        await expect(log).to_have_count(count)
    await expect(page.locator("#phone .lcd")).to_contain_text("Received")
    await shoot("phone")
    await page.locator("#walk-name").fill("a dry tap, in English")
    await page.get_by_role("button", name="Keep as a walk").click()
    await expect(page.get_by_role("rowheader", name="a dry tap, in English")).to_be_visible()
    await shoot("walks")
    broken = page.get_by_role("row").filter(has_text="another way")
    for left in (1, 0):
        await broken.first.get_by_role("button").click()
        await expect(broken).to_have_count(left)
