"""`python -m docs.pictures.desk [NAME ...]`: every page of the desk, in English at a desk and in Lao on a telephone.

It runs the demonstration with some requests in it, so what is shown is what anybody sees who runs `make demo`.
With names of pages (`node users`) it takes only theirs. `--all` takes both languages at both widths, to be looked at.
"""

import asyncio
import re
import sys
from typing import Final

from console.cookies import COOKIE, LANGUAGE
from console.pages import PAGES
from console.visit import ROOT
from docs.pictures.rig import PICTURES, Studio, studio
from sala import invented
from sala.loops import new_loop
from tests.console.conftest import NARROW, WIDE
from tests.console.morning import town
from tests.console.town import births

FOLDER = PICTURES / "desk"
ROLE: Final = {"/audit": "auditor", "/login": ""}
KEPT: Final = (("en", "wide"), ("lo", "narrow"))
SIZES: Final = {"wide": WIDE, "narrow": NARROW}
ELSEWHERE: Final = re.compile(r"csv|xlsx|events|oidc|language|/link$|^/$|/file|/paper/|\{(name|number|what|old|new)")
"""What is no page, or leads to one."""

ASKED: Final = {"/queue": "?state=all", "/reports/map": "?level=village&service=birth"}


def name_of(path: str) -> str:
    """A file's name for an address."""
    return re.sub(r"\{(\w+)[^}]*\}", r"\1", path).strip("/").replace("/", "-") or "home"


def addresses(reference: str) -> dict[str, tuple[str, str]]:
    """By the picture's name: who looks, and at which address."""
    found = {}
    for one in PAGES:
        if one.method != "GET" or ELSEWHERE.search(one.path):
            continue
        role = ROLE.get(one.path, next((role for role in ("officer", "admin") if role in one.roles), ""))
        path = re.sub(r"\{ref[^}]*\}", reference, one.path)
        path = re.sub(r"\{id[^}]*\}", "birth", re.sub(r"\{user[^}]*\}", "officer", path))
        found[name_of(one.path)] = (role, path + ASKED.get(one.path, ""))
    return found


async def shoot(made: Studio, reference: str, wanted: set[str], kinds: tuple[tuple[str, str], ...]) -> None:
    """Each page that is wanted."""
    for name, (role, path) in addresses(reference).items():
        for language, width in kinds if not wanted or name in wanted else ():
            page = await made.page(language, SIZES[width])
            person = await made.site.person(role) if role else None
            cookies = {LANGUAGE: language} | ({COOKIE: person.cookie} if person else {})
            await page.context.add_cookies(
                [{"name": key, "value": value, "url": made.site.base} for key, value in cookies.items()]
            )
            await page.goto(ROOT + path)
            await made.keep(page, FOLDER / f"{name}-{language}-{width}.png", whole=True)
            await page.context.close()


async def main(said: list[str]) -> None:
    """Run the demonstration, fill it, take the pictures."""
    kinds = tuple((tag, width) for tag in ("en", "lo") for width in SIZES) if "--all" in said else KEPT
    async with studio() as made:
        await births(made.site, [f"+85620555123{n:02d}" for n in range(3)])
        await made.site.memory.figures.invent(*await invented.made_up(made.site.node.config))
        async with town(made.site) as morning:
            await shoot(made, morning.wrong, set(said) - {"--all"}, kinds)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main(sys.argv[1:]))
