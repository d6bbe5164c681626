"""`sala flow check --paths`, `storyboard`, `poster`, `voice`, `diff`: what the explorer knows, printed or written."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import orjson

from flows.difference import Change, difference, page
from flows.errors import ConfigFault
from flows.explorer import Settings, plain
from flows.explorer.storyboard import map_of, storyboard
from flows.explorer.voice import as_csv, voice_script
from flows.findings import FlowFault
from flows.poster import page as poster
from flows.revision import Revision
from sala import author, explored
from sala.cli.options import Form, read_config


def print_paths(paths: Sequence[Path], config: Path | None, form: Form, tariffs: Iterable[str]) -> int:
    """Print the check's findings, then the report of every service; 1 when there is an error."""
    given = author.material(config)
    findings = author.check(paths, given)
    try:
        reports = explored.explored(paths, given, map(explored.tariff, tariffs))
    except FlowFault:
        # The check has said why these files cannot be walked.
        reports = []
    if form is Form.JSON:
        values = {"findings": findings, "paths": [plain.as_json(report) for report in reports]}
        print(orjson.dumps(values).decode())
    else:
        print("\n".join([*map(str, findings), *map(plain.in_words, reports)]))
    return int(explored.blocking(findings) or any(explored.blocking(report.findings) for report in reports))


def write_storyboard(path: Path, out: Path, config: Path | None, tariffs: Iterable[str], language: str) -> str:
    """Draw the one service of a file; what was written, in a line."""
    chosen = explored.settings_of(author.material(config), map(explored.tariff, tariffs))
    if out.suffix == ".svg":
        return _write_map(path, out, chosen, language)
    page = storyboard(explored.only(path), chosen, language)
    out.write_text(page, "utf-8")
    return f"{out}: {len(page.encode()) // 1024} KiB; print it from a browser, also as PDF"


def _write_map(path: Path, out: Path, chosen: Settings, language: str) -> str:
    drawing = map_of(explored.only(path), chosen, language)
    if not drawing:
        hint = "the storyboard as a page has them as a list: -o storyboard.html"
        raise ConfigFault(f"{path}: too many screens for a map", hint=hint)
    out.write_text(drawing, "utf-8")
    return f"{out}: the map alone"


def write_poster(path: Path, out: Path, config: Path | None, district: str, short: str) -> str:
    """Write the sheets of the one service of a file; what was written, in a line."""
    chosen = explored.settings_of(author.material(config))
    if district:
        chosen = replace(chosen, district=district)
    text = poster(explored.only(path), chosen, short)
    out.write_text(text, "utf-8")
    return f"{out}: a sheet of A5 for each language; print it from a browser, without margins"


def write_voice(path: Path, out: Path, config: Path | None) -> str:
    """Write the spoken form of the one service of a file; how many recordings it takes, in a line."""
    lines = voice_script(explored.only(path), explored.settings_of(author.material(config)))
    if out.suffix == ".json":
        out.write_bytes(orjson.dumps(lines, option=orjson.OPT_INDENT_2))
    else:
        # With its mark, so that a spreadsheet reads the Lao letters.
        out.write_text(as_csv(lines), "utf-8-sig")
    return f"{out}: {len({line.audio for line in lines})} recordings"


def differences(old: str, new: str, config: Path | None, language: str) -> tuple[Change, ...]:
    """What changes between two revisions, in the reader's language; each is a file or the name of a published one."""
    return difference(_revision(old, config), _revision(new, config), language)


def write_difference(old: str, new: str, out: Path, config: Path | None, language: str) -> str:
    """Write the same with the screens before and now; what was written, in a line."""
    chosen = explored.settings_of(author.material(config))
    text = page(_revision(old, config), _revision(new, config), chosen, language)
    out.write_text(text, "utf-8")
    return f"{out}: {len(text.encode()) // 1024} KiB"


def _revision(word: str, config: Path | None) -> Revision:
    file = Path(word)
    return explored.only(file) if file.exists() else explored.published(word, read_config(config))
