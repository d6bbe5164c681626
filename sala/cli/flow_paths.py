"""`sala flow check --paths`, `sala flow storyboard`, `sala flow voice`: what the explorer knows, printed or written."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson

from flows.explorer import plain
from flows.explorer.storyboard import storyboard
from flows.explorer.voice import as_csv, voice_script
from flows.findings import FlowFault
from sala import explored, services
from sala.cli.options import Form


def print_paths(paths: Sequence[Path], config: Path | None, form: Form, tariffs: Iterable[str]) -> int:
    """Print the check's findings, then the report of every service; 1 when there is an error."""
    given = services.material(config)
    findings = services.check(paths, given)
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


def write_storyboard(path: Path, out: Path, config: Path | None, tariffs: Iterable[str]) -> str:
    """Draw the one service of a file; what was written, in a line."""
    chosen = explored.settings_of(services.material(config), map(explored.tariff, tariffs))
    page = storyboard(explored.only(path), chosen)
    out.write_text(page, "utf-8")
    return f"{out}: {len(page.encode()) // 1024} KiB; print it from a browser, also as PDF"


def write_voice(path: Path, out: Path, config: Path | None) -> str:
    """Write the spoken form of the one service of a file; how many recordings it takes, in a line."""
    lines = voice_script(explored.only(path), explored.settings_of(services.material(config)))
    if out.suffix == ".json":
        out.write_bytes(orjson.dumps(lines, option=orjson.OPT_INDENT_2))
    else:
        # With its mark, so that a spreadsheet reads the Lao letters.
        out.write_text(as_csv(lines), "utf-8-sig")
    return f"{out}: {len({line.audio for line in lines})} recordings"
