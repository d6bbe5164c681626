"""`sala gateway ...`: which gateways there are, whether one keeps the port's promises, and a new one to begin with."""

from pathlib import Path
from typing import Annotated

import typer

from sala.cli.options import Form, FormOption, table

app = typer.Typer(help="Gateways to operators: what is installed, proof, and a new one.", no_args_is_help=True)
FOUND = 1


@app.command(name="list")
def list_(form: FormOption = Form.TEXT) -> None:
    """Show every gateway and every operator that one speaks for."""
    import json

    from sala import gateway_kits

    rows = gateway_kits.listed()
    if form is Form.JSON:
        print(json.dumps([dict(zip(gateway_kits.HEAD, row, strict=True)) for row in rows], indent=2))
    else:
        print(table(gateway_kits.HEAD, rows))


@app.command(name="test")
def prove(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A name of `sala gateway list`, a gateway's folder, or a map.")
    ],
    form: FormOption = Form.TEXT,
) -> None:
    """Prove that a gateway keeps the port's promises; prints each, and ends with 1 when one is broken."""
    from sala import gateway_kits

    if gateway_kits.prove(name, print, as_json=form is Form.JSON):
        raise typer.Exit(FOUND)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the new gateway: a-z, 0-9 and _.")],
    *,
    ussd: Annotated[
        bool, typer.Option("--ussd", help="With a side for key presses; both sides when none is named.")
    ] = False,
    sms: Annotated[bool, typer.Option("--sms", help="With a side for messages.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--folder", "-o", help="Where; default ./sala-NAME.", show_default=False)
    ] = None,
) -> None:
    """Write a package with a gateway that works, and its test cases, to be made your operator's."""
    from sala import gateway_kits

    sides = [side for side, wanted in (("ussd", ussd), ("sms", sms)) if wanted] or ["ussd", "sms"]
    for file in gateway_kits.begin(name, sides, folder or Path(f"sala-{name}")):
        print(file)
