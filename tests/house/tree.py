"""The repository as the house tests see it: its files, its modules, its documents."""

import ast
import importlib
import pkgutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sala.doctor import ROOMS

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def files() -> tuple[Path, ...]:
    """Every file that is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file())


def python_files(*folders: str) -> Iterator[Path]:
    """The Python files in these folders of the root (none named: everywhere)."""
    for file in files():
        if file.suffix == ".py" and (not folders or file.relative_to(ROOT).parts[0] in folders):
            yield file


@cache
def parsed(file: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(file.read_text("utf-8"), str(file))


def import_all() -> None:
    """Import every module of every room, so that every class is there."""
    for room in ROOMS:
        package = importlib.import_module(room)
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def document(name: str) -> str:
    """The text of one page of `docs/`."""
    return (ROOT / "docs" / name).read_text("utf-8")
