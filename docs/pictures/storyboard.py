"""`make picture`: photographs the storyboard of the birth notice, its poster, and a change of it, as printed."""

import dataclasses
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from docs.pictures.make import browser
from flows.difference import page as difference
from flows.explorer.storyboard import storyboard
from flows.loader import load
from flows.poster import page as poster
from flows.revision import Revision, revise
from sala import explored, services

HERE = Path(__file__).resolve().parent
BIRTH = services.LIBRARY / "birth.yaml"


def changed(revision: Revision) -> Revision:
    """The birth notice with three changes of the kinds that are asked for most."""
    village = revision.source[revision.source.index("  - ask: village") : revision.source.index("  - ask: mother_name")]
    text = revision.source.replace(village, "").replace("steps:\n", f"steps:\n{village}", 1)
    text = text.replace("keep: 30d", "keep: 60d").replace('en: "Boy or girl?"', 'en: "Is it a boy or a girl?"')
    return revise(load(text, "birth.yaml"), revision.parts)


def photograph(page: str, name: str, size: str) -> None:
    """Keep what a browser shows of a page in a window of this size."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, "utf-8")
        options = ["--headless=new", "--no-sandbox", "--hide-scrollbars", f"--window-size={size}"]
        subprocess.run(  # noqa: S603 - our own page, in the browser found on this machine
            [browser(), *options, f"--user-data-dir={folder}", f"--screenshot={HERE / name}", file.as_uri()],
            check=True,
            capture_output=True,
        )


def main() -> None:
    """Write the pages, photograph them."""
    chosen = explored.settings_of(services.material(None), [explored.tariff("LTC:150:50:LAK")])
    birth = explored.only(BIRTH)
    photograph(storyboard(birth, chosen), "storyboard.png", "1180,2240")
    photograph(poster(birth, dataclasses.replace(chosen, district="LA0901")), "poster.png", "606,840")
    photograph(difference(birth, changed(birth), chosen), "difference.png", "900,1000")


if __name__ == "__main__":
    main()
