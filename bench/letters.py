"""Makes `sync/bearer/letters.json`: how often each letter follows the letters before it, in Lao and in Latin script.

    python -m bench.letters

The texts are this repository's own: the phrases, the starter services, their sample places, and the training names of
`bench/names.toml`. It is run on purpose, not with every new phrase: a new file is a new version of the bearer. Its
digest is part of the keys, so both ends of a pair must have the same, and a test holds the file to the version.
"""

import csv
import json
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from flows.loader import load_path
from sync.bearer.text import learned

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "sync" / "bearer" / "letters.json"
RARE = 2
"""A context of two letters or more stays when it was seen so often at least."""


def texts() -> list[str]:
    """Return everything to learn from, names several times: they are what frames are full of."""
    names = tomllib.loads((ROOT / "bench" / "names.toml").read_text("utf-8"))["train"]
    full = [f"{given} {names['family'][n % len(names['family'])]}" for n, given in enumerate(names["given"])]
    titled = [f"{title} {name}" for (n, name), title in product(enumerate(full), ("ນາງ", "ທ້າວ")) if n % 4 == 0]
    return [*full * 3, *titled * 2, *names["given"], *names["family"] * 2, *names["latin"] * 3, *_places(), *_said()]


def _places() -> Iterator[str]:
    with (ROOT / "flows" / "library" / "tables" / "places.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield from (row["name_lo"], row["name_en"], row["name_latin"])


def _said() -> Iterator[str]:
    for tag in ("lo", "lo-Latn", "en"):
        yield from _strings(tomllib.loads((ROOT / "flows" / "phrases" / f"{tag}.toml").read_text("utf-8")))
    for flow in load_path(ROOT / "flows" / "library"):
        yield from _strings(flow.model_dump(mode="json", include={"title", "fields", "steps", "messages"}))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from (line for line in value.splitlines() if line and "{" not in line)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def made() -> str:
    """Return the file's content."""
    counts = learned(texts())
    kept = {context: row for context, row in counts.items() if len(context) < 2 or sum(row.values()) >= RARE}
    ordered = {context: dict(sorted(row.items())) for context, row in sorted(kept.items())}
    return json.dumps(ordered, ensure_ascii=True, separators=(",", ":")).replace("},", "},\n") + "\n"


if __name__ == "__main__":
    FILE.write_text(made(), "utf-8")
    print(f"{FILE.relative_to(ROOT)}: {FILE.stat().st_size} bytes")
