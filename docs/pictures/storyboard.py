"""`make picture`: draws the storyboard of the birth notice and keeps its first screens as a picture."""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from docs.pictures.make import browser
from flows.explorer.storyboard import storyboard
from sala import explored, services

OUT = Path(__file__).resolve().parent / "storyboard.png"
SIZE = "1180,2240"


def main() -> None:
    """Write the page, photograph it."""
    tariff = explored.tariff("LTC:150:50:LAK")
    chosen = explored.settings_of(services.material(None), [tariff])
    page = storyboard(explored.only(services.LIBRARY / "birth.yaml"), chosen)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "storyboard.html"
        file.write_text(page, "utf-8")
        options = ["--headless=new", "--no-sandbox", "--hide-scrollbars", f"--window-size={SIZE}"]
        subprocess.run(  # noqa: S603 # our own page, in the browser found on this machine
            [browser(), *options, f"--user-data-dir={folder}", f"--screenshot={OUT}", file.as_uri()],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
