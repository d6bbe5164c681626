"""`python -m bench [NAME ...] [--option ...]`: run the named benches (none: list them; `all`: each in turn)."""

import importlib
import itertools
import pkgutil
import sys
from pathlib import Path

_PARTS = {
    *("__main__", "yard", "bare", "load", "served", "offices", "options", "letters"),
    *("through_kannel", "office", "pressed", "crowd", "watched"),
}


def _benches() -> list[str]:
    found = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return sorted(name for name in found if name not in _PARTS)


def _first_line(name: str) -> str:
    return (importlib.import_module(f"bench.{name}").__doc__ or "").splitlines()[0]


def main(said: list[str]) -> int:
    """Run what was named, with the options after the names; 2 for a name that is no bench."""
    known = _benches()
    wanted = list(itertools.takewhile(lambda word: not word.startswith("-"), said))
    options = said[len(wanted) :]
    if not wanted:
        print("\n".join(f"{name:12} {_first_line(name)}" for name in known))
        return 0
    names = known if wanted == ["all"] else wanted
    for name in names:
        if name not in known:
            print(f"no bench is called {name}; there are: {', '.join(known)}", file=sys.stderr)
            return 2
        importlib.import_module(f"bench.{name}").main(options)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
