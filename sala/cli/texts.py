"""`sala flow texts ...`: a service's texts to translators and back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from flows.texts import Entry

app = typer.Typer(help="Give texts to translators and take them back.", no_args_is_help=True)

FlowFile = Annotated[Path, typer.Argument(metavar="FLOW", help="The flow file.")]


@app.command()
def export(
    flow: FlowFile,
    out: Annotated[Path, typer.Option("--out", "-o", help="An .xlsx of all languages, or a .po of one.")],
    language: Annotated[str, typer.Option(help="The language of a .po.")] = "",
    *,
    draft: Annotated[
        bool, typer.Option("--draft", help="Suggest Lao in Latin letters in a column of its own.")
    ] = False,
) -> None:
    """Write all texts with where they stand and the room they have; count what each language lacks."""
    from flows.texts import latin, missing, write_po, write_xlsx

    _, found, languages = _texts(flow)
    if out.suffix == ".po":
        out.write_text(write_po(found, languages[0], _one(language, languages)), "utf-8")
    else:
        out.write_bytes(write_xlsx(found, languages, latin() if draft else None))
    for tag, count in missing(found, languages).items():
        print(f"{tag}: {count} of {len(found)} texts are missing")


@app.command("import")
def import_(
    flow: FlowFile,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The .xlsx or .po that came back.")],
    language: Annotated[str, typer.Option(help="The language of a .po.")] = "",
) -> None:
    """Put the changed texts into the flow file, and change nothing else; a row that does not fit refuses all."""
    from flows.texts import apply, read_po, read_xlsx

    source, found, languages = _texts(flow)
    if file.suffix == ".po":
        changes, rows = read_po(_read(file).decode("utf-8", "replace"), found, languages[0], _one(language, languages))
    else:
        changes, rows = read_xlsx(_read(file), found, languages)
    if changes:
        flow.write_text(apply(source, str(flow), changes, rows), "utf-8")
    print(f"{len(changes)} texts changed")


def _texts(flow: Path) -> "tuple[str, tuple[Entry, ...], tuple[str, ...]]":
    from flows.loader import load
    from flows.texts import entries

    source = _read(flow).decode("utf-8-sig", "replace")
    read = load(source, str(flow))
    return source, entries(read), read.languages


def _one(language: str, languages: tuple[str, ...]) -> str:
    from flows.errors import ConfigFault

    if language not in languages[1:]:
        raise ConfigFault("--language: say which language the .po is of", hint=f"one of {', '.join(languages[1:])}")
    return language


def _read(file: Path) -> bytes:
    from flows.errors import ConfigFault

    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigFault(f"{file}: it cannot be read", hint=str(error.strerror)) from None
