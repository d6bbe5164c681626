"""A new admin's first service, from a template to published, as she clicks it: a test walks it, the guide shows it."""

from collections.abc import Awaitable, Callable

from playwright.async_api import expect

from sala.demo import PASSWORD
from tests.console.hand import Hand, sign_in

LONGER = "ກະລຸນາບອກພວກເຮົາວ່າແມ່ນເລື່ອງຫຍັງ ແລະ ເກີດຂຶ້ນຢູ່ໃສ ເພື່ອໃຫ້ພວກເຮົາຊ່ວຍໄດ້ໄວ"
Shoot = Callable[[str], Awaitable[None]]
SAID = {"en": "The tap is dry", "lo": "ກອກນ້ຳບໍ່ໄຫຼ"}
WALK = {"en": "a dry tap", "lo": "ກອກນ້ຳບໍ່ໄຫຼ"}
NOTE = {"en": "The first version", "lo": "ສະບັບທຳອິດ"}


async def nothing(_name: str) -> None:
    """Take no picture."""


async def walk(hand: Hand, shoot: Shoot = nothing, name: str = "water-fault") -> None:
    """Everything from the address of the desk to the version that is live."""
    page = hand.page
    await sign_in(hand, "admin", PASSWORD)
    await shoot("sign-in")
    await hand.button("sign_in")
    await expect(page.get_by_role("link", name=hand.say["fl_new_service"])).to_be_visible()
    await shoot("list")
    await _new(hand, shoot, name)
    await _question(hand, shoot)
    await _costs(hand, shoot)
    await _phone(hand, shoot)
    await _walks(hand, shoot)
    await _texts(hand, shoot)
    await hand.link("tab_publish")
    await hand.write(page.locator("#note"), NOTE[hand.language])
    await shoot("publish")
    await hand.button("fl_publish")
    await expect(page.get_by_role("heading", name=hand.say["fl_version_n"].format(n=1))).to_be_visible()
    await shoot("versions")


async def _new(hand: Hand, shoot: Shoot, name: str) -> None:
    page = hand.page
    await hand.link("fl_new_service")
    await hand.click(page.get_by_label(hand.say["tpl_report"]))
    await hand.write(page.locator("#title-lo"), "ແຈ້ງນ້ຳປະປາ")
    await hand.write(page.locator("#title-en"), "Report a water problem")
    await hand.write(page.locator("#id"), name)
    await hand.write(page.locator("#agency"), "commerce")
    await shoot("new")
    await hand.button("fl_make_service")
    await expect(page.locator("#step-title")).to_be_visible()
    await shoot("editor")


async def _question(hand: Hand, shoot: Shoot) -> None:
    page = hand.page
    await hand.link("fl_add_step")
    await hand.link("a_question")
    await hand.link("t_choice")
    for field, words in {
        "text-lo": "ຮີບດ່ວນບໍ?",
        "text-en": "Is it urgent?",
        "name": "urgency",
        "label-lo": "ດ່ວນ",
        "label-en": "Urgency",
        "choices-lo": "ດ່ວນ\nບໍ່ດ່ວນ",
        "choices-en": "Urgent\nNot urgent",
    }.items():
        await hand.write(page.locator(f"#{field}"), words)
    await shoot("question")
    await hand.button("fl_add_step")
    await expect(page.locator("#step-title")).to_contain_text("2 urgency")


async def _costs(hand: Hand, shoot: Shoot) -> None:
    """A longer question, and what it would cost; then the first one again."""
    field = hand.page.locator(".editor textarea").first
    short = await field.input_value()
    await hand.write(field, f"{short} {LONGER}", over=True)
    costs = hand.page.locator("#costs")
    await expect(costs.locator(".changed").first).to_be_visible()
    await costs.scroll_into_view_if_needed()
    await shoot("costs")
    await hand.write(field, short, over=True)
    await expect(costs.locator("table")).to_be_visible()
    await expect(costs.locator(".changed")).to_have_count(0)


async def _phone(hand: Hand, shoot: Shoot) -> None:
    """The whole service on the phone beside the map, in her language."""
    page = hand.page
    await hand.click(page.locator(f".tools .tabs a[lang={hand.language}]"))
    await expect(page.locator(f".tools .tabs a[lang={hand.language}]")).to_have_attribute("aria-current", "true")
    # What is beside the phone comes a moment later, and moves it.
    await expect(page.locator("#costs table")).to_be_visible()
    await hand.button("fl_dial_start")
    log = page.locator("#phone .log li")
    await expect(log).to_have_count(1)
    # Water; urgent; what happened; no day; the village; send.
    for count, answer in enumerate(("1", "1", SAID[hand.language], "1", "0901005", "1"), 2):
        await hand.enter(page.locator("#typed"), answer)
        await expect(log).to_have_count(count)
    await expect(page.locator("#phone .good")).to_have_text(hand.say["fl_submitted"])
    await page.locator("#phone .lcd").scroll_into_view_if_needed()
    await shoot("phone")


async def _walks(hand: Hand, shoot: Shoot) -> None:
    """The template's walks go another way now: the new one is kept, theirs go."""
    page, name = hand.page, WALK[hand.language]
    await hand.write(page.locator("#walk-name"), name)
    await hand.button("fl_keep_walk")
    await expect(page.get_by_role("rowheader", name=name)).to_be_visible()
    await shoot("walks")
    broken = page.get_by_role("row").filter(has_text=hand.say["fl_walk_other"])
    for left in (1, 0):
        await hand.click(broken.first.get_by_role("button"))
        await expect(broken).to_have_count(left)


async def _texts(hand: Hand, shoot: Shoot) -> None:
    """All texts: one is read and marked; then the phone, large, for the colleagues in the room."""
    page = hand.page
    await hand.link("tab_texts")
    # A text that reads like one that was reviewed elsewhere is ticked already.
    unread = await page.locator("input[type=checkbox]:not([checked])").first.get_attribute("name")
    await hand.click(page.locator(f"input[name='{unread}']"))
    await hand.button("fl_save_texts")
    await expect(page.locator(f"input[name='{unread}'][checked]")).to_be_checked()
    await shoot("texts")
    await hand.link("tab_phone")
    await expect(page.locator("#phone .lcd")).to_be_visible()
    await shoot("large")
