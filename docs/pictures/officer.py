"""The guide of an officer's morning: walks it in a browser, takes the pictures, writes the pages in English and in Lao.

PYTHONPATH=. python docs/pictures/officer.py
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, async_playwright

from console.cookies import LANGUAGE
from console.visit import ROOT
from console.words import Words
from sala import config as configuration
from sala import demo
from store.scope import EVERYTHING
from tests.console.conftest import CHROMIUM, SWITCHES, WIDE, Site
from tests.console.town import Wire, births
from tests.ports import free_port
from tests.store.test_queue import refuse

DOCS = Path(__file__).resolve().parent.parent
FOLDER = DOCS / "pictures" / "officer"
REGISTRY = "civil-registry"


@dataclass(frozen=True)
class Step:
    """One step of the morning: what is done, what it is called, and what to look at, in both languages."""

    name: str
    title: dict[str, str]
    text: dict[str, str]
    act: Callable[[Page, "Morning"], Awaitable[None]]


@dataclass
class Morning:
    """The town behind the walk."""

    site: Site
    wire: Wire
    wrong: str
    language: str

    def say(self, key: str) -> str:
        """A word of the pages."""
        return Words()[self.language][key]


async def sign_in(page: Page, _morning: Morning) -> None:
    """The form."""
    await page.goto(ROOT + "/login")
    await page.locator("#name").fill("officer")
    await page.locator("#password").fill(demo.PASSWORD)


async def look(page: Page, _morning: Morning) -> None:
    """The list."""
    await page.locator("main form button").click()
    await page.wait_for_url("**/queue")


async def to_fix(page: Page, _morning: Morning) -> None:
    """The first tab."""
    await page.locator("#tab-fix").click()
    await page.wait_for_load_state()


async def open_fix(page: Page, morning: Morning) -> None:
    """The one field."""
    await page.goto(f"{ROOT}/queue/{morning.wrong}/fix")
    await page.locator("#f-mother_name").fill("Bouavanh Keomany")


async def sent(page: Page, morning: Morning) -> None:
    """The request after it."""
    await page.locator("main form button").click()
    await page.wait_for_url(f"**/queue/{morning.wrong}")


async def stick(page: Page, _morning: Morning) -> None:
    """A file."""
    await page.goto(ROOT + "/transfer")
    await page.locator("main form button").first.click()
    await page.locator("li.good").wait_for()


async def sync(page: Page, morning: Morning) -> None:
    """The link is back."""
    morning.wire.mend(resume=False)
    await page.goto(ROOT + "/queue")
    await page.locator("#sync").click()
    await page.get_by_text(morning.say("sync_over").partition("{")[0]).first.wait_for()


async def calls(page: Page, _morning: Morning) -> None:
    """The call list."""
    await page.goto(ROOT + "/calls")


async def counter(page: Page, _morning: Morning) -> None:
    """The first screen."""
    await page.goto(ROOT + "/counter")
    await page.locator("#number").fill("020 55 512 777")
    await page.locator("main form button").click()
    await page.locator("#screen").wait_for()


STEPS = (
    Step(
        "sign-in",
        {"en": "Sign in", "lo": "ເຂົ້າສູ່ລະບົບ"},
        {
            "en": "Name and password; the code only with a second factor. It works without a network.",
            "lo": "ຊື່ ແລະ ລະຫັດຜ່ານ; ລະຫັດຢືນຢັນສະເພາະຜູ້ທີ່ໃຊ້ການຢືນຢັນຂັ້ນສອງ. ໃຊ້ໄດ້ໂດຍບໍ່ມີເຄືອຂ່າຍ.",
        },
        sign_in,
    ),
    Step(
        "look",
        {"en": "Look at the strip and at the one number", "lo": "ເບິ່ງແຖບດ້ານເທິງ ແລະ ຕົວເລກໃຫຍ່"},
        {
            "en": "The link is down; what waits is safe here. The number is the age of the oldest that waits.",
            "lo": "ການເຊື່ອມຕໍ່ຂາດ; ສິ່ງທີ່ລໍຖ້າຢູ່ໃນເຄື່ອງນີ້ຢ່າງປອດໄພ. ຕົວເລກແມ່ນອາຍຸຂອງຄຳຮ້ອງເກົ່າສຸດ.",
        },
        look,
    ),
    Step(
        "to-fix",
        {"en": "First what is to be fixed", "lo": "ເລີ່ມຈາກສິ່ງທີ່ຕ້ອງແກ້ໄຂ"},
        {"en": "The agency's reason stands beside each.", "lo": "ເຫດຜົນຂອງໜ່ວຍງານຢູ່ຂ້າງແຕ່ລະອັນ."},
        to_fix,
    ),
    Step(
        "fix",
        {"en": "Put right only what is named", "lo": "ແກ້ສະເພາະຂໍ້ທີ່ບອກ"},
        {
            "en": "The citizen's answer is there to be corrected. In doubt, call: the number is shown for a reason.",
            "lo": "ຄຳຕອບຂອງປະຊາຊົນຢູ່ນັ້ນໃຫ້ແກ້. ຖ້າບໍ່ແນ່ໃຈ ໃຫ້ໂທຫາ (ສະແດງເລກເຕັມ ຕ້ອງບອກເຫດຜົນ).",
        },
        open_fix,
    ),
    Step(
        "sent",
        {"en": "It goes as the next revision", "lo": "ສົ່ງເປັນຄັ້ງຕໍ່ໄປ"},
        {"en": "The old value and everything that happened stay to be seen.", "lo": "ຄ່າເກົ່າ ແລະ ທຸກສິ່ງທີ່ເກີດຂຶ້ນຍັງເບິ່ງໄດ້."},
        sent,
    ),
    Step(
        "stick",
        {"en": "No link for days? Write a stick", "lo": "ບໍ່ມີເຄືອຂ່າຍຫຼາຍມື້? ຂຽນໃສ່ USB"},
        {
            "en": "Save the newest file on the stick. A lost stick loses nothing: it all waits here until the receipt.",
            "lo": "ບັນທຶກໄຟລ໌ໃໝ່ສຸດໃສ່ USB. USB ເສຍກໍບໍ່ເສຍຫຍັງ: ທຸກຢ່າງຍັງລໍຖ້າຢູ່ນີ້ຈົນມີໃບຮັບ.",
        },
        stick,
    ),
    Step(
        "sync",
        {"en": "The link is back: Sync now", "lo": "ເຊື່ອມຕໍ່ໄດ້ແລ້ວ: ສົ່ງດຽວນີ້"},
        {
            "en": "It counts, and says what came of it. Nothing is sent twice, also what is on the stick already.",
            "lo": "ມັນນັບ ແລະ ບອກຜົນ. ບໍ່ມີຫຍັງສົ່ງສອງເທື່ອ, ແມ່ນແຕ່ສິ່ງທີ່ຢູ່ໃນ USB ແລ້ວ.",
        },
        sync,
    ),
    Step(
        "calls",
        {"en": "Call those who wait for a call", "lo": "ໂທຫາຜູ້ທີ່ລໍຖ້າ"},
        {
            "en": "Messages that nobody could place come here. Done takes a line away.",
            "lo": "ຂໍ້ຄວາມທີ່ບໍ່ເຂົ້າໃຈມາທີ່ນີ້. ກົດ ແລ້ວ ເມື່ອຈັດການແລ້ວ.",
        },
        calls,
    ),
    Step(
        "counter",
        {"en": "Somebody is at the counter", "lo": "ມີຄົນຢູ່ໂຕະບໍລິການ"},
        {
            "en": "The same questions as on her telephone; the receipt goes to her number, and a slip can be printed.",
            "lo": "ຄຳຖາມຄືໃນໂທລະສັບ; ໃບຮັບໄປຫາເລກຂອງລາວ ແລະ ພິມໃບຮັບໄດ້.",
        },
        counter,
    ),
)

HEAD = {
    "en": "# An officer's morning\n\nWalked by `docs/pictures/officer.py`. More of each page: [desk.md](desk.md).\n",
    "lo": "# ຕອນເຊົ້າຂອງພະນັກງານ\n\n**ຮ່າງ: ຍັງບໍ່ມີຜູ້ເວົ້າພາສາລາວກວດ (draft, to be signed by a Lao speaker).**\n",
}


async def walk(language: str) -> None:
    """The whole morning once, with its pictures."""
    with tempfile.TemporaryDirectory() as place:
        port = free_port()
        written = await asyncio.to_thread(demo.written, port, Path(place))
        async with demo.running(configuration.load(written), Path(place)) as running, async_playwright() as playwright:
            site = Site(f"http://127.0.0.1:{port}", running.node, Path(place))
            wire = Wire(running.node, REGISTRY)
            wire.cut()
            references = await births(site, [f"+85620555124{n:02d}" for n in range(5)])
            entry = await site.memory.queue.one(EVERYTHING, references[0])
            if entry is not None:
                await refuse(site.memory, entry.latest, REGISTRY, "mother_name")
            await site.memory.review.tell("unmatched", "ຂໍຖາມເລື່ອງໃບເກີດ")
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
            context = await browser.new_context(base_url=site.base, locale="en-GB", viewport=WIDE)
            await context.add_cookies([{"name": LANGUAGE, "value": language, "url": site.base}])
            page, morning = await context.new_page(), Morning(site, wire, references[0], language)
            for number, step in enumerate(STEPS, 1):
                await step.act(page, morning)
                await page.screenshot(path=FOLDER / f"{number}-{step.name}-{language}.png")
            await browser.close()


def write(language: str) -> None:
    """The page."""
    lines = [HEAD[language]]
    for number, step in enumerate(STEPS, 1):
        picture = f"pictures/officer/{number}-{step.name}-{language}.png"
        title = step.title[language]
        lines += [f"## {number}. {title}\n", f"{step.text[language]}\n", f"![{title}]({picture})\n"]
    name = "officer-guide.md" if language == "en" else "officer-guide.lo.md"
    (DOCS / name).write_text("\n".join(lines), "utf-8")


async def main() -> None:
    """Both languages."""
    FOLDER.mkdir(exist_ok=True)
    for language in ("en", "lo"):
        await walk(language)
        write(language)


if __name__ == "__main__":
    asyncio.run(main())
