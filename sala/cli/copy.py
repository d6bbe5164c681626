"""`sala copy ...`: the second copy: its escrow key, how it stands, and a lost node made from it again."""

from pathlib import Path
from typing import Annotated

import typer

from sala.cli.options import ConfigFile, Form, FormOption, read_config

app = typer.Typer(help="The second copy on another medium.", no_args_is_help=True)
FOUND = 1
TWO = 2


@app.command()
def key(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="Where to write the secret key.")] = Path(
        "sala-escrow.key"
    ),
) -> None:
    """Make an escrow key pair, and print what to keep where."""
    from sala import second

    print(second.make_key(file))


@app.command()
def status(config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """Say whether there are two copies, or one since when and why."""
    from sala import second

    read = read_config(config)
    found = second.status(read)
    if form is Form.JSON:
        import orjson

        print(orjson.dumps(found).decode())
    else:
        print(second.as_text(found, read.timezone))
    if found["copies"] != TWO:
        raise typer.Exit(FOUND)


@app.command()
def fetch(
    to: Annotated[Path, typer.Option("--to", help="The folder that the files are brought into.")],
    config: ConfigFile = None,
) -> None:
    """Bring this node's copies from its hub, on the machine that is to take the lost one's place."""
    from sala import far

    print("\n".join(far.fetch(read_config(config), to)))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy, or the folder with a node's copies.")],
    key: Annotated[Path, typer.Option("--key", help="The file with the escrow key.")],
    to: Annotated[Path, typer.Option("--to", help="The data folder to make; it must hold no database.")],
    *,
    partial: Annotated[
        bool, typer.Option("--partial", help="Of a damaged copy, restore everything before the damage.")
    ] = False,
) -> None:
    """Make the data of a lost node from its second copy."""
    from sala import second

    lines, whole = second.restore(file, key, to, partial=partial)
    print("\n".join(lines))
    if not whole:
        raise typer.Exit(FOUND)
