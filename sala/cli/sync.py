"""`sala sync ...`: what waits for the agencies, and a push to the road."""

from typing import Annotated

import typer

from sala.cli.options import ConfigFile, Form, FormOption, read_config

app = typer.Typer(help="See the road to the agencies, and push it.", no_args_is_help=True)
FOUND = 1


@app.command()
def now(
    agency: Annotated[str, typer.Option(help="Only this agency.", show_default=False)] = "", config: ConfigFile = None
) -> None:
    """Try at once what waits, and say what came of it."""
    from sala import road

    lines, open_ = road.now(read_config(config), agency)
    print("\n".join(lines))
    if open_:
        raise typer.Exit(FOUND)


@app.command()
def status(config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """Show each agency: what waits, since when, and everything up to when is accepted; and what the node runs."""
    from sala import branch, road

    if form is Form.JSON:
        import orjson

        found = road.status(read_config(config)) | branch.standing_of(read_config(config))
        print(orjson.dumps(found).decode())
        return
    print("\n".join(road.told(read_config(config))))
    print("\n".join(branch.notes(read_config(config))))
