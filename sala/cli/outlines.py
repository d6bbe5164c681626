"""`sala outlines ...`: the map of the reports, from the official owner's file of boundaries."""

from pathlib import Path
from typing import Annotated

import typer

from sala.cli.options import ConfigFile, Form, FormOption, read_config
from sala.cli.publishing import By, print_lines, print_rows

app = typer.Typer(help="The map of the reports, from a file of boundaries.", no_args_is_help=True)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="GeoJSON (RFC 7946) in WGS 84, at most 24 MB.")],
    prop: Annotated[
        str, typer.Option("--property", help="The property with a place's code; default: it is looked for.")
    ] = "",
    by: By = "",
    config: ConfigFile = None,
) -> None:
    """Draw the map by this file; outlines of the same level that were there before are replaced."""
    from sala import outlining

    print_lines(outlining.take(read_config(config), file, prop, by=by))


@app.command("list")
def list_(config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """List the files that the map is drawn by."""
    from sala import outlining

    print_rows(outlining.listed(read_config(config)), form, "there is no map yet")
