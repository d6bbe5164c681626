"""What an author needs to read and check flows: files, tables, findings, and nothing of a node.

A mistake in a file is said in the time that it takes to load the reader and the check; the store, the doors and the
roads are not loaded for it (tests/sala/test_author.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows import phrases as phrase_files
from flows.check import check as check_flow
from flows.errors import ConfigFault, TableFault
from flows.findings import Finding, FlowFault
from flows.loader import load_path
from flows.model import Flow
from flows.revision import Revision, revise
from flows.tables import Tables, read_csv
from flows.text.measure import USSD, Budget

LIBRARY: Final = Path(__file__).resolve().parent.parent / "flows" / "library"
"""The starter services, and tables with invented rows for a node that was given none."""


@dataclass(frozen=True, slots=True)
class Material:
    """What flows are checked and run with, besides themselves."""

    tables: Tables
    phrases: phrase_files.Phrases


def with_tables(configured: Mapping[str, Path]) -> Material:
    """The configured tables, each in place of the sample of its name.

    Raises:
        TableFault: a table cannot be read; the sentence names file and line.
    """
    chosen = {file.stem: file for file in sorted((LIBRARY / "tables").glob("*.csv"))} | dict(configured)
    tables = {name: read_csv(name, _table_text(name, Path(file))) for name, file in chosen.items()}
    return Material(Tables(tables), phrase_files.load())


def _table_text(name: str, file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise TableFault(f"tables.{name}: {file} cannot be read as UTF-8", hint=str(unreadable)) from None


def material(path: Path | None) -> Material:
    """The same from a configuration file; without one, the samples: an author needs no node to check a flow."""
    return with_tables(_tables_of(path) if has_node(path) else {})


def has_node(path: Path | None) -> bool:
    """Whether there is a configuration to read: this one, or one in the working directory."""
    return path is not None or Path("sala.toml").exists()


def _tables_of(path: Path | None) -> Mapping[str, Path]:
    from sala import config  # noqa: PLC0415 - half a second of libraries that an author without a node does not need

    return config.load(path).tables


def read(paths: Iterable[Path]) -> list[Flow]:
    """Every flow in these files and folders.

    Raises:
        FlowFault: with the findings of all of them.
    """
    flows: list[Flow] = []
    findings: list[Finding] = []
    for path in paths:
        if not path.exists():
            raise ConfigFault(f"{path}: no such file or folder", hint="give flow files, or folders of them")
        try:
            found = load_path(path)
        except FlowFault as fault:
            findings += fault.findings
            continue
        if not found:
            raise ConfigFault(f"{path}: no flow is there", hint="a flow is a file that ends in .yaml")
        flows += found
    if findings:
        raise FlowFault(tuple(findings))
    return flows


def parts_for(flows: Sequence[Flow]) -> dict[str, Flow]:
    """The parts that flows may run: their own, and for the rest those of the library."""
    own = {flow.id: flow for flow in flows if flow.is_part}
    library = {flow.id: flow for flow in load_path(LIBRARY) if flow.is_part}
    return library | own


def check(paths: Iterable[Path], given: Material) -> list[Finding]:
    """Everything that is wrong or doubtful with these files; files that cannot be read at all come first."""
    try:
        flows = read(paths)
    except FlowFault as fault:
        return list(fault.findings)
    return check_all(flows, given)


def check_all(flows: Sequence[Flow], given: Material, room: Budget = USSD) -> list[Finding]:
    """Everything that is wrong or doubtful with these flows, each seen beside the others; `room` of one USSD page."""
    parts = parts_for(flows)
    found: list[Finding] = []
    for flow in flows:
        others = [other for other in flows if other is not flow and not other.is_part]
        found += check_flow(flow, parts, given.tables, given.phrases, others, ussd=room)
    return found


def revisions_of(flows: Sequence[Flow], given: Material, room: Budget = USSD) -> tuple[Revision, ...]:
    """The services among these flows as revisions.

    Raises:
        FlowFault: one of them has an error; warnings pass.
    """
    errors = tuple(finding for finding in check_all(flows, given, room) if finding.severity == "error")
    if errors:
        raise FlowFault(errors)
    parts = parts_for(flows)
    return tuple(revise(flow, parts) for flow in flows if not flow.is_part)
