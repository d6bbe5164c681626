"""`sala bundle ...`: requests and statuses on a stick, for a place without a link."""

from pathlib import Path
from typing import Annotated

import typer

from sala.cli.options import ConfigFile, read_config

app = typer.Typer(help="Requests and statuses on a USB stick.", no_args_is_help=True)
FOUND = 1

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder on the stick.", exists=True, file_okay=False)]


@app.command()
def write(folder: Folder, config: ConfigFile = None) -> None:
    """Write all that waits for the agencies into one sealed file, to be carried to them."""
    from sala import road

    print("\n".join(road.write_bundle(read_config(config), folder)))


@app.command()
def read(folder: Folder, config: ConfigFile = None) -> None:
    """Read the agencies' receipts: what they took, refused and decided."""
    from sala import road

    lines, problems = road.read_bundle(read_config(config), folder)
    print("\n".join(lines) or "no receipt for this node is here")
    if problems or not lines:
        raise typer.Exit(FOUND)
