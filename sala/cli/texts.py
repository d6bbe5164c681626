"""`sala flow texts ...`: a service's texts to translators and back, with the marks of what was reviewed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sala.reading import read_file

if TYPE_CHECKING:
    from flows.texts import Back, Entry, Marks

app = typer.Typer(help="Give texts to translators and take them back.", no_args_is_help=True)

FlowFile = Annotated[Path, typer.Argument(metavar="FLOW", help="The flow file.")]
Add = Annotated[str, typer.Option(help="A language that the flow does not have yet, by its tag (mww, kjg, lo-Latn).")]


@app.command()
def export(
    flow: FlowFile,
    out: Annotated[Path, typer.Option("--out", "-o", help="An .xlsx of all languages, or a .po of one.")],
    language: Annotated[str, typer.Option(help="The language of a .po.")] = "",
    add: Add = "",
    *,
    draft: Annotated[
        bool, typer.Option("--draft", help="Suggest Lao in Latin letters in a column of its own.")
    ] = False,
) -> None:
    """Write all texts with where they stand and the room they have; count what each language lacks."""
    from flows.texts import latin, write_po, write_xlsx

    _, found, languages = _texts(flow, add)
    marks = _marks(flow)
    if out.suffix == ".po":
        out.write_text(write_po(found, languages[0], _one(language or add, languages), marks), "utf-8")
    else:
        out.write_bytes(write_xlsx(found, languages, latin() if draft else None, marks))
    _count(found, languages, marks)


@app.command("import")
def import_(
    flow: FlowFile,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The .xlsx or .po that came back.")],
    language: Annotated[str, typer.Option(help="The language of a .po.")] = "",
    add: Add = "",
    by: Annotated[str, typer.Option(help="Who reviewed the texts that are marked so: a name.")] = "",
) -> None:
    """Put the changed texts into the flow file, and change nothing else; a row that does not fit refuses all."""
    from flows.texts import apply

    source, found, languages = _texts(flow, add)
    back = _back(file, found, languages, language or add)
    made = apply(source, str(flow), back.changes, back.rows, add) if back.changes or add else source
    now = _entries(made, flow)
    marks = _reviewed(_marks(flow), now, languages[0], back, by)
    if made != source:
        flow.write_text(made, "utf-8")
    _keep(flow, marks)
    print(f"{len(back.changes)} texts changed")
    _count(now, languages, marks)


@app.command()
def count(flow: FlowFile) -> None:
    """Say how many texts each language lacks, and how many nobody has reviewed; 1 when there is one."""
    _, found, languages = _texts(flow, "")
    if _count(found, languages, _marks(flow)):
        raise typer.Exit(1)


def _back(file: Path, found: "tuple[Entry, ...]", languages: tuple[str, ...], language: str) -> "Back":
    from flows.texts import read_po, read_xlsx

    if file.suffix == ".po":
        return read_po(read_file(file).decode("utf-8", "replace"), found, languages[0], _one(language, languages))
    return read_xlsx(read_file(file), found, languages)


def _reviewed(marks: "Marks", now: "tuple[Entry, ...]", first: str, back: "Back", by: str) -> "Marks":
    from flows.errors import ConfigFault
    from flows.texts import added, ticked

    fresh = added(marks, now, first, back.ticks)
    if fresh and not by.strip():
        raise ConfigFault(f"{fresh} texts are newly marked as reviewed: say by whom", hint="--by 'Kham La'")
    return ticked(marks, now, first, back.ticks, f"{datetime.now(UTC):%Y-%m-%d} {by.strip()}")


def _marks(flow: Path) -> "Marks":
    from flows.texts import Marks, file_of, read_marks

    file = flow.with_name(file_of(flow.name))
    return read_marks(read_file(file).decode("utf-8", "replace")) if file.exists() else Marks()


def _keep(flow: Path, marks: "Marks") -> None:
    from flows.texts import file_of, write_marks

    file = flow.with_name(file_of(flow.name))
    if any(marks.by.values()) or file.exists():
        file.write_text(write_marks(marks), "utf-8")


def _count(found: "tuple[Entry, ...]", languages: tuple[str, ...], marks: "Marks") -> int:
    from flows.texts import missing, unreviewed

    open_ = unreviewed(found, languages, marks)
    lacking = missing(found, languages)
    for tag in languages:
        print(f"{tag}: {lacking[tag]} of {len(found)} texts are missing, {len(open_[tag])} not reviewed")
    return sum(lacking.values()) + sum(map(len, open_.values()))


def _texts(flow: Path, add: str) -> "tuple[str, tuple[Entry, ...], tuple[str, ...]]":
    import re

    from flows.errors import ConfigFault
    from flows.loader import load
    from flows.texts import entries

    source = read_file(flow).decode("utf-8-sig", "replace")
    read = load(source, str(flow))
    if add and not re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?", add):
        raise ConfigFault(f"--add {add}: this is no tag of a language", hint="for example mww, kjg or lo-Latn")
    return source, entries(read), tuple(dict.fromkeys((*read.languages, *([add] if add else []))))


def _entries(source: str, flow: Path) -> "tuple[Entry, ...]":
    from flows.loader import load
    from flows.texts import entries

    return entries(load(source, str(flow)))


def _one(language: str, languages: tuple[str, ...]) -> str:
    from flows.errors import ConfigFault

    if language not in languages[1:]:
        raise ConfigFault("--language: say which language the .po is of", hint=f"one of {', '.join(languages[1:])}")
    return language
