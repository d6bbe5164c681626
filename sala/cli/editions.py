"""`sala table ...` and `sala phrases ...`: to a spreadsheet and back, as a draft that another person approves."""

from pathlib import Path
from typing import Annotated

import typer

from sala.cli.options import ConfigFile, Form, FormOption, read_config
from sala.cli.publishing import By, Note, print_lines, print_rows

tables = typer.Typer(help="Offices, fees, places: to a spreadsheet and back.", no_args_is_help=True)
phrases = typer.Typer(help="The channel's own words, by language: to a spreadsheet and back.", no_args_is_help=True)

Table = Annotated[str, typer.Argument(metavar="NAME", help="The table, such as fees.")]
Language = Annotated[str, typer.Argument(metavar="LANGUAGE", help="The language's tag, such as lo.")]
Back = Annotated[Path, typer.Argument(metavar="FILE", help="The .xlsx, .csv or .toml that came back.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Where to write it: .xlsx, or .csv or .toml.")]


@tables.command("list")
def list_tables(config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """List the tables in use, where each is from, and which have an open draft."""
    from sala import sheeting

    print_rows(sheeting.listed(read_config(config), "table"), form, "there is no table")


@tables.command("export")
def export_table(name: Table, out: Out, config: ConfigFile = None) -> None:
    """Write a table's draft, or what is in use, as a workbook or as CSV."""
    from sala import sheeting

    print_lines(sheeting.export(read_config(config), "table", name, out))


@tables.command("import")
def import_table(name: Table, file: Back, note: Note = "", by: By = "", config: ConfigFile = None) -> None:
    """Keep a workbook or CSV as the table's draft; nothing that citizens meet changes before it is approved."""
    from sala import sheeting

    print_lines(sheeting.take(read_config(config), "table", name, file, by=by, note=note))


@phrases.command("list")
def list_phrases(config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """List the languages in use, where their words are from, and which have an open draft."""
    from sala import sheeting

    print_rows(sheeting.listed(read_config(config), "phrases"), form, "there are no phrases")


@phrases.command("export")
def export_phrases(language: Language, out: Out, config: ConfigFile = None) -> None:
    """Write the phrases of a language as a workbook, with the node's other languages beside, or as TOML."""
    from sala import sheeting

    print_lines(sheeting.export(read_config(config), "phrases", language, out))


@phrases.command("import")
def import_phrases(
    language: Language,
    file: Back,
    note: Note = "",
    by: By = "",
    config: ConfigFile = None,
    *,
    signed: Annotated[
        bool, typer.Option("--signed", help="A speaker has read all of them and says that they are good.")
    ] = False,
) -> None:
    """Keep a workbook or TOML as the draft of a language's phrases; a row that does not fit refuses all."""
    from sala import sheeting

    print_lines(sheeting.take(read_config(config), "phrases", language, file, by=by, note=note, signed=signed))
