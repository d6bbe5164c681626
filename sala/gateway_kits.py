"""What `sala gateway` does: lists what is installed, runs a kit for an engineer to read, writes a new gateway."""

import asyncio
import importlib
import importlib.metadata
import json
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from string import Template
from typing import Any, Final

from structlog.testing import capture_logs

import gateways.port
import sms.port
import ussd.port
from flows.errors import ConfigFault
from sala import kit
from sala.kit import Result, Subject

HEAD: Final = ("NAME", "GATEWAY", "SIDES", "PROVEN BY")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,30}")
_SKELETON: Final = Path(__file__).parent / "skeleton"


def listed() -> list[tuple[str, str, str, str]]:
    """Every gateway, and every operator that a kit describes."""
    described = kit.subjects()
    rows = [
        (
            one.name,
            one.gateway,
            "+".join(side for side in kit.GROUPS if getattr(one, side)),
            f"sala gateway test {name}",
        )
        for name, one in described.items()
    ]
    known = {one.gateway for one in described.values()}
    for group, sides in ((ussd.port.GROUP, "ussd"), (sms.port.GROUP, "sms"), (gateways.port.GROUP, "ussd+sms")):
        points = sorted(importlib.metadata.entry_points(group=group).names)
        rows += [(name, name, sides, "no kit describes it") for name in points if name not in known]
    return rows


def prove(name: str, say: Callable[[str], None], *, as_json: bool = False) -> bool:
    """Run the kit of a gateway, of the package in a folder, or of a map in a file; whether a promise is broken.

    Raises:
        ConfigFault: there is no such gateway, or the folder holds none.
    """
    folder = Path(name)
    if folder.suffix == ".toml" and folder.is_file():
        return _prove([_of_map(name)], say, as_json=as_json)
    if folder.is_dir():
        with tempfile.TemporaryDirectory() as metadata:
            return _prove(_of_folder(folder, Path(metadata)), say, as_json=as_json)
    return _prove([kit.subject(name)], say, as_json=as_json)


def _prove(subjects: Sequence[Subject], say: Callable[[str], None], *, as_json: bool) -> bool:
    if not as_json:
        sala = importlib.metadata.version("sala-channel")
        say(f"Sala {sala}, ports: key presses {ussd.port.PORT_VERSION}, messages {sms.port.PORT_VERSION}")
    results = asyncio.run(_results(subjects, (lambda _: None) if as_json else say))
    broken = [one for one in results if one.said]
    if as_json:
        say(json.dumps([asdict(one) for one in results], ensure_ascii=False, indent=2))
    elif broken:
        say(f"{len(broken)} of {len(results)} promises are broken")
    else:
        without = sum(bool(one.without) for one in results)
        rest = f"; {without} {'does' if without == 1 else 'do'} not apply" if without else ""
        say(f"all {len(results) - without} promises are kept{rest}")
    return bool(broken)


async def _results(subjects: Sequence[Subject], say: Callable[[str], None]) -> list[Result]:
    results = []
    # What the node logs while it is being ill-treated is no news.
    with capture_logs():
        for one in subjects:
            async for result in kit.prove(one):
                how = "BROKEN" if result.said else "-" if result.without else "ok"
                say(f"{how:7} {result.side:5} {result.case}")
                if result.said or result.without:
                    say(f"{'':14}{result.said or result.without}")
                results.append(result)
    return results


def _of_map(name: str) -> Subject:
    """An operator's own map, played by itself: it proves the map whole, and not that it is the operator's."""
    from gateways.http.kit import sms_wire, ussd_wire  # noqa: PLC0415 - of maps alone
    from gateways.http.loading import load  # noqa: PLC0415 - likewise

    found = load(name)
    ussd_side = ussd_wire(name, found, found.ussd) if found.ussd else None
    sms_side = sms_wire(name, found, found.sms) if found.sms else None
    return Subject(name, "http", ussd_side, sms_side)


def _of_folder(folder: Path, metadata: Path) -> list[Subject]:
    """The gateways of a package that is not installed: its metadata is laid where Python looks for it."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
        points: dict[str, dict[str, str]] = project["entry-points"]
    except (OSError, ValueError, KeyError) as missing:
        said = f"{folder}: no pyproject.toml with entry points"
        raise ConfigFault(said, hint="`sala gateway new NAME` writes one") from missing
    info = metadata / f"{project['name'].replace('-', '_')}-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0\n", "utf-8")
    lines = [
        line for group, all_ in points.items() for line in (f"[{group}]", *(f"{k} = {v}" for k, v in all_.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", "utf-8")
    sys.path[:0] = [str(metadata), str(folder.resolve())]
    importlib.invalidate_caches()
    names = {name for group in kit.GROUPS.values() for name in points.get(group, {})}
    if not names:
        raise ConfigFault(f"{folder}: it describes no kit", hint=f"register one in {' or '.join(kit.GROUPS.values())}")
    return [kit.subject(name) for name in sorted(names)]


def begin(name: str, sides: Sequence[str], folder: Path) -> Iterator[Path]:
    """Write the package into a new folder; the files that were written.

    Raises:
        ConfigFault: the name cannot be one, or the folder is not empty.
    """
    if not _NAME.fullmatch(name):
        raise ConfigFault(f"{name!r} cannot be a gateway's name", hint="a-z, 0-9 and _, at most 31, a letter first")
    if folder.exists() and any(folder.iterdir()):
        raise ConfigFault(f"{folder}: there is something already", hint="give another --folder")
    for file, text in _files(name, sides):
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        yield path


def _files(name: str, sides: Sequence[str]) -> Iterator[tuple[str, str]]:
    room = f"sala_{name}"
    yield "pyproject.toml", _filled("pyproject.toml", name, points=_points(name, sides))
    yield "README.md", _filled("README.md", name)
    yield f"{room}/__init__.py", f'"""A gateway of Sala for {name}."""\n'
    for side in sides:
        for file in (f"{side}.py", f"{side}_kit.py"):
            yield f"{room}/{file}", _filled(file, name)
    yield "tests/test_promises.py", _filled("test_promises.py", name)


def _points(name: str, sides: Sequence[str]) -> str:
    lines: list[str] = []
    for side in sides:
        lines += [f'[project.entry-points."sala.{side}_gateways"]', f'{name} = "sala_{name}.{side}:Gateway"', ""]
        lines += [f'[project.entry-points."sala.{side}_kits"]', f'{name} = "sala_{name}.{side}_kit:WIRE"', ""]
    return "\n".join(lines)


def _filled(file: str, name: str, **more: Any) -> str:
    return Template((_SKELETON / f"{file}.txt").read_text("utf-8")).substitute(name=name, **more)
