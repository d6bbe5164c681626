"""`sala case ...`: what an officer may do for a citizen who cannot get at her own request."""

from typing import Annotated

import typer

from sala.cli.options import ConfigFile, read_config

app = typer.Typer(help="One citizen's request.", no_args_is_help=True)
FOUND = 1


@app.command()
def unlock(
    reference: Annotated[str, typer.Argument(metavar="REF", help="The nine digits that the citizen keeps.")],
    config: ConfigFile = None,
) -> None:
    """Let a citizen try her case key again after too many wrong guesses."""
    from sala import database

    done = database.unlock(read_config(config), reference)
    print("unlocked" if done else "no request has this reference")
    if not done:
        raise typer.Exit(FOUND)
