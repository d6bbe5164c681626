"""`sala db ...`: the node's database: bring it forward, look at it, copy it, put a copy back."""

from pathlib import Path
from typing import Annotated

import typer

from sala.cli.options import ConfigFile, read_config

app = typer.Typer(help="The node's database.", no_args_is_help=True)
FOUND = 1

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup file.")]


@app.command()
def migrate(config: ConfigFile = None) -> None:
    """Bring the database to this version's schema (a node does so itself when it starts)."""
    from sala import database

    print(database.migrate(read_config(config)))


@app.command()
def check(config: ConfigFile = None) -> None:
    """Read every page and compare what must agree."""
    from sala import database

    findings = database.check(read_config(config))
    print("\n".join(findings) or "ok")
    if findings:
        raise typer.Exit(FOUND)


@app.command()
def backup(file: File, config: ConfigFile = None) -> None:
    """Copy the database, encrypted with the same key, while the node runs."""
    from sala import database

    print(database.backup(read_config(config), file))


@app.command()
def restore(
    file: File,
    config: ConfigFile = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace a database that is there.")] = False,
) -> None:
    """Put a backup in place; the node must be stopped, and draws a new epoch when it starts."""
    from sala import database

    print(database.restore(read_config(config), file, force=force))
