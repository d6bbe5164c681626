"""docs/gateways/kannel.md, cut into its files, with ports, folders and secrets of a test in place of those printed."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.house.tree import ROOT
from tests.ports import free_port

PAGE = (ROOT / "docs" / "gateways" / "kannel.md").read_text("utf-8")
SECRET = "a-long-random-word-of-16-or-more-characters"


def block(language: str) -> str:
    """The one block of this language."""
    (found,) = re.findall(rf"```{re.escape(language)}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def _ports() -> dict[int, int]:
    return {printed: free_port() for printed in (13000, 13001, 13013, 10000, 2775, 8080)}


@dataclass
class Files:
    """What the page has its reader write, in a folder of the test."""

    folder: Path
    smsc: str
    change: Callable[[str], str] = str
    """What a reader changes in the page's text."""
    ports: dict[int, int] = field(default_factory=_ports)

    @property
    def kannel(self) -> Path:
        return self.folder / "kannel.conf"

    @property
    def sala(self) -> Path:
        return self.folder / "sala.toml"

    def write(self) -> None:
        for name in ("log", "spool", "lib"):
            (self.folder / name).mkdir()
        kannel = f"{block('kannel')}\n{block(f'kannel-{self.smsc}')}"
        self.kannel.write_text(self._here(self.change(kannel)), "utf-8")
        console = free_port()
        node = (
            'node = "LA-TEST-01"\ndistrict = "LA0901"\nlanguages = ["lo", "en"]\n'
            f"[http]\nport = {self.ports[8080]}\n[console]\nport = {console}\n[store]\nfree_mb = 0\nreserve_mb = 0\n"
        )
        self.sala.write_text(node + self._here(self.change(block("toml"))), "utf-8")
        with sqlite3.connect(self.folder / "lib" / "dlr.sqlite") as database:
            database.executescript(block("sql"))
        database.close()

    def _here(self, text: str) -> str:
        for name in ("log", "spool", "lib"):
            text = re.sub(rf"/var/{name}/kannel", str(self.folder / name), text)
        return re.sub(r"(?<=[ :])\d{4,5}(?=\b)", lambda found: str(self.ports.get(int(found[0]), found[0])), text)
