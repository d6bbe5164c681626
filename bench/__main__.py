"""`python -m bench [NAME ...]`: run the named benches (none: list them; `all`: each in turn)."""

import importlib
import pkgutil
import sys
from pathlib import Path

_PARTS = {"__main__", "yard", "bare", "load", "served"}


def _benches() -> list[str]:
    found = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return sorted(name for name in found if name not in _PARTS)


def _first_line(name: str) -> str:
    return (importlib.import_module(f"bench.{name}").__doc__ or "").splitlines()[0]


def main(wanted: list[str]) -> int:
    """Run what was named; 2 for a name that is no bench."""
    known = _benches()
    if not wanted:
        print("\n".join(f"{name:12} {_first_line(name)}" for name in known))
        return 0
    names = known if wanted == ["all"] else wanted
    for name in names:
        if name not in known:
            print(f"no bench is called {name}; there are: {', '.join(known)}", file=sys.stderr)
            return 2
        importlib.import_module(f"bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
