"""The outlines of the map for the commands: a file taken in as on the page, and what is drawn now."""

from pathlib import Path
from typing import Any

from console import boundaries
from console.outlines import MAX_BYTES
from sala.config import Config
from sala.here import Here, do
from sala.reading import read_file


def take(config: Config, file: Path, prop: str = "", *, by: str = "") -> list[str]:
    """Draw the map by this GeoJSON file from now on; sentences on what came of it.

    Raises:
        ConfigFault: it cannot be read. OutlineFault: it cannot be used; the map stays as it is.
    """
    data = read_file(file, MAX_BYTES)

    async def work(one: Here) -> boundaries.Taken:
        places = one.overlay.given(await one.memory.library.catalogue()).tables.places
        taken = await boundaries.take(one.memory.figures, places, data, file.name, prop)
        await one.memory.audit.note(one.by, "outlines", places=taken.places, left=taken.left)
        return taken

    return said(file.name, do(config, work, by))


def said(file: str, taken: boundaries.Taken) -> list[str]:
    """What came of a file, in sentences."""
    levels = ", ".join(f"{n} of level {level}" for level, n in sorted(taken.levels.items()))
    lines = [f"{file}: {taken.places} places are on the map ({levels})"]
    if taken.left:
        lines.append(f"{taken.left} features had no code of the places table, and were left out")
    lines += [
        f"{one.code} is {one.file} in the file and {one.table} in the places table: is it a file of another numbering?"
        for one in taken.others[: boundaries.MOST_NAMED]
    ]
    if len(taken.others) > boundaries.MOST_NAMED:
        lines.append(f"and {len(taken.others) - boundaries.MOST_NAMED} more are called otherwise")
    return lines


def listed(config: Config) -> list[dict[str, Any]]:
    """What the map is drawn by: of each file how many places, and since when."""

    async def work(one: Here) -> list[dict[str, Any]]:
        files: dict[tuple[str, int], int] = {}
        for drawn in await one.memory.figures.outlines():
            key = (drawn.source, drawn.at)
            files[key] = files.get(key, 0) + 1
        return [{"file": file, "since": one.time(at), "places": n} for (file, at), n in sorted(files.items())]

    return do(config, work)
